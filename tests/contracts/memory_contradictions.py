"""What every `MemoryGraph` must do with contradictions: who is told of them, what settles them, what they rest on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from stemma.memory.contradictions.model import Resolution
from stemma.memory.contradictions.ruling import Ruling
from stemma.memory.errors import AlreadyResolved, AlreadyTakenBack, MemoryFailure, UnknownItem
from stemma.memory.ingest.entities import entity_id
from stemma.memory.model import Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.contradictory_claims import BERTHS, MORE_BERTHS, claim_of, conflict_of, going_on, stating, two
from tests.contracts.memory_bundles import START, answer_bundle, decision, make_claim, new_scope, put


async def check_a_contradiction_is_read_back_whole(graph: MemoryGraph) -> None:
    scope = new_scope()
    conflict = replace(conflict_of(scope, *await two(graph, scope)), about="berths of Port Merrow", ours='1"4')
    assert await graph.put_conflicts([conflict]) == [conflict.id]
    assert await graph.conflict(scope, conflict.id) == conflict
    assert (await graph.statistics(scope)).by_relation[Relation.CONTRADICTS] == 1
    assert await graph.put_conflicts([replace(conflict, ours="15")]) == []
    assert await graph.conflict(scope, conflict.id) == conflict


async def check_contradictions_are_listed_the_last_found_first(graph: MemoryGraph) -> None:
    scope = new_scope()
    assert (await graph.conflicts(scope, open_only=False, limit=5)).total == 0
    older = stating(scope, BERTHS)
    others = [stating(scope, f"Port Merrow has {n} berths for ferries.", hour=n) for n in (20, 30, 40)]
    await put(graph, older, *others)
    made = [conflict_of(scope, one, older, at=START + timedelta(days=n)) for n, one in enumerate(others)]
    assert set(await graph.put_conflicts(made)) == {one.id for one in made}
    page = await graph.conflicts(scope, open_only=True, limit=2)
    assert (list(page.conflicts), page.total) == (made[:0:-1], 3)
    rest = await graph.conflicts(scope, open_only=False, limit=2, offset=2)
    assert (list(rest.conflicts), rest.total) == (made[:1], 3)
    beyond = await graph.conflicts(scope, open_only=False, limit=2, offset=9)
    assert (list(beyond.conflicts), beyond.total) == ([], 3)


async def check_nobody_hears_of_what_they_cannot_see(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann, bob = Scope(everyone.tenant, "ann"), Scope(everyone.tenant, "bob")
    newer, older = await two(graph, everyone, ann)
    theirs = stating(bob, "Port Merrow has 99 berths for ferries.", hour=2)
    await put(graph, theirs)
    told = conflict_of(ann, newer, older)
    hidden = [conflict_of(everyone, newer, older), conflict_of(ann, theirs, older), conflict_of(ann, theirs, newer)]
    assert await graph.put_conflicts(hidden) == []
    assert await graph.put_conflicts([told]) == [told.id]
    for stranger in (everyone, bob, new_scope("ann")):
        assert (await graph.conflicts(stranger, open_only=False, limit=9)).total == 0
        assert (await graph.statistics(stranger)).by_relation[Relation.CONTRADICTS] == 0
        assert await _is_unknown(graph, stranger, told.id)
        details = await graph.details(stranger, [older.passages[0].id], [claim_of(older).id])
        assert details.contradicted == {}
    details = await graph.details(Scope(everyone.tenant, "ann", "a"), [older.passages[0].id], [])
    assert details.contradicted == {older.passages[0].id: (claim_of(newer).id,)}


async def _is_unknown(graph: MemoryGraph, scope: Scope, conflict_id: str) -> bool:
    try:
        await graph.conflict(scope, conflict_id)
    except UnknownItem:
        return True
    return False


async def check_hits_are_told_what_contradicts_them(graph: MemoryGraph) -> None:
    scope = new_scope()
    newer, older = await two(graph, scope)
    other = stating(scope, "Port Calder has 3 cranes for timber.")
    await put(graph, other)
    conflict = conflict_of(scope, newer, older)
    await graph.put_conflicts([conflict])
    passages = [bundle.passages[0].id for bundle in (newer, older, other)]
    both = {
        newer.passages[0].id: (claim_of(older).id,),
        older.passages[0].id: (claim_of(newer).id,),
        claim_of(newer).id: (claim_of(older).id,),
    }
    found = await graph.details(scope, passages, [claim_of(newer).id])
    assert found.contradicted == both
    effect = await graph.take_back(scope, decision(scope, claim_of(newer).id, quarantine=True))
    assert effect.retraction
    apart = await graph.details(scope, passages, [])
    assert apart.contradicted == {newer.passages[0].id: (claim_of(older).id,)}
    await graph.give_back(scope, effect.retraction.id, actor="ann", at=START)
    assert (await graph.details(scope, passages, [claim_of(newer).id])).contradicted == both
    both_hold = replace(conflict, resolution=Resolution.BOTH_HOLD)
    await graph.rule(scope, Ruling(conflict, both_hold, "ann", START))
    assert (await graph.details(scope, passages, [])).contradicted == {}


async def check_a_resolution_is_kept(graph: MemoryGraph) -> None:
    scope = new_scope()
    conflict = conflict_of(scope, *await two(graph, scope))
    resolved = replace(
        conflict,
        resolution=Resolution.KEEP_NEWER,
        resolved_by="ann",
        resolved_at=START + timedelta(days=2),
        reason="measured anew",
        decision="d1",
    )
    ruling = Ruling(conflict, resolved, "ann", START)
    assert await _refused(graph, scope, ruling) is UnknownItem
    await graph.put_conflicts([conflict])
    await graph.rule(scope, ruling)
    assert await graph.put_conflicts([conflict]) == []
    assert await graph.conflict(scope, conflict.id) == resolved
    assert (await graph.conflicts(scope, open_only=True, limit=9)).total == 0
    assert list((await graph.conflicts(scope, open_only=False, limit=9)).conflicts) == [resolved]
    assert await _refused(graph, new_scope(), Ruling(resolved, conflict, "eve", START)) is UnknownItem


async def check_a_ruling_is_carried_out_whole_or_not_at_all(graph: MemoryGraph) -> None:
    scope = new_scope()
    newer, older = await two(graph, scope)
    found = conflict_of(scope, newer, older)
    await graph.put_conflicts([found])
    apart = decision(scope, claim_of(newer).id, quarantine=True)
    held = replace(found, decision=apart.id)
    await graph.rule(scope, Ruling(found, held, "policy", START, taken_back=apart))
    gone = decision(scope, claim_of(newer).id)
    kept = replace(held, resolution=Resolution.KEEP_OLDER, resolved_by="ann", resolved_at=START, decision=gone.id)
    revision = await graph.revision(scope)
    for broken, why in (
        (Ruling(held, kept, "ann", START, taken_back=gone, given_back="nothing"), UnknownItem),
        (Ruling(held, kept, "ann", START, taken_back=apart, superseded=True), AlreadyTakenBack),
        (Ruling(found, kept, "ann", START, taken_back=gone), AlreadyResolved),
    ):
        assert await _refused(graph, scope, broken) is why
    [claim] = await graph.claims(scope, [claim_of(newer).id])
    assert (claim.quarantined, claim.withdrawn, await graph.conflict(scope, found.id)) == (True, False, held)
    assert await graph.revision(scope) == revision
    ruling = Ruling(held, kept, "ann", START, taken_back=gone, given_back=apart.id)
    both = await asyncio.gather(*(_refused(graph, scope, ruling) for _ in range(2)))
    assert sorted(both, key=str) == [AlreadyResolved, None]
    [claim] = await graph.claims(scope, [claim_of(newer).id])
    assert (claim.quarantined, claim.withdrawn, await graph.conflict(scope, found.id)) == (False, True, kept)
    assert [one.id for one in (await graph.list_retractions(scope, open_only=True, limit=9))[0]] == [gone.id]


async def check_a_ruling_supersedes(graph: MemoryGraph) -> None:
    scope = new_scope()
    newer, older = await two(graph, scope)
    found = conflict_of(scope, newer, older)
    await graph.put_conflicts([found])
    apart = decision(scope, claim_of(newer).id, quarantine=True)
    await graph.take_back(scope, apart)
    await graph.give_back(scope, apart.id, actor="bob", at=START)
    kept = replace(found, resolution=Resolution.KEEP_NEWER, resolved_by="ann", resolved_at=START)
    await graph.rule(scope, Ruling(found, kept, "ann", START, superseded=True, given_back=apart.id))
    [above, below] = await graph.claims(scope, [found.claim_id, found.other_id])
    assert (above.recallable, below.supported, below.recallable) == (True, True, False)
    assert (await graph.retraction(scope, apart.id)).lifted_by == "bob"


async def _refused(graph: MemoryGraph, scope: Scope, ruling: Ruling) -> type[MemoryFailure] | None:
    try:
        await graph.rule(scope, ruling)
    except MemoryFailure as failure:
        return type(failure)
    return None


async def check_a_withdrawal_settles_and_a_quarantine_does_not(graph: MemoryGraph) -> None:
    scope = new_scope()
    newer, older = await two(graph, scope)
    await graph.put_conflicts([conflict_of(scope, newer, older)])
    apart = await graph.take_back(scope, decision(scope, claim_of(newer).id, quarantine=True))
    assert (await graph.conflicts(scope, open_only=True, limit=9)).total == 1
    gone = await graph.take_back(scope, decision(scope, older.source.id))
    assert (await graph.conflicts(scope, open_only=True, limit=9)).total == 0
    assert apart.retraction
    assert gone.retraction
    await graph.give_back(scope, gone.retraction.id, actor="ann", at=START)
    assert (await graph.conflicts(scope, open_only=True, limit=9)).total == 1
    await graph.give_back(scope, apart.retraction.id, actor="ann", at=START)
    await graph.supersede(scope, claim_of(newer).id, claim_of(older).id)
    assert (await graph.conflicts(scope, open_only=True, limit=9)).total == 0
    assert (await graph.conflicts(scope, open_only=False, limit=9)).total == 1


async def check_a_sweep_sees_its_own_current_claims_by_id(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    said = [stating(scope, f"Port Merrow leased pier {n} to Harrow Dock.", hour=n) for n in range(5)]
    others = stating(Scope(scope.tenant), BERTHS), stating(Scope(scope.tenant, "bob"), MORE_BERTHS)
    await put(graph, *said, *others)
    await graph.take_back(scope, decision(scope, said[0].source.id))
    await graph.supersede(scope, claim_of(said[2]).id, claim_of(said[1]).id)
    expected = sorted(claim_of(one).id for one in said[2:])
    first = await graph.claims_after(scope, "", 2)
    rest = await graph.claims_after(scope, first[-1].id, 9)
    assert [claim.id for claim in (*first, *rest)] == expected
    one = next(claim for claim in (*first, *rest) if claim.id == claim_of(said[3]).id)
    assert one.text == claim_of(said[3]).text
    assert (one.audience, one.recorded_at) == (scope.audience, claim_of(said[3]).recorded_at)
    assert tuple(one.entities) == ("Harrow Dock", "Port Merrow")


async def check_claims_about_a_thing_are_bounded_and_seen(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann, bob = Scope(everyone.tenant, "ann"), Scope(everyone.tenant, "bob")
    wide, own, theirs = stating(everyone, BERTHS), stating(ann, MORE_BERTHS), stating(bob, BERTHS)
    gone = stating(ann, "Port Merrow has no berths for ferries.")
    await put(graph, wide, own, theirs, gone)
    await graph.take_back(ann, decision(ann, claim_of(gone).id))
    ids = [entity_id(scope, "Port Merrow") for scope in (everyone, ann, bob)]
    found = await graph.claims_about(ann, [*ids, "unknown"], 9)
    assert {key: [claim.text for claim in some] for key, some in found.items()} == {
        ids[0]: [BERTHS],
        ids[1]: [MORE_BERTHS],
    }
    await put(graph, *(stating(ann, f"Port Merrow has {n} cranes for timber.", hour=n) for n in range(6)))
    bounded = await graph.claims_about(ann, ids[1:2], 3)
    assert len(bounded[ids[1]]) == len({claim.id for claim in bounded[ids[1]]}) == 3
    assert await graph.claims_about(ann, [], 3) == {}


async def check_equal_words_about_two_things_are_two_claims(graph: MemoryGraph) -> None:
    """Each comes with what it is about, and falls with its own document only."""
    scope, text = new_scope(), "It has 12 berths for ferries."
    one, other = (going_on(scope, name, text) for name in ("Port Merrow", "Port Calder"))
    await put(graph, one, other)
    swept = await graph.claims_after(scope, "", 9)
    assert {(claim.subject, *claim.entities) for claim in swept} == {("Port Merrow",) * 2, ("Port Calder",) * 2}
    about = [entity_id(scope, name) for name in ("Port Merrow", "Port Calder")]
    found = await graph.claims_about(scope, about, 9)
    said = ["Port Merrow has 12 berths for ferries.", "Port Calder has 12 berths for ferries."]
    assert [claim.said for key in about for claim in found[key]] == said
    await graph.take_back(scope, decision(scope, one.source.id))
    assert [claim.id for claim in await graph.claims_after(scope, "", 9)] == [claim_of(other).id]


async def check_backing_is_the_sources_at_the_end(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann = Scope(everyone.tenant, "ann")
    one, two_ = stating(everyone, BERTHS, trust=0.25), stating(everyone, BERTHS, uri="elsewhere", hour=1)
    private = stating(ann, "Port Merrow was full in May.")
    await put(graph, one, two_, private)
    middle, last = make_claim(ann, "Port Merrow is small."), make_claim(ann, "Port Merrow is smaller than Calder.")
    await graph.put_answer(answer_bundle(ann, "first", [middle], [claim_of(one).id]))
    await graph.put_answer(answer_bundle(ann, "second", [last], [middle.id, private.passages[0].id]))
    asked = [claim_of(one).id, middle.id, last.id]
    both = sorted([one.source.id, two_.source.id])
    expected = {asked[0]: both, asked[1]: both, asked[2]: sorted([*both, private.source.id])}
    assert await _backings(graph, ann, asked) == expected
    assert await _backings(graph, everyone, asked) == {asked[0]: both}
    [trusted] = {row.source.trust for row in await graph.backings(ann, asked) if row.source.id == one.source.id}
    assert trusted == 0.25
    await graph.take_back(everyone, decision(everyone, two_.source.id))
    assert await _backings(graph, ann, [middle.id]) == {middle.id: [one.source.id]}
    assert await graph.backings(ann, []) == []


async def _backings(graph: MemoryGraph, scope: Scope, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await graph.backings(scope, ids):
        found.setdefault(row.claim_id, []).append(row.source.id)
    return found


async def check_erasing_takes_contradictions_along(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann = Scope(everyone.tenant, "ann")
    newer, older = await two(graph, everyone, ann)
    again = stating(everyone, "Port Merrow has 16 berths for ferries.", hour=3)
    await put(graph, again)
    made = [conflict_of(ann, newer, older), conflict_of(ann, again, older), conflict_of(everyone, again, older)]
    wide = replace(made[2], id="wide")
    assert len(await graph.put_conflicts([made[0], made[1], wide])) == 3
    await graph.erase(ann)
    assert [one.id for one in (await graph.conflicts(ann, open_only=False, limit=9)).conflicts] == ["wide"]
    await graph.erase(everyone)
    assert (await graph.conflicts(ann, open_only=False, limit=9)).total == 0


CHECKS: list[Callable[[MemoryGraph], Awaitable[None]]] = [
    check_a_contradiction_is_read_back_whole,
    check_contradictions_are_listed_the_last_found_first,
    check_nobody_hears_of_what_they_cannot_see,
    check_hits_are_told_what_contradicts_them,
    check_a_resolution_is_kept,
    check_a_ruling_is_carried_out_whole_or_not_at_all,
    check_a_ruling_supersedes,
    check_a_withdrawal_settles_and_a_quarantine_does_not,
    check_a_sweep_sees_its_own_current_claims_by_id,
    check_claims_about_a_thing_are_bounded_and_seen,
    check_equal_words_about_two_things_are_two_claims,
    check_backing_is_the_sources_at_the_end,
    check_erasing_takes_contradictions_along,
]
