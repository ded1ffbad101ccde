"""`stemma memory retract | quarantine | restore` as a person types them, on a real file."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.memory.errors import (
    AlreadyGivenBack,
    AlreadyTakenBack,
    MemoryFailure,
    NotConfirmed,
    NotRetractable,
    UnknownItem,
)
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.model import Answer, Scope
from stemma.memory.open import open_memory
from stemma.memory.retraction_shell import login_name
from stemma.memory.settings import MemorySettings
from tests.flow.memory.memory_terminal import Filled, parsed, refused, run, typed

STEMMA = str(Path(sys.executable).with_name("stemma"))


def test_a_dry_run_shows_what_it_would_take_and_changes_nothing(filled: Filled) -> None:
    before = parsed("memory", "stats")
    text = typed("memory", "retract", filled.memo, "--reason", "a forgery", "--by", "maria", "--dry-run")
    for words in ("withdraw source", "maria: a forgery", "1 source, 1 passage, 1 claim", "tainted: 1 answer"):
        assert words in text
    assert filled.answer in text
    assert filled.clean not in text
    assert "nothing was changed" in text
    assert parsed("memory", "stats") == before


def test_a_retraction_and_its_restoration(filled: Filled) -> None:
    text = typed("memory", "retract", filled.memo, "--reason", "a forgery", "--by", "maria", "--yes")
    assert f"tainted: {filled.answer}  run run-a, thread thread-a" in text
    undo = text.split("undo: stemma memory ")[1].split()
    assert typed("recall", "pier", "--recipe", "lexical") == "nothing found\n"
    assert "withdrawn by maria" in typed("memory", "ls", "retractions")
    assert "maria" in typed("memory", "show", undo[1])
    tainted = typed("memory", "tainted")
    assert "run run-a, thread thread-a" in tainted
    assert f"because of claim {filled.claim}" in tainted
    assert "run-b" not in tainted

    text = typed("memory", *undo, "--yes")
    assert "1 answer no longer tainted" in text
    assert "Pier 4" in typed("recall", "pier", "--recipe", "lexical")
    assert typed("memory", "tainted") == "no answer is tainted\n"
    (row,) = parsed("memory", "ls", "retractions")["items"]
    assert (row["actor"], row["reason"], row["lifted_by"]) == ("maria", "a forgery", login_name())


def test_json_of_a_retraction(filled: Filled) -> None:
    arguments = ("memory", "retract", filled.memo, "--reason", "a forgery")
    planned, done = parsed(*arguments, "--dry-run"), parsed(*arguments, "--yes")
    assert (planned["dry_run"], done["dry_run"]) == (True, False)
    assert planned["counts"] == done["counts"] == {"Source": 1, "Passage": 1, "Claim": 1, "Answer": 1}
    assert planned["affected"] == done["affected"]
    assert done["answers"] == [{"id": filled.answer, "run_id": "run-a", "thread_id": "thread-a"}]
    assert done["retraction"]["item_id"] == filled.memo
    back = parsed("memory", "restore", done["retraction"]["id"], "--by", "ana", "--yes")
    assert back["counts"] == done["counts"]
    assert back["retraction"]["lifted_by"] == "ana"


def test_quarantine_is_told_apart(filled: Filled) -> None:
    text = typed("memory", "quarantine", filled.claim, "--reason", "ask the office", "--yes")
    assert "put into quarantine" in text
    assert "in quarantine" in typed("memory", "ls", "claims", "--standing", "quarantined")
    assert "put into quarantine by" in typed("memory", "why", filled.answer)
    assert parsed("memory", "ls", "claims", "--standing", "withdrawn")["total"] == 0


def test_what_only_a_narrower_scope_sees_is_counted_and_not_shown(filled: Filled) -> None:
    async def private() -> None:
        scope = Scope("default", "ana")
        async with await open_memory(MemorySettings()) as memory:
            claim = LearnedClaim("Ana waits for pier 4", [Antecedent(filled.passage, "Pier 4 is shut", 0, 14)])
            answer = Answer("", scope, "Ana waits.", "run-ana", "t", "c", "?", datetime.now(UTC))
            await memory.learn(scope, answer, [claim])

    asyncio.run(private())
    text = typed("memory", "retract", filled.memo, "--reason", "a forgery", "--dry-run")
    assert "and 2 items in narrower scopes" in text
    assert "Ana" not in text
    assert "run-ana" not in text


def test_without_a_terminal_it_must_be_told_to_go_on(filled: Filled) -> None:
    failure = refused("memory", "retract", filled.memo, "--reason", "a forgery")
    assert isinstance(failure, NotConfirmed)
    assert "--yes" in failure.hint
    assert parsed("memory", "stats")["retractions_in_force"] == 0


def test_on_a_terminal_it_asks(filled: Filled) -> None:
    assert _answered("n", filled.memo) == 1
    assert parsed("memory", "stats")["retractions_in_force"] == 0
    assert _answered("y", filled.memo) == 0
    assert parsed("memory", "stats")["retractions_in_force"] == 1


def _answered(key: str, source_id: str) -> int:
    """The exit code of a retraction at a terminal where somebody types one letter."""
    terminal, ours = pty.openpty()
    try:
        command = [STEMMA, "memory", "retract", source_id, "--reason", "a forgery"]
        with subprocess.Popen(command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.write(terminal, f"{key}\n".encode())
            printed, asked = process.communicate(timeout=100)
    finally:
        os.close(terminal)
        os.close(ours)
    assert b"tainted: 1 answer" in printed
    assert b"change 4 items?" in asked
    return process.returncode


@pytest.mark.parametrize(
    ("arguments", "failure", "hint"),
    [
        (["retract", "passage"], NotRetractable, "take back "),
        (["retract", "answer"], NotRetractable, "what it rests on"),
        (["quarantine", "nope"], UnknownItem, "stemma memory ls"),
        (["restore", "nope"], UnknownItem, "stemma memory ls"),
    ],
)
def test_what_cannot_be_done_says_what_can(
    filled: Filled, arguments: list[str], failure: type[MemoryFailure], hint: str
) -> None:
    command, name = arguments
    reason = [] if command == "restore" else ["--reason", "x"]
    found = refused("memory", command, filled._asdict().get(name, name), *reason, "--yes")
    assert type(found) is failure
    assert hint in found.hint


def test_twice_is_refused(filled: Filled) -> None:
    arguments = ("memory", "retract", filled.memo, "--reason", "a forgery", "--yes")
    done = parsed(*arguments)
    assert isinstance(refused(*arguments), AlreadyTakenBack)
    lift = ("memory", "restore", done["retraction"]["id"], "--yes")
    typed(*lift)
    assert isinstance(refused(*lift), AlreadyGivenBack)


def test_a_reason_is_needed(filled: Filled) -> None:
    assert run("memory", "retract", filled.memo, "--yes").exit_code == 2
    assert run("memory", "retract", filled.memo, "--reason", "  ", "--yes").exit_code == 2
