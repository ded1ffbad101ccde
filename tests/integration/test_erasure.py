"""`stemma erase` over real SQLite files: no byte of a person is left, and everybody else's is as it was."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest
from typer.testing import CliRunner

from stemma.api.erasure.commands import app
from stemma.graphs.commands import app as run_commands
from stemma.graphs.policy import Actor
from stemma.memory.commands import memory_app
from stemma.memory.errors import NotConfirmed
from tests.integration.planted import ANN, BOB, NAMESAKE, left, plant


def configured(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with the settings' own places."""
    patch.chdir(folder)
    patch.setenv("MEMORY_EMBEDDER", "hashing")
    for name in ("MEMORY_URL", "GRAPHS_DATABASE_URL", "GRAPHS_MODEL", "EVALS_FOLDER", "MEMORY_COPIES"):
        patch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything in it, to be copied."""
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch:
        configured(folder, patch)
        asyncio.run(plant(folder / "stemma-eval"))
    return folder


@pytest.fixture
def installation(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a test's own: `.stemma`, results, backups and exports of everybody."""
    folder = tmp_path / "installation"
    shutil.copytree(planted, folder)
    configured(folder, monkeypatch)
    return folder


def typed(*arguments: str) -> Any:
    ran = CliRunner().invoke(app, ["erase", *arguments, "--json"])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return json.loads(ran.stdout)


def exported(folder: Path, tenant: str, user: str) -> list[str]:
    """Somebody's memory as lines, without the header, which has the time."""
    target = folder / "outside" / "export.jsonl"
    done = CliRunner().invoke(memory_app, ["export", str(target), "--tenant", tenant, "--user", user])
    assert done.exit_code == 0, done.output
    lines = sorted(target.read_text("utf-8").splitlines())
    target.unlink()
    return [line for line in lines if '"record":"header"' not in line and '"record":"end"' not in line]


def rows_of(folder: Path, actor: Actor) -> dict[str, list[Any]]:
    """Everything that the run store keeps of somebody."""
    connection = apsw.Connection(str(folder / ".stemma" / "runs.db"))
    whose = (actor.tenant, actor.user)
    threads = [
        row[0] for row in connection.execute("SELECT thread_id FROM threads WHERE tenant = ? AND user = ?", whose)
    ]
    found = {}
    for table in ("threads", "runs", "events", "checkpoints", "blobs", "writes", "webhooks"):
        named = ", ".join("?" * len(threads))
        found[table] = sorted(
            map(repr, connection.execute(f"SELECT * FROM {table} WHERE thread_id IN ({named})", threads))
        )
    for table in ("crons", "api_keys"):
        found[table] = list(connection.execute(f"SELECT * FROM {table} WHERE tenant = ? AND user = ?", whose))
    connection.close()
    return found


def test_no_byte_of_a_person_is_left_and_others_are_as_they_were(installation: Path) -> None:
    assert set(left(installation, ANN)) >= {
        ".stemma/memory.db",
        ".stemma/runs.db",
        "stemma-eval/default/ann/report.html",
    }
    for target in ("backups", "exports/all.jsonl"):
        command = run_commands if target == "backups" else memory_app
        words = ["backup", target] if target == "backups" else ["export", target]
        assert CliRunner().invoke(command, words).exit_code == 0
    before = {
        actor: (exported(installation, actor.tenant, actor.user), rows_of(installation, actor))
        for actor in (BOB, NAMESAKE)
    }
    assert all(all(rows.values()) and memory for memory, rows in before.values())

    planned = typed("--user", "ann", "--dry-run")
    assert planned["stores"]["runs"]["threads"] == 4
    assert {Path(copy["path"]).name.split("-")[0] for copy in planned["copies"]} == {"memory", "runs", "all.jsonl"}
    report = typed("--user", "ann", "--yes")
    assert (report["found"], report["notes"]) == ([], [])
    assert not report["clean"], "copies hold them still"
    assert {path for path in left(installation, ANN) if not path.startswith(("backups", "exports"))} == set()
    assert left(installation, ANN)

    report = typed("--user", "ann", "--yes", "--backups", "rewrite")
    assert report["clean"]
    assert left(installation, ANN) == {}
    after = {
        actor: (exported(installation, actor.tenant, actor.user), rows_of(installation, actor))
        for actor in (BOB, NAMESAKE)
    }
    assert after == before
    assert {path.split("/")[0] for path in left(installation, BOB)} == {".stemma", "stemma-eval", "backups", "exports"}
    journal = (installation / ".stemma" / "erasures.jsonl").read_text("utf-8")
    assert "ann" not in journal
    assert '"ids"' not in journal


def test_a_whole_tenant_goes(installation: Path) -> None:
    report = typed("--tenant", "default", "--yes", "--shared-threads")
    assert report["clean"], report
    assert left(installation, ANN) == left(installation, BOB) == {}
    assert left(installation, NAMESAKE)


def test_a_copy_can_be_removed(installation: Path) -> None:
    assert CliRunner().invoke(memory_app, ["export", "exports/ann.jsonl", "--user", "ann"]).exit_code == 0
    assert CliRunner().invoke(memory_app, ["export", "exports/bob.jsonl", "--user", "bob"]).exit_code == 0
    report = typed("--user", "ann", "--yes", "--backups", "delete")
    assert report["clean"]
    assert [path.name for path in (installation / "exports").iterdir()] == ["bob.jsonl"]


def test_nothing_goes_unasked(installation: Path) -> None:
    ran = CliRunner().invoke(app, ["erase", "--user", "ann"], input="n\n")
    assert isinstance(ran.exception, NotConfirmed)
    assert set(left(installation, ANN)) >= {".stemma/memory.db", ".stemma/runs.db"}


STEPS = ("erasing runs", "erasing memory", "compacting memory")
"""What the command says when it begins a step; it is killed there, some time into the step."""


@pytest.mark.parametrize(("step", "lines"), [(step, place % 2) for place, step in enumerate(STEPS)], ids=str)
def test_killed_in_the_middle_the_same_command_completes(installation: Path, step: str, lines: int) -> None:
    assert CliRunner().invoke(memory_app, ["export", "exports/all.jsonl"]).exit_code == 0
    before = rows_of(installation, BOB)
    words = ["erase", "--user", "ann", "--yes", "--backups", "rewrite"]
    command = [sys.executable, "-c", "from stemma.cli import main; main()", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr
        assert any(step in line for line in process.stderr)
        for _ in range(lines):
            process.stderr.readline()
        process.kill()
    assert process.returncode == -signal.SIGKILL or step == STEPS[-1]
    report = typed("--user", "ann", "--yes", "--backups", "rewrite")
    assert (report["found"], report["notes"]) == ([], [])
    assert report["resumed"] or process.returncode == 0
    assert left(installation, ANN) == {}
    assert rows_of(installation, BOB) == before
