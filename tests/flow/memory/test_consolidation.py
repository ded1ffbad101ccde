"""Recall after consolidation, and `stemma memory consolidate` as a person types it, on a real file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.consolidation.model import ConsolidationProgress
from stemma.memory.errors import AlreadyUndone, UnknownItem
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Document, Scope, Use
from stemma.memory.sqlite_graph import SqliteGraph
from tests.flow.memory.memory_terminal import parsed, refused, run, typed

SCOPE = Scope("default")
LATER = datetime.now(UTC) + timedelta(days=200)
FEE = "The berth fee of Port Merrow is 2,400 euros a day."


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    graph = SqliteGraph(tmp_path / "memory.db")
    await graph.open()
    async with LongTermMemory(graph, HashingEmbedder()) as opened:
        yield opened


def documents(*uris: str, text: str = FEE) -> list[Document]:
    return [Document(uri, "Tariff", text) for uri in uris]


@pytest.mark.parametrize("recipe", ["graph", "hybrid", "dense", "lexical"])
async def test_copies_leave_room_for_others(memory: LongTermMemory, recipe: str) -> None:
    """Of five hits four were the same words; now each says something, and how many said it too."""
    await memory.ingest(SCOPE, documents("t:1", "t:2", "t:3", "t:4"))
    await memory.ingest(
        SCOPE, [Document(f"o:{n}", f"Quay {n}", f"The berth fee of quay {n} is due.") for n in range(4)]
    )
    await Consolidator(memory.graph).run(SCOPE, actor="ann")
    hits = await memory.recall(SCOPE, "berth fee of Port Merrow", k=5, recipe=recipe)
    assert len({hit.text for hit in hits}) == len(hits) == 5
    assert {hit.text == FEE: hit.also for hit in hits} == {True: 3, False: 0}


@pytest.mark.parametrize("recipe", ["graph", "hybrid", "dense", "lexical"])
async def test_what_nobody_used_stands_below_what_somebody_did(memory: LongTermMemory, recipe: str) -> None:
    first, second = (Document(f"t:{n}", "Tariff", f"{FEE} Page {n}.") for n in ("one", "two"))
    await memory.ingest(SCOPE, [first, second])
    best, other = await memory.recall(SCOPE, "berth fee Port Merrow page one", k=2, recipe=recipe)
    when = datetime.now(UTC)
    answer = Answer("", SCOPE, "It is.", "r", "t", "c", "Is it?", when, used=(Use(other.id, 1, 1.0),))
    await memory.learn(SCOPE, answer, [])
    report = await Consolidator(memory.graph).run(SCOPE, actor="ann", now=LATER)
    assert [one.id for one in report.demotions] == [best.source_id]
    hits = await memory.recall(SCOPE, "berth fee Port Merrow page one", k=2, recipe=recipe)
    lowered = {hit.id: hit.parts["demoted"] for hit in hits if "demoted" in hit.parts}
    assert {hit.id for hit in hits} == {best.id, other.id}
    assert lowered.keys() == {best.id}
    assert lowered[best.id] <= 0
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_run_that_is_cut_short_is_gone_on_with(memory: LongTermMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stemma.memory.consolidation.consolidator._PART", 2)
    await memory.ingest(SCOPE, documents(*(f"t:{n}" for n in range(8))))

    def stop(progress: ConsolidationProgress) -> None:
        if progress.written:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Consolidator(memory.graph).run(SCOPE, actor="ann", on_progress=stop)
    (cut,), _ = await Consolidator(memory.graph).runs(SCOPE)
    assert cut.sources == 2
    rest = await Consolidator(memory.graph).run(SCOPE, actor="ann")
    assert rest.run.sources == 5
    assert len(await memory.recall(SCOPE, "berth fee", k=9)) == 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.delenv("MEMORY_URL", raising=False)
    long = "\n\n".join(f"Quay {n} of Port Merrow has {n}00 bollards and is open until {n} May." for n in range(1, 9))
    for name in ("report", "copy-of-report"):
        (tmp_path / f"{name}.md").write_text(long)
    (tmp_path / "other.md").write_text("The harbour master is Ida Vole.\n")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_it_is_typed_listed_and_undone() -> None:
    assert typed("memory", "consolidate") == "memory is empty: stemma ingest PATH\n"
    assert "no run yet" in typed("memory", "consolidate", "--list")
    typed("ingest", ".")
    assert "would do: 1 source and" in typed("memory", "consolidate", "--dry-run")
    assert "no run yet" in typed("memory", "consolidate", "--list")
    done = parsed("memory", "consolidate", "--by", "ann")
    (duplicate,) = done["duplicates"]
    assert (done["run"]["sources"], duplicate["rule"]) == (1, "same words")
    assert "nothing to do" in typed("memory", "consolidate")
    assert f"merged into {duplicate['shown']}" in typed("memory", "ls", "sources")
    assert "shown for 1 more" in typed("memory", "show", duplicate["shown"])
    (merged,) = [one for one in parsed("memory", "ls", "sources")["items"] if one["id"] == duplicate["id"]]
    assert merged["consolidation"] == {"shown": duplicate["shown"], "merged": 0, "demoted": []}
    assert "another says the same" in typed("recall", "bollards of quay 3")
    listed = typed("memory", "consolidate", "--list")
    assert f"{done['run']['id']}  " in listed
    assert "by ann: 1 source and" in listed
    assert "undone" in typed("memory", "consolidate", "--undo", done["run"]["id"], "--by", "bob")
    assert "(undone by bob)" in typed("memory", "consolidate", "--list")
    assert isinstance(refused("memory", "consolidate", "--undo", done["run"]["id"]), AlreadyUndone)
    assert isinstance(refused("memory", "consolidate", "--undo", "no-such-run"), UnknownItem)
    assert "merged" not in typed("memory", "ls", "sources")
    assert parsed("memory", "consolidate", "--list")["total"] == 1


@pytest.mark.usefixtures("folder")
def test_days_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    typed("ingest", "other.md")
    monkeypatch.setenv("MEMORY_DEMOTE_AFTER_DAYS", "0.0000001")
    assert "demoted: unused" in typed("memory", "consolidate")
    assert "demoted: unused" in typed("memory", "ls", "sources")


def test_one_thing_at_a_time() -> None:
    assert run("memory", "consolidate", "--dry-run", "--list").exit_code == 2
