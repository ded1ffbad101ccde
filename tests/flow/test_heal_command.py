"""`stemma memory heal` in this process: what is printed, and the exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.register import GRAPH_ID
from stemma.graphs.healing.mending import Mender
from stemma.graphs.healing.shell import look, run
from stemma.graphs.local import open_local
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.memory.errors import UnknownItem
from stemma.memory.model import Document, Scope

HOME = Scope(LOCAL.tenant)
QUESTION = "What is the gate code of Depot North?"


@pytest.fixture
async def retraction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a forged note that an answer in this folder rests on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    forged = Document("t:note", "Note", "The gate code of Depot North is 7000.", whole=True)
    true = Document("t:list", "Depot North", "The gate code of Depot North is 3000.", whole=True)
    async with open_local() as local:
        await local.memory.ingest(HOME, [true])
        report = await local.memory.ingest(HOME, [forged])
        asked = await local.runtime.submit(LOCAL, None, RunRequest(GRAPH_ID, input={"question": QUESTION}))
        await local.runtime.join(LOCAL, asked.thread_id, asked.run_id)
        effect = await local.memory.retract(HOME, report.source_ids[0], reason="forged", actor="ann")
    assert effect.retraction is not None
    return effect.retraction.id


async def test_look_then_heal(retraction: str, capsys: pytest.CaptureFixture[str]) -> None:
    await look(retraction, user="", as_json=False)
    told = capsys.readouterr().out
    assert f"would run: {QUESTION}" in told
    assert "1 answer would be given again" in told

    assert await run(retraction, move_head=False, parallel=4, user="", as_json=False) == 0
    told = capsys.readouterr().out
    assert "[1/1]" in told
    assert f"changed: {QUESTION}" in told
    assert "7000" in told.partition("new:")[0]
    assert "7000" not in told.partition("new:")[2]
    assert "success: 1 changed, of 1 answer" in told

    assert await run(retraction, move_head=True, parallel=4, user="", as_json=True) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["status"], record["counts"], record["answers"][0]["head"]) == ("success", {"changed": 1}, "moved")

    assert await run(retraction, move_head=False, parallel=4, user="nobody", as_json=False) == 0
    assert "not healable" in capsys.readouterr().out
    with pytest.raises(UnknownItem):
        await look("nope", user="", as_json=False)


async def test_ctrl_c_stops_and_says_how_to_go_on(
    retraction: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is stuck, so that the signal comes in the middle of it."""

    async def stuck(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    monkeypatch.setattr(Mender, "heal", stuck)
    assert await run(retraction, move_head=False, parallel=1, user="", as_json=False) == 130
    assert f"go on: stemma memory heal {retraction}" in capsys.readouterr().out
