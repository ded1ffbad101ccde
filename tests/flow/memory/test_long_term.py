"""Long-term memory in use: documents in, hits out, answers learned; on the fake and on SQLite, hashing embedder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from stemma.memory.errors import EmbedderMismatch, UnknownItem, UnknownRecipe
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ingest.pipeline import IngestProgress
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Relation, Scope, Use
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
PORT = Document("file:/port.md", "Port Merrow", "The harbour master of Port Merrow is Tomas Reyl.")
CRANE = Document("file:/crane.md", "Crane works", "Cranes 3 and 4 are replaced from March to April.")
RATES = Document("file:/rates.md", "Rates", "The berth fee is 2,400 euros a day.")


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing", extract="off"), url=url) as opened:
        yield opened


def answer(run_id: str = "run-1", **changes: str) -> Answer:
    return replace(
        Answer("", SCOPE, "Tomas Reyl [1].", run_id, "t-1", "c-1", "Who?", datetime.now(UTC)),
        **changes,  # type: ignore[arg-type]  # every changed field is a string
    )


async def passage_of(memory: LongTermMemory, query: str) -> str:
    return (await memory.recall(SCOPE, query, k=1))[0].id


# --- ingest ----------------------------------------------------------------------------------------------------------


async def test_documents_are_recalled_with_where_they_came_from(memory: LongTermMemory) -> None:
    row = Document("file:/c.jsonl#7", "Tide", "High water is at noon.", whole=True, metadata={"id": "7"})
    report = await memory.ingest(SCOPE, [PORT, CRANE, row])
    assert (report.added, report.updated, report.unchanged, report.passages) == (3, 0, 0, 3)
    assert report.failures == []
    for recipe in ("lexical", "dense", "hybrid"):
        hit = (await memory.recall(SCOPE, "When is high water?", k=2, recipe=recipe))[0]
        assert (hit.rank, hit.kind, hit.uri, hit.document_id) == (1, Node.PASSAGE, "file:/c.jsonl#7", "7"), recipe
        assert (hit.title, hit.text) == ("Tide", "High water is at noon.")
        assert hit.source_id == report.source_ids[2]
        assert hit.position is not None
        assert row.text[hit.position.start : hit.position.end] == hit.text
        assert set(hit.parts) & {"lexical", "dense"}


async def test_the_same_again_is_unchanged(memory: LongTermMemory) -> None:
    first = await memory.ingest(SCOPE, [PORT, CRANE])
    before = await memory.statistics(SCOPE)
    again = await memory.ingest(SCOPE, [PORT, CRANE, PORT])
    assert (again.added, again.updated, again.unchanged, again.passages) == (0, 0, 3, 0)
    assert again.source_ids == [*first.source_ids, first.source_ids[0]]
    assert await memory.statistics(SCOPE) == before


async def test_one_document_twice_in_a_batch_is_stored_once(memory: LongTermMemory) -> None:
    report = await memory.ingest(SCOPE, [PORT, PORT])
    assert (report.added, report.unchanged) == (1, 1)


async def test_a_changed_document_becomes_a_new_version_and_may_change_back(memory: LongTermMemory) -> None:
    changed = replace(PORT, text="The harbour master of Port Merrow is Ines Falk.")
    versions = [PORT, changed, PORT]
    for version, document in enumerate(versions, start=1):
        report = await memory.ingest(SCOPE, [document])
        assert (report.added, report.updated) == ((1, 0) if version == 1 else (0, 1))
        source = (await memory.graph.current_sources(SCOPE, [PORT.uri]))[PORT.uri]
        assert source.version == version
        hits = await memory.recall(SCOPE, "Who is the harbour master?", k=5)
        assert [hit.text for hit in hits] == [document.text]
    assert (await memory.statistics(SCOPE)).by_relation[Relation.REPLACES] == 2


async def test_two_versions_in_one_batch_come_in_order(memory: LongTermMemory) -> None:
    changed = replace(PORT, text="The harbour master of Port Merrow is Ines Falk.")
    report = await memory.ingest(SCOPE, [PORT, changed])
    assert (report.added, report.updated) == (1, 1)
    assert [hit.text for hit in await memory.recall(SCOPE, "harbour master")] == [changed.text]


async def test_many_documents_are_stored_in_order_whatever_shares_their_transaction(memory: LongTermMemory) -> None:
    notes = [Document(f"file:/{n}", f"Note {n}", f"Note number {n}. " + "More. " * (n % 7)) for n in range(300)]
    await memory.ingest(SCOPE, notes[::3])
    changed = replace(notes[0], text="Note number zero.")
    report = await memory.ingest(SCOPE, [*notes, changed, notes[1]])
    assert (report.added, report.updated, report.unchanged, report.passages) == (200, 1, 101, 201)
    current = await memory.graph.current_sources(SCOPE, [note.uri for note in notes])
    assert report.source_ids[1:300] == [current[note.uri].id for note in notes[1:]]
    assert report.source_ids[300:] == [current[notes[0].uri].id, current[notes[1].uri].id]
    for note in notes[5:300:60]:
        (hit,) = await memory.recall(SCOPE, note.text, k=1, recipe="dense")
        assert (hit.uri, hit.text) == (note.uri, note.text.strip())


async def test_what_cannot_be_read_is_named_and_the_others_go_on(memory: LongTermMemory) -> None:
    documents: list[Document | Unreadable] = [
        Unreadable("file:/broken.pdf", "no reader for it"),
        Document("file:/surrogate", "x", "lone \ud800 surrogate"),
        Document("file:/empty", "Empty", " \n "),
        PORT,
    ]
    report = await memory.ingest(SCOPE, documents)
    assert report.added == 1
    assert [uri for uri, _ in report.failures] == ["file:/broken.pdf", "file:/surrogate", "file:/empty"]
    assert all(reason for _, reason in report.failures)


async def test_documents_may_come_from_an_asynchronous_reader(memory: LongTermMemory) -> None:
    async def reader() -> AsyncIterator[Document]:
        yield PORT
        yield CRANE

    assert (await memory.ingest(SCOPE, reader())).added == 2


async def test_progress_rises_to_all_that_is_known(memory: LongTermMemory) -> None:
    long = Document("file:/long.txt", "Long", "\n\n".join(f"Paragraph {n}. " + "Words go on. " * 40 for n in range(90)))
    seen: list[IngestProgress] = []
    report = await memory.ingest(SCOPE, [PORT, long, CRANE], on_progress=seen.append)
    for earlier, later in pairwise(seen):
        assert later.documents >= earlier.documents
        assert later.passages_embedded >= earlier.passages_embedded
        assert later.passages_embedded <= later.passages_known
    assert seen[-1] == IngestProgress(3, report.passages, report.passages, 3)
    assert report.passages > 64
    assert len({step.passages_embedded for step in seen}) > 2


async def test_stopping_keeps_what_was_stored(memory: LongTermMemory) -> None:
    stored = asyncio.Event()

    def on_progress(progress: IngestProgress) -> None:
        if progress.sources_stored:
            stored.set()

    def endless() -> Iterator[Document]:
        n = 0
        while True:
            yield Document(f"file:/{n}", f"Note {n}", f"Note number {n} of many.")
            n += 1

    task = asyncio.create_task(memory.ingest(SCOPE, endless(), on_progress=on_progress))
    await stored.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept = (await memory.statistics(SCOPE)).by_node[Node.SOURCE]
    assert kept > 0
    assert len(await memory.recall(SCOPE, "note number", k=1000)) == kept


async def test_many_ingestions_at_once_agree(memory: LongTermMemory) -> None:
    documents = [Document(f"file:/{n}", f"Note {n}", f"Note number {n}.") for n in range(20)]
    reports = await asyncio.gather(*(memory.ingest(SCOPE, documents) for _ in range(4)))
    assert sum(report.added for report in reports) == 20
    assert sum(report.unchanged for report in reports) == 60
    assert {tuple(sorted(report.source_ids)) for report in reports} == {tuple(sorted(reports[0].source_ids))}
    assert (await memory.statistics(SCOPE)).by_node[Node.PASSAGE] == 20


# --- recall ----------------------------------------------------------------------------------------------------------


async def test_an_empty_memory_gives_no_hits(memory: LongTermMemory) -> None:
    for query in ("anything", "", "  ", "the of", "\x00", '"'):
        assert await memory.recall(SCOPE, query) == []


async def test_recall_refuses_what_makes_no_sense(memory: LongTermMemory) -> None:
    with pytest.raises(UnknownRecipe):
        await memory.recall(SCOPE, "x", recipe="magic")
    with pytest.raises(ValueError, match="at least 1"):
        await memory.recall(SCOPE, "x", k=0)


async def test_recall_stays_within_its_scope(memory: LongTermMemory) -> None:
    ann, bob = Scope("acme", "ann"), Scope("acme", "bob")
    await memory.ingest(SCOPE, [RATES])
    await memory.ingest(ann, [PORT])
    await memory.ingest(Scope("other"), [CRANE])
    for recipe in ("lexical", "dense", "hybrid"):
        query = "harbour master, berth fee, cranes"
        assert {hit.uri for hit in await memory.recall(ann, query, recipe=recipe)} == {RATES.uri, PORT.uri}
        assert {hit.uri for hit in await memory.recall(bob, query, recipe=recipe)} == {RATES.uri}


async def test_a_memory_of_another_embedder_is_refused(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    other = LongTermMemory(memory.graph, HashingEmbedder(64))
    with pytest.raises(EmbedderMismatch) as failure:
        await other.recall(SCOPE, "harbour master")
    assert "MEMORY_EMBEDDER" in failure.value.hint
    with pytest.raises(EmbedderMismatch):
        await other.ingest(SCOPE, [CRANE])
    assert [hit.uri for hit in await other.recall(SCOPE, "harbour", recipe="lexical")] == [PORT.uri]


# --- learn -----------------------------------------------------------------------------------------------------------


async def test_an_answer_is_learned_once_with_its_lineage(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    passage = await passage_of(memory, "harbour master")
    claims = [
        LearnedClaim("Tomas Reyl is a harbour master.", [Antecedent(passage, "Tomas Reyl", 37, 47)], extractor="test"),
        LearnedClaim("Tomas Reyl owns the port.", [Antecedent(passage, "Tomas Reyl", 37, 47)], quarantined=True),
    ]
    said = replace(answer(), used=(Use(passage, 1, 0.9),))
    stored = await memory.learn(SCOPE, said, claims)
    before = await memory.statistics(SCOPE)
    assert await memory.learn(SCOPE, said, claims) == stored
    assert await memory.statistics(SCOPE) == before
    assert await memory.item(SCOPE, stored.id) == stored
    assert len(stored.asserts) == 1
    (row,) = await memory.graph.derivations(SCOPE, stored.asserts)
    assert (row.antecedent_id, row.quote, row.run_id, row.extractor) == (passage, "Tomas Reyl", "run-1", "test")
    assert before.by_node[Node.CLAIM] == 2


async def test_the_same_claim_from_another_run_gains_a_justification(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    passage = await passage_of(memory, "harbour master")
    for run, text in (("run-1", "Reyl is  harbour master."), ("run-2", "reyl is harbour Master.")):
        await memory.learn(SCOPE, answer(run), [LearnedClaim(text, [Antecedent(passage, "Reyl", 43, 47)])])
    page = await memory.items(SCOPE, Node.CLAIM)
    assert page.total == 1
    derivations = await memory.graph.derivations(SCOPE, [page.items[0].id])
    assert {row.run_id for row in derivations} == {"run-1", "run-2"}
    assert len({row.justification for row in derivations}) == 2


async def test_an_answer_on_nothing_that_is_there_is_refused(memory: LongTermMemory) -> None:
    with pytest.raises(UnknownItem):
        await memory.learn(SCOPE, answer(), [LearnedClaim("Air.", [Antecedent("nowhere", "air", 0, 3)])])
    assert (await memory.statistics(SCOPE)).by_node[Node.ANSWER] == 0


async def test_an_echo_is_not_recalled_and_a_claim_on_other_evidence_is(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT, RATES])
    port, rates = await passage_of(memory, "harbour master"), await passage_of(memory, "berth fee")
    echo = LearnedClaim("The harbour master is Tomas Reyl.", [Antecedent(port, "Tomas Reyl", 37, 47)])
    news = LearnedClaim("The harbour master sets the fee.", [Antecedent(rates, "berth fee", 4, 13)])
    await memory.learn(SCOPE, answer(), [echo, news])
    for recipe in ("lexical", "hybrid"):
        texts = {hit.text for hit in await memory.recall(SCOPE, "Who is the harbour master?", k=2, recipe=recipe)}
        assert PORT.text in texts, recipe
        assert echo.text not in texts, recipe
    found = [(hit.kind, hit.text) for hit in await memory.recall(SCOPE, "harbour master", k=5, recipe="lexical")]
    assert sorted(found) == [(Node.CLAIM, news.text), (Node.PASSAGE, PORT.text)]


async def test_quarantined_claims_are_never_recalled(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    await memory.learn(SCOPE, answer(), [LearnedClaim("Zinc is dear.", [], quarantined=True, reason="unsupported")])
    for recipe in ("lexical", "dense", "hybrid"):
        assert Node.CLAIM not in {hit.kind for hit in await memory.recall(SCOPE, "zinc", k=50, recipe=recipe)}
    (claim,) = (await memory.items(SCOPE, Node.CLAIM)).items
    assert isinstance(claim, Claim)
    assert (claim.quarantined, claim.reason) == (True, "unsupported")


async def test_a_claim_on_a_replaced_version_sinks(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    passage = await passage_of(memory, "harbour master")
    claim = LearnedClaim("Reyl has an office at the pier.", [Antecedent(passage, "Tomas Reyl", 37, 47)])
    await memory.learn(SCOPE, answer(), [claim])
    await memory.ingest(SCOPE, [replace(PORT, text="Nobody leads Port Merrow now."), CRANE])
    (hit,) = await memory.recall(SCOPE, "Who has an office at the pier?", k=1, recipe="lexical")
    assert hit.kind is Node.CLAIM
    assert hit.parts["claim"] == pytest.approx(-hit.parts["lexical"] / 2)


async def test_erasing_a_user_leaves_the_rest(memory: LongTermMemory) -> None:
    ann = Scope("acme", "ann")
    await memory.ingest(SCOPE, [RATES])
    await memory.ingest(ann, [PORT])
    await memory.erase(ann)
    assert {hit.uri for hit in await memory.recall(ann, "harbour berth fee")} == {RATES.uri}
    assert (await memory.ingest(ann, [PORT])).added == 1
