"""`stemma memory why | reach | tainted | ls | stats | reindex` and `remember` as people type them, on a real file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stemma.memory.errors import EmbedderMismatch, InvalidSetting, NothingToReindex, UnknownItem
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.model import Document
from stemma.memory.open import open_memory
from stemma.memory.retraction_shell import login_name
from stemma.memory.settings import MemorySettings
from tests.flow.memory.memory_terminal import MEMO, RATES, SCOPE, Filled, parsed, refused, run, typed


def test_why_goes_down_to_the_quote_and_the_source(filled: Filled) -> None:
    text = typed("memory", "why", filled.answer)
    steps = ["answer", "states claim", "because passage", "“Pier 4 is shut until May”", "part of source"]
    assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)
    assert "file:/memo.md" in text
    assert "\x1b" not in text
    assert "rests on 1 claim, 1 passage, 1 source" in text


def test_reach_names_the_answers_with_their_runs_and_threads(filled: Filled) -> None:
    text = typed("memory", "reach", filled.memo)
    assert "run run-a, thread thread-a" in text
    assert "run-b" not in text
    assert "reached 1 passage, 1 claim, 1 answer" in text


def test_json_holds_items_edges_and_flags(filled: Filled) -> None:
    typed("memory", "retract", filled.memo, "--reason", "a forgery", "--yes")
    record = parsed("memory", "why", filled.claim)
    assert (record["root"], record["direction"], record["truncated"]) == (filled.claim, "upstream", False)
    assert {item["label"]: item["flags"] for item in record["items"]} == {
        "Claim": ["no longer supported"],
        "Passage": ["no longer supported"],
        "Source": ["withdrawn"],
    }
    (derived,) = [edge for edge in record["edges"] if edge["relation"] == "DERIVED_FROM"]
    assert (derived["dependent"], derived["antecedent"]) == (filled.claim, filled.passage)
    assert derived["quote"] == MEMO.text[derived["start"] : derived["end"]] == "Pier 4 is shut until May"
    assert [retraction["reason"] for retraction in record["retractions"]] == ["a forgery"]


def test_what_is_too_far_off_to_be_drawn_is_counted_and_its_answers_are_named(filled: Filled) -> None:
    text = typed("memory", "reach", filled.memo, "--limit", "2")
    assert "reached 1 passage, 1 claim, 1 answer" in text
    assert "drawn are the nearest 2 items; --limit 4 draws all of these" in text
    assert f"  answer {filled.answer}  run run-a, thread thread-a" in text
    record = parsed("memory", "reach", filled.memo, "--limit", "2")
    assert (len(record["items"]), record["truncated"]) == (2, True)


def test_a_picture_is_written(filled: Filled, tmp_path: Path) -> None:
    typed("memory", "reach", filled.memo, "--svg", str(tmp_path / "reach.svg"))
    assert (tmp_path / "reach.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "cannot be written" in str(refused("memory", "why", filled.answer, "--svg", str(tmp_path / "no" / "a.svg")))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("command", ["why", "reach"])
def test_an_unknown_id_is_refused(command: str) -> None:
    assert isinstance(refused("memory", command, "' OR 1=1 --"), UnknownItem)


@pytest.mark.usefixtures("filled")
def test_a_new_version_makes_answers_stale() -> None:
    async def newer() -> None:
        async with await open_memory(MemorySettings()) as memory:
            await memory.ingest(SCOPE, [Document(MEMO.uri, MEMO.title, "Pier 4 is open again.")])

    asyncio.run(newer())
    assert "no answer is tainted" in typed("memory", "tainted")
    assert "run run-a" in typed("memory", "tainted", "--stale")
    record = parsed("memory", "tainted", "--stale")
    assert (record["tainted_total"], record["stale_total"]) == (0, 1)
    assert "stale" in typed("memory", "ls", "answers", "--standing", "stale")


@pytest.mark.usefixtures("filled")
def test_a_statement_is_kept_under_its_name() -> None:
    first = parsed("remember", "Pier 5 is shut too.", "--by", "Ana Kovic")
    assert first["kind"] == "person"
    assert first["metadata"]["by"] == "Ana Kovic"
    assert parsed("remember", "Pier 5 is shut too.", "--by", "Ana Kovic")["id"] == first["id"]
    assert parsed("remember", "Pier 6 is shut too.")["metadata"]["by"] == login_name()


@pytest.mark.usefixtures("filled")
def test_a_thing_is_shown_with_its_relations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_EXTRACT", "rules")
    typed("remember", "The Harrow Line owns the Port Calder Yard.", "--by", "Ana Kovic")
    things = {item["name"]: item["id"] for item in parsed("memory", "ls", "entities", "--limit", "50")["items"]}
    shown = typed("memory", "show", things["Port Calder Yard"])
    assert "relation       Harrow Line owns Port Calder Yard  (claim " in shown
    record = parsed("memory", "show", things["Harrow Line"])
    assert ([row["predicate"] for row in record["relations"]], record["relations_total"]) == (["owns"], 1)


def test_statistics_count_what_was_taken_back(filled: Filled) -> None:
    typed("memory", "retract", filled.memo, "--reason", "a forgery", "--yes")
    text = typed("memory", "stats")
    assert "1 withdrawn" in text
    assert "1 tainted" in text
    assert "1 retraction in force" in text
    assert "hashing-1" in text


@pytest.mark.usefixtures("filled")
def test_reindexing_without_need_is_refused() -> None:
    assert isinstance(refused("memory", "reindex"), NothingToReindex)
    assert isinstance(refused("memory", "reindex", "--embedder", "nothing"), InvalidSetting)
    assert typed("memory", "reindex", "--abandon").startswith("what a reindexing had made")


def test_another_embedder_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def with_another() -> None:
        async with await open_memory(MemorySettings(), embedder=HashingEmbedder(64)) as memory:
            await memory.ingest(SCOPE, [MEMO, RATES])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.delenv("MEMORY_URL", raising=False)
    asyncio.run(with_another())
    assert isinstance(refused("recall", "berth", "--recipe", "dense"), EmbedderMismatch)
    assert parsed("memory", "reindex")["items"] == 2
    assert "2,400 euros" in typed("recall", "berth fee", "--recipe", "dense", "-k", "1")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("arguments", [["ls", "wishes"], ["ls", "claims", "--standing", "sleepy"]])
def test_what_does_not_exist_is_a_usage_error(arguments: list[str]) -> None:
    assert run("memory", *arguments).exit_code == 2
