"""Contradictions from ingestion to resolution, through `LongTermMemory`, on the fake and on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from stemma.memory.contradictions.model import POLICY_ACTOR, RULES, Policy, Resolution, SweepProgress, Weighed
from stemma.memory.contradictions.ports import ContradictionJudge
from stemma.memory.errors import AlreadyResolved, WiderItem
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.lineage.model import RetractionKind
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Hit, Node, Relation, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
ANN = Scope("acme", "ann")
BOB = Scope("acme", "bob")
OLD = Document("file:/old.md", "Old", "In brief: The harbour master of Port Merrow is Ida Vole. The quay is long.")
NEW = Document("file:/new.md", "New", "The harbour master of Port Merrow is Tomas Reyl. Ships come at night.")
COPY = Document("file:/copy.md", "Copy", "The harbour master of Port Merrow is Ida Vole. Boats come by day.")
CRANES = Document("file:/cranes.md", "Cranes", "Port Merrow has 12 cranes. The harbour of Port Merrow opened in 1911.")


class Opener(Protocol):
    async def __call__(
        self, policy: Policy = Policy.FLAG, judge: ContradictionJudge | None = None
    ) -> LongTermMemory: ...


@pytest.fixture(params=["fake", "sqlite"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opener]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with AsyncExitStack() as stack:

        async def open_one(policy: Policy = Policy.FLAG, judge: ContradictionJudge | None = None) -> LongTermMemory:
            settings = MemorySettings(embedder="hashing", contradictions=policy)
            return await stack.enter_async_context(await open_memory(settings, url=url, judge=judge))

        yield open_one


async def only(memory: LongTermMemory, scope: Scope = SCOPE, *, open_only: bool = True) -> Weighed:
    [weighed], total = await memory.contradictions.page(scope, open_only=open_only)
    assert total == 1
    return weighed


async def hits(memory: LongTermMemory, scope: Scope = SCOPE) -> dict[str, Hit]:
    found = await memory.recall(scope, "harbour master of Port Merrow", k=9, recipe="lexical")
    return {hit.uri: hit for hit in found}


async def test_a_contradiction_is_noticed_when_it_is_written(opened: Opener) -> None:
    memory = await opened()
    assert (await memory.ingest(SCOPE, [OLD, CRANES])).contradictions == 0
    assert (await memory.ingest(SCOPE, [NEW])).contradictions == 1
    weighed = await only(memory)
    assert (weighed.claim.text, weighed.other.text) == (
        "The harbour master of Port Merrow is Tomas Reyl.",
        "In brief: The harbour master of Port Merrow is Ida Vole.",
    )
    conflict = weighed.conflict
    assert (conflict.slot, conflict.ours, conflict.theirs) == ("name", "Tomas Reyl", "Ida Vole")
    assert (conflict.our_quote, conflict.their_quote) == (weighed.claim.text, weighed.other.text)
    assert (conflict.detector, conflict.resolution) == (RULES, Resolution.OPEN)
    found = await hits(memory)
    assert found[NEW.uri].contradicted_by == (weighed.other.id,)
    assert found[OLD.uri].contradicted_by == (weighed.claim.id,)
    assert found[CRANES.uri].contradicted_by == ()
    assert (await memory.statistics(SCOPE)).by_relation[Relation.CONTRADICTS] == 1


async def test_a_new_version_contradicts_nobody(opened: Opener) -> None:
    memory = await opened()
    await memory.ingest(SCOPE, [OLD])
    revised = Document(OLD.uri, OLD.title, NEW.text)
    assert (await memory.ingest(SCOPE, [revised])).contradictions == 0
    assert (await memory.contradictions.sweep(SCOPE)).found == 0


async def test_the_side_with_more_sources_is_named_and_then_the_newer(opened: Opener) -> None:
    memory = await opened()
    await memory.ingest(SCOPE, [COPY])
    await memory.ingest(SCOPE, [NEW])
    weighed = await only(memory)
    assert weighed.preferred.claim_id == weighed.claim.id
    assert weighed.preferred.reason == "each rests on 1 independent source; it was recorded later"
    other = Document("file:/third.md", "Third", f"{weighed.other.text} Nobody else is.")
    await memory.ingest(SCOPE, [other])
    weighed = await only(memory)
    assert weighed.preferred.claim_id == weighed.other.id
    assert weighed.preferred.reason == "2 independent sources against 1 independent source"


async def test_quarantine_sets_the_newcomer_apart_until_somebody_looks(opened: Opener) -> None:
    memory = await opened(Policy.QUARANTINE)
    await memory.ingest(SCOPE, [OLD])
    await memory.ingest(SCOPE, [NEW])
    weighed = await only(memory)
    assert weighed.claim.quarantined
    assert not weighed.other.quarantined
    [decision], _ = await memory.retractions(SCOPE)
    assert (decision.id, decision.kind) == (weighed.conflict.decision, RetractionKind.QUARANTINE)
    assert (decision.actor, decision.withdraws) == (POLICY_ACTOR, weighed.claim.id)
    assert "'Tomas Reyl', not 'Ida Vole'" in decision.reason
    found = await hits(memory)
    assert found[NEW.uri].contradicted_by == (weighed.other.id,)
    assert found[OLD.uri].contradicted_by == ()
    after = await memory.contradictions.resolve(SCOPE, weighed.conflict.id, Resolution.BOTH_HOLD, actor="ann")
    assert not after.claim.quarantined
    assert after.claim.recallable
    assert {hit.contradicted_by for hit in (await hits(memory)).values()} == {()}


async def test_supersede_prefers_the_newer_where_it_has_no_less_for_it(opened: Opener) -> None:
    memory = await opened(Policy.SUPERSEDE)
    await memory.ingest(SCOPE, [OLD])
    await memory.ingest(SCOPE, [NEW])
    weighed = await only(memory, open_only=False)
    assert weighed.conflict.resolution is Resolution.KEEP_NEWER
    assert weighed.conflict.resolved_by == POLICY_ACTOR
    assert weighed.other.supported
    assert not weighed.other.recallable
    assert (await hits(memory))[OLD.uri].contradicted_by == (weighed.claim.id,)
    third = Document("file:/third.md", "Third", "The harbour master of Port Merrow is Eva Lind.")
    await memory.ingest(SCOPE, [Document("file:/b.md", "B", f"{weighed.claim.text} So it is."), third])
    assert (await only(memory)).other.id == weighed.claim.id


async def test_what_came_together_is_only_flagged(opened: Opener) -> None:
    memory = await opened(Policy.QUARANTINE)
    text = "The harbour master of Port Merrow is Ida Vole. The harbour master of Port Merrow is Tomas Reyl."
    assert (await memory.ingest(SCOPE, [Document("file:/one.md", "One", text)])).contradictions == 1
    weighed = await only(memory)
    assert not weighed.claim.quarantined
    assert weighed.preferred.claim_id == ""
    done = await memory.contradictions.resolve(SCOPE, weighed.conflict.id, Resolution.KEEP_NEWER, actor="ann")
    assert done.other.withdrawn
    assert done.conflict.decision


async def test_keeping_the_older_withdraws_the_newer_and_can_be_given_back(opened: Opener) -> None:
    memory = await opened(Policy.QUARANTINE)
    await memory.ingest(SCOPE, [OLD])
    await memory.ingest(SCOPE, [NEW])
    which = (await only(memory)).conflict.id
    done = await memory.contradictions.resolve(SCOPE, which, Resolution.KEEP_OLDER, actor="ann", reason="asked Ida")
    assert done.claim.withdrawn
    assert not done.claim.quarantined
    assert (done.conflict.resolved_by, done.conflict.reason) == ("ann", "asked Ida")
    with pytest.raises(AlreadyResolved):
        await memory.contradictions.resolve(SCOPE, which, Resolution.KEEP_NEWER, actor="bob")
    await memory.restore(SCOPE, done.conflict.decision, actor="bob")
    assert (await memory.contradictions.one(SCOPE, which)).claim.recallable
    with pytest.raises(ValueError, match="keep-older"):
        await memory.contradictions.resolve(SCOPE, which, Resolution.OPEN, actor="bob")


async def test_keeping_the_newer_lets_it_stand_in_the_older_ones_place(opened: Opener) -> None:
    memory = await opened(Policy.QUARANTINE)
    await memory.ingest(SCOPE, [OLD])
    await memory.ingest(SCOPE, [NEW])
    which = (await only(memory)).conflict.id
    await memory.contradictions.resolve(SCOPE, which, Resolution.BOTH_HOLD, actor="ann")
    assert (await memory.contradictions.sweep(SCOPE)).found == 0
    assert (await memory.contradictions.page(SCOPE, open_only=True))[1] == 0
    done = await memory.contradictions.resolve(SCOPE, which, Resolution.KEEP_NEWER, actor="ann")
    assert done.claim.recallable
    assert not done.other.recallable
    assert done.other.supported


async def test_a_sweep_finds_what_was_not_looked_for_and_goes_on_where_it_stopped(opened: Opener) -> None:
    memory = await opened(Policy.OFF)
    assert (await memory.ingest(SCOPE, [OLD, NEW, COPY, CRANES])).contradictions == 0
    seen: list[SweepProgress] = []
    first = await memory.contradictions.sweep(SCOPE, most=2, on_progress=seen.append)
    assert first.claims == 2
    assert first.after
    rest = await memory.contradictions.sweep(SCOPE, after=first.after, on_progress=seen.append)
    claims = (await memory.items(SCOPE, Node.CLAIM)).total
    assert (first.claims + rest.claims, rest.after) == (claims, "")
    assert first.found + rest.found == 2
    assert seen[-1] == rest
    assert (await memory.contradictions.sweep(SCOPE)).found == 0


async def test_users_never_hear_of_each_other(opened: Opener) -> None:
    memory = await opened()
    await memory.ingest(ANN, [OLD])
    assert (await memory.ingest(BOB, [NEW])).contradictions == 0
    assert (await memory.ingest(SCOPE, [COPY])).contradictions == 0
    assert (await memory.contradictions.sweep(ANN)).found == 0
    assert (await memory.contradictions.sweep(BOB)).found == 1
    weighed = await only(memory, BOB)
    assert weighed.conflict.scope == BOB
    for stranger in (SCOPE, ANN):
        assert (await memory.contradictions.page(stranger))[1] == 0
        assert {hit.contradicted_by for hit in (await hits(memory, stranger)).values()} == {()}
    with pytest.raises(WiderItem):
        await memory.contradictions.resolve(BOB, weighed.conflict.id, Resolution.KEEP_OLDER, actor="bob")
    after = await memory.contradictions.one(BOB, weighed.conflict.id)
    assert after.conflict.resolution is Resolution.OPEN


async def test_what_an_agent_learns_is_compared_too(opened: Opener) -> None:
    memory = await opened()
    await memory.ingest(SCOPE, [OLD, CRANES])
    cranes = next(hit for hit in await memory.recall(SCOPE, "cranes", recipe="lexical") if hit.uri == CRANES.uri)
    said = "The harbour master of Port Merrow is Eva Lind."
    answer = Answer("", SCOPE, said, "run", "thread", "c", "Who?", (await only_claim(memory)).recorded_at)
    await memory.learn(
        SCOPE, answer, [LearnedClaim(said, [Antecedent(cranes.id, "Port Merrow has 12 cranes.", 0, 26)])]
    )
    weighed = await only(memory)
    assert {weighed.claim.text, weighed.other.text} >= {said}


async def only_claim(memory: LongTermMemory) -> Claim:
    page = await memory.items(SCOPE, Node.CLAIM)
    return next(item for item in page.items if isinstance(item, Claim) and "Ida Vole" in item.text)


class Reader:
    """A judge that says of every pair it is asked about that it is one."""

    name = "test:reader"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def excluded(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        self.asked += pairs
        return [True] * len(pairs)


async def test_a_model_is_asked_where_the_rules_are_silent(opened: Opener) -> None:
    reader = Reader()
    memory = await opened(judge=reader)
    await memory.ingest(SCOPE, [Document("a", "A", "The north gate of Port Merrow is open to lorries at night.")])
    await memory.ingest(
        SCOPE, [Document("b", "B", "The north gate of Port Merrow is closed to lorries at night."), OLD]
    )
    [pair] = reader.asked
    assert {"open" in text for text in pair} == {True, False}
    conflict = (await only(memory)).conflict
    assert (conflict.slot, conflict.detector) == ("meaning", "test:reader")
