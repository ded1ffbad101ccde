"""A language model that reranks hits and takes questions apart. Scripted: a hosted one cannot be called from a test."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.local import open_local
from stemma.graphs.models.decomposition import ModelDecomposer
from stemma.graphs.models.reranking import ModelReranker
from stemma.graphs.settings import GraphSettings
from stemma.memory.errors import RecallModelFailed
from stemma.memory.model import Document, Hit, Node, Scope
from tests.flow.answer.worlds import ScriptedChatModel, scripted

HITS = [Hit(str(n), Node.PASSAGE, f"Text {n}.", f"Title {n}", 1.0 / n, {}, "s", "u", n) for n in (1, 2, 3)]
_NOW: dict[str, ScriptedChatModel] = {}
"""LangChain keeps the first class that it found for a provider: that one asks here."""
MARKS = [{"n": 3, "mark": 10}, {"n": 1, "mark": 0}, {"n": 2, "mark": 5}]


async def test_every_hit_has_its_score_in_order() -> None:
    reranker = ModelReranker(scripted(Marks=[{"marks": MARKS}]))
    assert await reranker.rerank("Which?", HITS) == [0.0, 0.5, 1.0]
    assert await reranker.rerank("Which?", []) == []


@pytest.mark.parametrize("wrong", [{"marks": MARKS[:2]}, {"marks": [{"n": 1, "mark": 11}]}, "I like the second one."])
async def test_a_hit_left_out_is_asked_for_again(wrong: Any) -> None:
    model = scripted(attempts=2, Marks=[wrong, {"marks": MARKS}])
    assert await ModelReranker(model).rerank("Which?", HITS) == [0.0, 0.5, 1.0]
    assert isinstance(model.chat, ScriptedChatModel)
    assert "The last answer could not be used" in str(model.chat.prompts[1])


async def test_a_model_that_gives_no_answer_is_a_failure_of_recall() -> None:
    with pytest.raises(RecallModelFailed, match="reranked"):
        await ModelReranker(scripted(attempts=1, Marks=[RuntimeError("down")])).rerank("Which?", HITS)
    with pytest.raises(RecallModelFailed, match="taken apart"):
        await ModelDecomposer(scripted(attempts=1, Parts=[RuntimeError("down")])).decompose("Which?")


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ([], []),
        (["Who is  he?", "where is it?", "Where is it"], ["Who is he?", "where is it?"]),
        (["WHO was where", "Who?"], ["Who?"]),
        ([f"Question {n}?" for n in range(9)], [f"Question {n}?" for n in range(4)]),
        (["", " "], []),
    ],
)
async def test_parts_are_few_different_and_not_the_question(said: list[str], parts: list[str]) -> None:
    decomposer = ModelDecomposer(scripted(Parts=[{"questions": said}]))
    assert await decomposer.decompose("Who was where?") == parts
    assert await decomposer.decompose("  ") == []


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ({}, ["Parts", "Marks"]),
        ({"GRAPHS_RERANK": "false"}, ["Parts"]),
        ({"GRAPHS_DECOMPOSE": "false"}, ["Marks"]),
        ({"GRAPHS_RERANK": "false", "GRAPHS_DECOMPOSE": "false"}, []),
    ],
    ids=str,
)
async def test_a_configured_model_helps_recall(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: dict[str, str], asked: list[str]
) -> None:
    """The provider's package is not installed here: a module with its class stands in for it."""
    model = ScriptedChatModel.of(Parts=[{"questions": ["What is said of it?"]}], Marks=[{"marks": MARKS[1:2]}])
    package = types.ModuleType("langchain_groq")
    package.__dict__["ChatGroq"] = lambda **_: _NOW["model"]
    monkeypatch.setitem(_NOW, "model", model)
    monkeypatch.setitem(sys.modules, "langchain_groq", package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_URL", "memory:")
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    settings = GraphSettings(model="groq:any", database_url=f"sqlite:///{tmp_path}/runs.db")
    async with open_local(worker=False, settings=settings) as local:
        await local.memory.ingest(Scope("t"), [Document("f:p", "Port Merrow", "Port Merrow lies in Ostra.")])
        (hit,) = await local.memory.recall(Scope("t"), "Where is Port Merrow?")
    assert model.asked == asked
    assert ("rerank" in hit.parts) == ("Marks" in asked)
