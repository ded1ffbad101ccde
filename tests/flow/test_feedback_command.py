"""`stemma feedback` as a person types it: a wrong answer corrected, the next one right, the correction taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stemma.graphs.commands import app
from stemma.graphs.errors import InvalidRequest, UnknownRun
from stemma.memory.commands import app as memory_commands
from stemma.memory.commands import memory_app

QUESTION = "Who is the harbour master of Port Merrow?"
RIGHT = "The harbour master of Port Merrow is Mira Holt."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of its own, with one document in memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    for name in ("MEMORY_URL", "GRAPHS_DATABASE_URL", "GRAPHS_MODEL"):
        monkeypatch.delenv(name, raising=False)
    Path("port.md").write_text("# Port Merrow\n\nThe harbour master of Port Merrow is Tomas Reyl.\n", "utf-8")
    assert CliRunner().invoke(memory_commands, ["ingest", "port.md"]).exit_code == 0


def typed(*arguments: str) -> Result:
    group = memory_app if arguments[0] == "memory" else app
    return CliRunner().invoke(group, list(arguments[1:] if group is memory_app else arguments))


def parsed(*arguments: str) -> Any:
    ran = typed(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_correction_and_its_undoing() -> None:
    run = parsed("ask", QUESTION)
    assert "Tomas Reyl" in run["answer"]
    assert "nothing was said" in typed("feedback", run["run_id"]).stdout
    said = ("feedback", run["run_id"][:12], "--score", "down", "--correction", RIGHT, "--by", "maria")
    text = typed(*said).stdout
    assert "maria: score 0; correction: The harbour master" in text
    undo = text.split("undo: stemma ")[1].split(" --reason")[0].split()
    kept = parsed(*said)
    assert (kept["by"], kept["score"], kept["source_id"]) == ("maria", 0.0, undo[-1])
    assert "Mira Holt" in parsed("ask", QUESTION)["answer"]
    assert typed(*undo, "--reason", "wrong", "--yes").exit_code == 0
    assert "Tomas Reyl" in parsed("ask", QUESTION)["answer"]
    assert "taken back" in typed(*said).stdout
    assert [row["flags"] for row in parsed("feedback", run["run_id"])["feedback"]] == [["withdrawn"]]
    assert "(withdrawn)" in typed("feedback", run["run_id"]).stdout


def test_what_cannot_be_said_names_what_can() -> None:
    run = parsed("ask", QUESTION)["run_id"]
    for arguments, failure, hint in (
        ((run, "--score", "fine"), InvalidRequest, "up, down"),
        ((run, "--score", "nan"), InvalidRequest, "up, down"),
        ((run, "--correction", "***"), InvalidRequest, "correction"),
        (("nope", "--score", "up"), UnknownRun, "stemma runs ls"),
    ):
        raised = typed("feedback", *arguments).exception
        assert isinstance(raised, failure), raised
        assert hint in raised.hint
    assert parsed("feedback", run) == {"feedback": [], "total": 0}
