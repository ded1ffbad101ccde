"""Taking back what was ingested and learned, through `LongTermMemory`, on the fake and on SQLite.

The same over real threads and runs is in `tests/flow/answer/test_false_memo.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stemma.memory.errors import AlreadyGivenBack, AlreadyTakenBack, WiderDecision, WiderItem
from stemma.memory.learning import GROUNDEDNESS_CHECK, Antecedent, LearnedClaim
from stemma.memory.lineage.model import Direction, RetractionKind, Standing
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Passage, Scope, Source, Use
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
ANN = Scope("acme", "ann")
MEMO = Document("file:/memo.md", "Memo", "The harbour master of Port Merrow is Ida Vole.")
PORT = Document("file:/port.md", "Port Merrow", "The harbour master of Port Merrow is Tomas Reyl.")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing", extract="off"), url=url) as opened:
        yield opened


async def ingested(memory: LongTermMemory, document: Document, scope: Scope = SCOPE) -> tuple[str, str]:
    """Ids of the source and of its only passage."""
    (source,) = (await memory.ingest(scope, [document])).source_ids
    found = await memory.lineage(scope, source, Direction.DOWNSTREAM)
    (passage,) = [item.id for item in found.items.values() if isinstance(item, Passage) and item.source_id == source]
    return source, passage


async def said(
    memory: LongTermMemory, run: str, text: str, *passages: str, scope: Scope = SCOPE, hour: int = 0, bad: bool = False
) -> tuple[Claim, Answer]:
    """What a run learned: one claim on these passages together."""
    answer = Answer("", scope, text, run, f"thread of {run}", "c-1", "Who?", NOON + timedelta(hours=hour))
    answer = replace(answer, used=tuple(Use(item, n, 1.0) for n, item in enumerate(passages, start=1)))
    learned = LearnedClaim(
        text, [Antecedent(item, "harbour", 4, 11) for item in passages], quarantined=bad, reason="unsure" if bad else ""
    )
    stored = await memory.learn(scope, answer, [learned])
    page = await memory.items(scope, Node.CLAIM, limit=100)
    (claim,) = [item for item in page.items if isinstance(item, Claim) and item.text == text]
    return claim, stored


async def texts(memory: LongTermMemory) -> set[str]:
    """What is recalled about the harbour master."""
    hits = await memory.recall(SCOPE, "Who is the harbour master of Port Merrow?", k=20, recipe="hybrid")
    return {hit.text for hit in hits}


async def claimed(memory: LongTermMemory, *words: str) -> set[str]:
    """Texts of the claims that a search finds, before recall leaves out those whose evidence it shows anyway."""
    found = [hit.id for hit in await memory.graph.search_text(SCOPE, words, 20)]
    return {claim.text for claim in await memory.graph.claims(SCOPE, found)}


async def test_a_false_memo_is_withdrawn_and_given_back(memory: LongTermMemory) -> None:
    memo, passage = await ingested(memory, MEMO)
    _, port = await ingested(memory, PORT)
    false, wrong = await said(memory, "run-1", "Ida Vole signs the permits.", passage)
    _, right = await said(memory, "run-2", "Tomas Reyl signs the papers.", port)
    both, mixed = await said(memory, "run-3", "Two people sign.", passage, port)
    before = await texts(memory), await claimed(memory, "sign")
    assert before == ({MEMO.text, PORT.text}, {false.text, both.text, "Tomas Reyl signs the papers."})
    shown = await memory.retract(SCOPE, memo, reason="made up", actor="ann", dry_run=True)
    assert (await texts(memory), await claimed(memory, "sign")) == before
    done = await memory.retract(SCOPE, memo, reason="made up", actor="ann")
    assert (shown.affected, shown.hidden) == (done.affected, done.hidden)
    assert {item.id for item in done.affected} == {memo, passage, false.id, both.id, wrong.id, mixed.id}
    assert PORT.text in await texts(memory)
    assert not {MEMO.text, false.text, both.text} & await texts(memory)
    assert await claimed(memory, "sign") == {"Tomas Reyl signs the papers."}
    tainted = await memory.tainted(SCOPE)
    assert {(item.id, item.thread_id) for item in tainted.items if isinstance(item, Answer)} == {
        (wrong.id, "thread of run-1"),
        (mixed.id, "thread of run-3"),
    }
    assert right.id not in {item.id for item in tainted.items}
    assert done.retraction
    back = await memory.restore(SCOPE, done.retraction.id, actor="bob")
    assert {item.id for item in back.affected} == {item.id for item in done.affected}
    assert (await texts(memory), await claimed(memory, "sign")) == before
    assert (await memory.tainted(SCOPE)).total == 0
    (kept,), total = await memory.retractions(SCOPE)
    assert (total, kept.reason, kept.actor, kept.lifted_by) == (1, "made up", "ann", "bob")


async def test_ingesting_it_again_does_not_bring_it_back(memory: LongTermMemory) -> None:
    """The same content is the withdrawn version; other content is a version that may be believed."""
    memo, _ = await ingested(memory, MEMO)
    await memory.retract(SCOPE, memo, reason="made up", actor="ann")
    assert (await memory.ingest(SCOPE, [MEMO])).unchanged == 1
    assert await texts(memory) == set()
    corrected = replace(MEMO, text="The harbour master of Port Merrow is Tomas Reyl, not Ida Vole.")
    assert (await memory.ingest(SCOPE, [corrected])).updated == 1
    assert await texts(memory) == {corrected.text}
    page = await memory.items(SCOPE, Node.SOURCE, standing=Standing.WITHDRAWN)
    assert [item.id for item in page.items] == [memo]


async def test_withdrawing_a_new_version_brings_the_old_one_back(memory: LongTermMemory) -> None:
    _, passage = await ingested(memory, PORT)
    claim, _ = await said(memory, "run-1", "Tomas Reyl signs the papers.", passage)
    (new,) = (await memory.ingest(SCOPE, [replace(PORT, text="Nobody leads Port Merrow.")])).source_ids
    (stale,) = (await memory.items(SCOPE, Node.CLAIM, standing=Standing.STALE)).items
    assert stale.id == claim.id
    assert PORT.text not in await texts(memory)
    await memory.retract(SCOPE, new, reason="a prank", actor="ann")
    assert PORT.text in await texts(memory)
    assert (await memory.items(SCOPE, Node.CLAIM, standing=Standing.STALE)).total == 0


async def test_what_the_check_rejected_waits_for_a_person(memory: LongTermMemory) -> None:
    _, passage = await ingested(memory, PORT)
    doubted, answer = await said(memory, "run-1", "Tomas Reyl owns the port.", passage, bad=True)
    assert (doubted.quarantined, doubted.reason, answer.asserts) == (True, "unsure", ())
    assert (await memory.tainted(SCOPE)).total == 0
    (held,), _ = await memory.retractions(SCOPE, open_only=True)
    assert (held.kind, held.actor, held.withdraws) == (RetractionKind.QUARANTINE, GROUNDEDNESS_CHECK, doubted.id)
    assert (held.reason, held.scope) == ("unsure", SCOPE)
    assert await claimed(memory, "owns", "port") == set()
    await memory.restore(SCOPE, held.id, actor="ann")
    assert await claimed(memory, "owns", "port") == {doubted.text}
    assert (await memory.retractions(SCOPE, open_only=True))[1] == 0


async def test_a_correction_takes_a_claim_s_place(memory: LongTermMemory) -> None:
    _, passage = await ingested(memory, PORT)
    old, _ = await said(memory, "run-1", "The pier opens at nine.", passage)
    new, _ = await said(memory, "run-2", "The pier opens at ten.", passage, hour=1)
    effect = await memory.supersede(SCOPE, new.id, old.id)
    assert old.id in {item.id for item in effect.affected}
    assert await claimed(memory, "pier") == {new.text}
    await memory.retract(SCOPE, new.id, reason="misread", actor="ann")
    assert await claimed(memory, "pier") == {old.text}


async def test_one_person_takes_back_her_own_only(memory: LongTermMemory) -> None:
    shared, _ = await ingested(memory, PORT)
    hers, passage = await ingested(memory, MEMO, ANN)
    claim, _ = await said(memory, "run-1", "Ida Vole signs the permits.", passage, scope=ANN)
    with pytest.raises(WiderItem):
        await memory.retract(ANN, shared, reason="I do not like it", actor="ann")
    effect = await memory.retract(SCOPE, hers, reason="asked to", actor="operator")
    assert (list(effect.affected), effect.hidden) == ([], 4)
    assert effect.retraction
    assert (await memory.retractions(SCOPE))[1] == 0
    (seen,), _ = await memory.retractions(ANN)
    assert seen == effect.retraction
    (gone,) = (await memory.items(ANN, Node.CLAIM, standing=Standing.UNSUPPORTED)).items
    assert gone.id == claim.id
    with pytest.raises(WiderDecision, match="operator"):
        await memory.restore(ANN, seen.id, actor="ann")
    await memory.restore(SCOPE, seen.id, actor="operator")
    slip = (await memory.retract(ANN, hers, reason="a slip", actor="ann")).retraction
    assert slip
    await memory.restore(ANN, slip.id, actor="ann")
    source = await memory.item(ANN, hers)
    assert isinstance(source, Source)
    assert source.supported


async def test_deciding_twice_is_told(memory: LongTermMemory) -> None:
    memo, _ = await ingested(memory, MEMO)
    effect = await memory.retract(SCOPE, memo, reason="made up", actor="ann")
    with pytest.raises(AlreadyTakenBack):
        await memory.retract(SCOPE, memo, reason="made up", actor="bob")
    assert effect.retraction
    await memory.restore(SCOPE, effect.retraction.id, actor="ann")
    with pytest.raises(AlreadyGivenBack):
        await memory.restore(SCOPE, effect.retraction.id, actor="ann")
    again = await memory.retract(SCOPE, memo, reason="made up after all", actor="ann")
    assert again.retraction
    assert again.retraction.id != effect.retraction.id
    assert (await memory.retractions(SCOPE))[1] == 2


async def test_a_false_revision_does_not_take_what_it_left_as_it_was(memory: LongTermMemory) -> None:
    """A sentence that a run read in the false version stood in the true one before it, so it has two to stand on."""
    fee, master = "The berth fee is 40 euros.", "The harbour master is {}."
    before = replace(PORT, text=f"{fee} {master.format('Tomas Reyl')}")
    await memory.ingest(SCOPE, [before])
    false, passage = await ingested(memory, replace(before, text=f"{fee} {master.format('Ida Vole')}"))
    answer = Answer("", SCOPE, "…", "run-1", "thread", "c-1", "What is the fee?", NOON)
    quotes = [fee, master.format("Ida Vole")]
    learned = [LearnedClaim(quote, [Antecedent(passage, quote, 0, len(quote))]) for quote in quotes]
    await memory.learn(SCOPE, answer, learned)
    assert await claimed(memory, "berth", "harbour") == set(quotes)
    effect = await memory.retract(SCOPE, false, reason="forged", actor="ann")
    assert await claimed(memory, "berth", "harbour") == {fee}
    await memory.restore(SCOPE, effect.retraction.id if effect.retraction else "", actor="ann")
    assert await claimed(memory, "berth", "harbour") == set(quotes)
