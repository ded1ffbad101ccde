"""`stemma ingest`, `recall` and `memory` as a person types them: exit codes, JSON, hostile text, Ctrl-C, no memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stemma.cli import app

STEMMA = str(Path(sys.executable).with_name("stemma"))


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "MEMORY_EMBEDDER": "hashing",
        "MEMORY_URL": f"sqlite:///{folder}/memory.db",
        "NO_COLOR": "1",
    }


def stemma(folder: Path, *arguments: str, code: int = 0, given: bytes = b"") -> Result:
    """Run the command in this process; a failure that would become three lines is raised."""
    ran = CliRunner().invoke(app, arguments, input=given, env=environment(folder), catch_exceptions=False)
    assert ran.exit_code == code, (ran.exit_code, ran.stdout, ran.stderr)
    return ran


def printed(ran: Result) -> Any:
    return json.loads(ran.stdout)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "port.md").write_text("# Port Merrow\n\nThe harbour master is Tomas Reyl.\n")
    (folder / "hostile.txt").write_bytes(b"Harbour \x1b[2J\x1b]0;owned\x07 [bold red]text[/] \xe2\x80\xae reversed.\n")
    return folder


def test_ingest_counts_and_names_what_it_could_not_read(tmp_path: Path, notes: Path) -> None:
    (notes / "broken.jsonl").write_text('{"id": "1", "title": "A", "text": "Fine."}\n{not json}\n')
    first = stemma(tmp_path, "ingest", str(notes), str(tmp_path / "missing.md"), code=1)
    assert first.stdout.startswith("3 added, 0 updated, 0 unchanged, 2 unreadable")
    lines = [line for line in first.stderr.splitlines() if line.startswith("unreadable: ")]
    assert len(lines) == 2
    assert "broken.jsonl" in lines[0]
    assert "missing.md" in lines[1]
    again = printed(stemma(tmp_path, "ingest", str(notes), "--json", code=1))
    assert (again["added"], again["unchanged"], len(again["unreadable"])) == (0, 3, 1)


def test_ingest_reads_standard_input(tmp_path: Path) -> None:
    rows = b'{"id": "a", "title": "Tide", "text": "High water is at noon."}\n'
    assert printed(stemma(tmp_path, "ingest", "-", "--json", given=rows))["added"] == 1
    (hit,) = printed(stemma(tmp_path, "recall", "When is high water?", "--k", "1", "--json"))["hits"]
    assert (hit["document_id"], hit["rank"], hit["kind"]) == ("a", 1, "Passage")


def test_text_from_documents_cannot_drive_the_terminal(tmp_path: Path, notes: Path) -> None:
    stemma(tmp_path, "ingest", str(notes))
    items = printed(stemma(tmp_path, "memory", "ls", "passages", "--json"))["items"]
    commands = [["recall", "harbour"], *(["memory", "ls", kind] for kind in ("sources", "passages", "entities"))]
    commands += [["memory", "show", item["id"]] for item in items]
    seen = ""
    for arguments in commands:
        ran = stemma(tmp_path, *arguments)
        assert not {"\x1b", "\x07"} & set(ran.stdout), arguments
        assert "\u202e" not in ran.stdout
        seen += ran.stdout
    assert "[bold red]text[/]" in seen


def test_user_memory_is_seen_with_that_user_only(tmp_path: Path, notes: Path) -> None:
    stemma(tmp_path, "ingest", str(notes / "port.md"), "--user", "ann")
    assert len(printed(stemma(tmp_path, "recall", "harbour", "--user", "ann", "--json"))["hits"]) == 1
    assert printed(stemma(tmp_path, "recall", "harbour", "--json"))["hits"] == []
    assert "stemma ingest" in stemma(tmp_path, "recall", "harbour").stdout


def test_listing_pages_and_showing(tmp_path: Path, notes: Path) -> None:
    stemma(tmp_path, "ingest", str(notes))
    page = printed(stemma(tmp_path, "memory", "ls", "--limit", "1", "--json"))
    assert (page["total"], len(page["items"]), page["items"][0]["label"]) == (2, 1, "Source")
    assert "--offset 1" in stemma(tmp_path, "memory", "ls", "--limit", "1").stdout
    shown = printed(stemma(tmp_path, "memory", "show", page["items"][0]["id"], "--json"))
    assert shown == page["items"][0]
    assert "no claims here" in stemma(tmp_path, "memory", "ls", "claims").stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not a database" * 500, "cannot be read as a memory"), (None, "cannot be opened")],
    ids=["garbage", "folder"],
)
def test_a_bad_store_is_three_lines(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "memory.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    ran = subprocess.run(
        [STEMMA, "memory", "ls"], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    lines = ran.stderr.splitlines()
    assert ran.returncode == 2
    assert len(lines) == 3
    assert said in lines[0]
    assert "MEMORY_URL" in lines[2]


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    rows = 40_000
    with (tmp_path / "many.jsonl").open("w") as file:
        for n in range(rows):
            file.write(json.dumps({"id": str(n), "title": f"Note {n}", "text": f"Note number {n} of many."}) + "\n")
    process = subprocess.Popen(
        [STEMMA, "ingest", "many.jsonl"], cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None:
        if printed(stemma(tmp_path, "memory", "ls", "--json", "--limit", "1"))["total"] > 0:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "stored and stay" in said
    assert "Traceback" not in said
    kept = printed(stemma(tmp_path, "memory", "ls", "--json", "--limit", "1"))["total"]
    assert 0 < kept < rows
    assert f"stopped: {kept} new sources" in said
