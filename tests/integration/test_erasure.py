"""`stemma erase` over real SQLite files: no byte of a person is left, and everybody else's is as it was."""

from __future__ import annotations

import asyncio
import json
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


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything in it: `.stemma`, results, backups and exports of everybody."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    for name in ("MEMORY_URL", "GRAPHS_DATABASE_URL", "GRAPHS_MODEL", "EVALS_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    asyncio.run(plant(tmp_path / "stemma-eval"))
    return tmp_path


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
