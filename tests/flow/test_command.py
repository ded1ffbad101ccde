"""The `stemma` command as a person meets it: help, mistakes, an empty folder, one question asked and replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stemma.cli import COMMANDS

STEMMA = str(Path(sys.executable).with_name("stemma"))
DOCUMENTS = Path(__file__).resolve().parents[2] / "examples" / "supply_chain" / "documents"
HEAVY = ("langgraph", "langchain", "langchain_core", "fastapi", "starlette", "apsw", "numpy", "neo4j", "onnxruntime")


def stemma(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder with the hashing embedder; its exit code must be the expected one."""
    environment = os.environ | {"MEMORY_EMBEDDER": "hashing", "NO_COLOR": "1"}
    for name in ("MEMORY_URL", "GRAPHS_DATABASE_URL", "GRAPHS_MODEL"):
        environment.pop(name, None)
    ran = subprocess.run(
        [STEMMA, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder whose memory holds the supply-chain documents."""
    folder = tmp_path_factory.mktemp("project")
    stemma(folder, "ingest", str(DOCUMENTS))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    program = (
        "import sys; from stemma.cli import app\n"
        f"try: app(['{command}', '--help'])\n"
        "except SystemExit: pass\n"
        f"sys.exit(' '.join(sorted(set(sys.modules) & set({HEAVY!r}))) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert "Usage:" in ran.stdout


def test_root_help_names_every_command(tmp_path: Path) -> None:
    text = stemma(tmp_path, "--help").stdout
    assert all(f"  {command} " in text for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["ask", "Who?"], "stemma ingest PATH"),
        (["runs", "show", "nope"], "stemma runs ls"),
        (["runs", "ls", "--status", "asleep"], "pending"),
        (["recall", "x", "--recipe", "magic"], "hybrid"),
        (["memory", "show", "nope"], "stemma memory ls"),
    ],
)
def test_a_failure_is_three_lines(tmp_path: Path, arguments: list[str], hint: str) -> None:
    ran = stemma(tmp_path, *arguments, code=2)
    lines = ran.stderr.strip().splitlines()
    assert [line.split(":")[0].strip() for line in lines] == ["error", "why", "try"]
    assert hint in ran.stderr
    assert "Traceback" not in ran.stderr


def test_debug_shows_the_trace(tmp_path: Path) -> None:
    assert "Traceback" in stemma(tmp_path, "--debug", "ask", "Who?", code=1).stderr


def test_empty_folders_say_what_to_do(tmp_path: Path) -> None:
    assert "stemma ask" in stemma(tmp_path, "runs", "ls").stdout
    assert "stemma ingest" in stemma(tmp_path, "memory", "ls").stdout


def test_ask_streams_steps_and_cites(filled: Path) -> None:
    text = stemma(filled, "ask", "Who is the harbour master of Port Merrow?").stdout
    steps = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and not line.startswith("  [")]
    assert steps[:3] == ["normalise", "recall", "grade"]
    assert "Tomas Reyl" in text
    assert "[1]" in text


def test_ask_show_replay_and_fork_agree(filled: Path) -> None:
    asked = json.loads(stemma(filled, "ask", "Who is the harbour master of Port Merrow?", "--json").stdout)
    assert asked["status"] == "success"
    assert asked["citations"]
    shown = json.loads(stemma(filled, "runs", "show", asked["run_id"], "--json").stdout)
    assert shown["answer"] == asked["answer"]
    assert shown["steps"] == asked["steps"]
    again = json.loads(stemma(filled, "runs", "replay", asked["run_id"], "-c", "grade", "--json").stdout)
    assert again["run_id"] != asked["run_id"]
    assert again["thread_id"] == asked["thread_id"]
    assert again["answer"] == asked["answer"]
    assert "recall" not in {step["step"] for step in again["steps"]}
    other = "question=How deep is the channel of Port Merrow?"
    forked = json.loads(
        stemma(filled, "runs", "fork", asked["run_id"], "-c", "recall", "--set", other, "--json").stdout
    )
    assert "13.4" in forked["answer"]
    assert json.loads(stemma(filled, "runs", "show", asked["run_id"], "--json").stdout)["answer"] == asked["answer"]


def test_backup_can_be_opened(filled: Path, tmp_path: Path) -> None:
    written = json.loads(stemma(filled, "backup", str(tmp_path / "copies"), "--json").stdout)["written"]
    assert len(written) == 2
    (tmp_path / ".stemma").mkdir()
    Path(written[0]).rename(tmp_path / ".stemma" / "memory.db")
    hits = json.loads(stemma(tmp_path, "recall", "harbour master", "--json").stdout)
    assert hits["hits"]
