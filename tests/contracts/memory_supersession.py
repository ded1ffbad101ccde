"""What stands in another's place: claims that supersede claims, versions that replace versions, and what goes stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import SupersedesNewer
from stemma.memory.lineage.model import Standing
from stemma.memory.model import Answer, Claim, Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    answer_bundle,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    newest,
    put,
    source_bundle,
    vector,
)
from tests.contracts.memory_changes import changed_since
from tests.contracts.memory_standing import IN, OUT, STALE, SUPERSEDED, changes, flags, given, snapshot, taken


async def learn(graph: MemoryGraph, scope: Scope, text: str, *antecedents: str, hour: int = 1) -> tuple[Claim, Answer]:
    """A claim recorded at that hour on these antecedents together, and the answer that stated it."""
    claim = make_claim(scope, text)
    claim = replace(claim, recorded_at=claim.recorded_at + timedelta(hours=hour))
    learned = answer_bundle(scope, f"{text} {hour}", [claim], antecedents)
    assert await graph.put_answer(learned)
    return claim, learned.answer


async def versions(graph: MemoryGraph, scope: Scope, count: int, *, first: int = 1) -> list[SourceBundle]:
    """So many versions of one source, each stored after the one before it."""
    found: list[SourceBundle] = []
    for number in range(first, first + count):
        before = await newest(graph, scope, "u:v")
        found.append(
            source_bundle(scope, "u:v", [f"version {number}"], version=number, replaces=before.id if before else None)
        )
        await put(graph, found[-1])
    return found


async def check_a_superseded_claim_is_not_recalled_but_supports(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground one", "ground two"])
    await put(graph, ground)
    one, two = (passage.id for passage in ground.passages)
    older, answer = await learn(graph, scope, "claim old", one)
    above, stale = await learn(graph, scope, "claim above", older.id, hour=2)
    newer, _ = await learn(graph, scope, "claim new", two, hour=3)
    before, revision = await snapshot(graph, scope), await graph.revision(scope)
    effect = await graph.supersede(scope, newer.id, older.id)
    assert (effect.hidden, effect.retraction) == (0, None)
    answered = (IN, STALE)
    assert changes(effect) == {
        older.id: (IN, SUPERSEDED),
        above.id: (IN, STALE),
        answer.id: answered,
        stale.id: answered,
    }
    assert await flags(graph, scope, older, above, newer, answer, stale) == [SUPERSEDED, STALE, IN, STALE, STALE]
    assert set(await found_by_text(graph, scope, "claim")) == {above.id, newer.id}
    assert older.id not in await found_by_vector(graph, scope, vector(older.text))
    assert (await changed_since(graph, scope, revision))[older.id] is False
    listed = await graph.items(scope, Node.CLAIM, limit=9, standing=Standing.STALE)
    assert [item.id for item in listed.items] == [above.id]
    listed = await graph.items(scope, Node.ANSWER, limit=9, standing=Standing.STALE)
    assert {item.id for item in listed.items} == {answer.id, stale.id}
    assert (await graph.statistics(scope)).by_relation[Relation.SUPERSEDES] == 1
    decided = await taken(graph, scope, newer.id)
    assert await flags(graph, scope, older, above, newer, answer, stale) == [IN, IN, OUT, IN, IN]
    await given(graph, scope, decided)
    assert await flags(graph, scope, older, above) == [SUPERSEDED, STALE]
    assert (await snapshot(graph, scope))[0].keys() == before[0].keys()


async def check_supersession_again_changes_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    older, _ = await learn(graph, scope, "claim old", ground.passages[0].id)
    newer, _ = await learn(graph, scope, "claim new", ground.passages[0].id, hour=2)
    await graph.supersede(scope, newer.id, older.id)
    before = await snapshot(graph, scope)
    effect = await graph.supersede(scope, newer.id, older.id)
    assert (list(effect.affected), effect.hidden, effect.retraction) == ([], 0, None)
    assert await snapshot(graph, scope) == before
    assert (await graph.statistics(scope)).by_relation[Relation.SUPERSEDES] == 1


async def check_only_older_claims_are_superseded(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    older, _ = await learn(graph, scope, "claim old", ground.passages[0].id)
    twin, _ = await learn(graph, scope, "claim twin", ground.passages[0].id)
    newer, _ = await learn(graph, scope, "claim new", ground.passages[0].id, hour=2)
    before = await snapshot(graph, scope)
    for one, other in ((older, newer), (older, twin), (older, older)):
        for dry_run in (True, False):
            with pytest.raises(SupersedesNewer):
                await graph.supersede(scope, one.id, other.id, dry_run=dry_run)
    assert await snapshot(graph, scope) == before


async def check_a_correction_is_not_stale(graph: MemoryGraph) -> None:
    """It was derived from the claim that it corrects, which goes on supporting it."""
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    older, _ = await learn(graph, scope, "claim old", ground.passages[0].id)
    newer, _ = await learn(graph, scope, "claim new", older.id, hour=2)
    await graph.supersede(scope, newer.id, older.id)
    assert await flags(graph, scope, older, newer) == [SUPERSEDED, IN]
    await taken(graph, scope, older.id)
    assert await flags(graph, scope, older, newer) == [OUT, OUT]


async def check_supersession_goes_one_step(graph: MemoryGraph) -> None:
    """A is current again when B, which supersedes it, is taken back, though C supersedes B."""
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    one, two, three = [(await learn(graph, scope, f"claim {n}", ground.passages[0].id, hour=n))[0] for n in range(1, 4)]
    await graph.supersede(scope, two.id, one.id)
    await graph.supersede(scope, three.id, two.id)
    assert await flags(graph, scope, one, two, three) == [SUPERSEDED, SUPERSEDED, IN]
    decided = await taken(graph, scope, two.id)
    assert await flags(graph, scope, one, two, three) == [IN, OUT, IN]
    await given(graph, scope, decided)
    await taken(graph, scope, three.id)
    assert await flags(graph, scope, one, two, three) == [SUPERSEDED, IN, OUT]


async def check_fresh_support_keeps_a_claim_from_staleness(graph: MemoryGraph) -> None:
    scope = new_scope()
    old, new = await versions(graph, scope, 2)
    both, _ = await learn(graph, scope, "claim both", old.passages[0].id)
    assert await flags(graph, scope, both) == [STALE]
    await graph.put_answer(answer_bundle(scope, "fresh", [both], [new.passages[0].id]))
    assert await flags(graph, scope, both) == [IN]
    decided = await taken(graph, scope, new.source.id)
    assert await flags(graph, scope, both) == [IN]
    await given(graph, scope, decided)
    await taken(graph, scope, old.source.id)
    assert await flags(graph, scope, both) == [IN]


async def check_staleness_goes_up(graph: MemoryGraph) -> None:
    """What rests on a replaced version is stale with all above it, and fresh when the old version is back."""
    scope = new_scope()
    (old,) = await versions(graph, scope, 1)
    lower, answer = await learn(graph, scope, "claim lower", old.passages[0].id)
    upper, above = await learn(graph, scope, "claim upper", lower.id, hour=2)
    revision = await graph.revision(scope)
    (new,) = await versions(graph, scope, 1, first=2)
    assert await flags(graph, scope, lower, answer, upper, above) == [STALE] * 4
    assert await flags(graph, scope, old.passages[0], new.passages[0]) == [SUPERSEDED, IN]
    assert set(await found_by_text(graph, scope, "claim", "version")) == {lower.id, upper.id, new.passages[0].id}
    assert (await changed_since(graph, scope, revision))[old.passages[0].id] is False
    stale = await graph.items(scope, Node.SOURCE, limit=9, standing=Standing.STALE)
    assert list(stale.items) == [replace(old.source, replaced=True)]
    decided = await taken(graph, scope, new.source.id)
    assert await flags(graph, scope, old.source, old.passages[0], lower, answer, upper, above) == [IN] * 6
    assert (await graph.items(scope, Node.SOURCE, limit=9, standing=Standing.STALE)).total == 0
    await given(graph, scope, decided)
    assert await flags(graph, scope, lower, answer, upper, above) == [STALE] * 4


async def check_any_supported_newer_version_replaces(graph: MemoryGraph) -> None:
    """Not only the next one: with versions 1 to 3, taking 2 back leaves 1 replaced by 3."""
    scope = new_scope()
    one, two, three = await versions(graph, scope, 3)
    sources = [bundle.source for bundle in (one, two, three)]
    passages = [bundle.passages[0] for bundle in (one, two, three)]
    second = await taken(graph, scope, two.source.id)
    assert await flags(graph, scope, *sources) == [SUPERSEDED, OUT, IN]
    third = await taken(graph, scope, three.source.id)
    assert await flags(graph, scope, *sources, *passages) == [IN, OUT, OUT] * 2
    assert await found_by_text(graph, scope, "version") == [passages[0].id]
    await given(graph, scope, second)
    assert await flags(graph, scope, *sources) == [SUPERSEDED, IN, OUT]
    assert await newest(graph, scope, "u:v") == replace(three.source, supported=False, withdrawn=True)
    (four,) = await versions(graph, scope, 1, first=4)
    assert await flags(graph, scope, *sources, four.source) == [SUPERSEDED, SUPERSEDED, OUT, IN]
    await given(graph, scope, third)
    assert await flags(graph, scope, *sources, four.source) == [SUPERSEDED] * 3 + [IN]


async def check_a_withdrawn_version_stays_replaced(graph: MemoryGraph) -> None:
    scope = new_scope()
    (old,) = await versions(graph, scope, 1)
    decided = await taken(graph, scope, old.source.id)
    (new,) = await versions(graph, scope, 1, first=2)
    assert await graph.sources(scope, [old.source.id]) == [
        replace(old.source, supported=False, withdrawn=True, replaced=True)
    ]
    await given(graph, scope, decided)
    assert await graph.sources(scope, [old.source.id]) == [replace(old.source, replaced=True)]
    assert await found_by_text(graph, scope, "version") == [new.passages[0].id]


async def check_each_scope_has_versions_of_its_own(graph: MemoryGraph) -> None:
    """A new version replaces under its own scope alone, whatever else is worked out with it."""
    tenant = new_scope().tenant
    everyone, ann = Scope(tenant), Scope(tenant, "ann")
    (shared,) = await versions(graph, everyone, 1)
    old, new = await versions(graph, ann, 2)
    claim, _ = await learn(graph, ann, "claim", shared.passages[0].id, old.passages[0].id)
    sources = (shared.source, old.source, new.source)
    assert await flags(graph, ann, *sources, claim) == [IN, SUPERSEDED, IN, STALE]
    decided = await taken(graph, everyone, shared.source.id)
    assert await flags(graph, ann, *sources, claim) == [OUT, SUPERSEDED, IN, OUT]
    await given(graph, everyone, decided)
    await taken(graph, ann, new.source.id)
    assert await flags(graph, ann, *sources, claim) == [IN, IN, OUT, IN]
