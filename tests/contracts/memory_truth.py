"""Taking back and giving back: what rests on a falsehood alone goes out, all else stays, and everything comes back."""

from __future__ import annotations

from dataclasses import replace

from stemma.memory.lineage.model import RetractionKind, Standing
from stemma.memory.model import Node
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    answer_bundle,
    found_by_text,
    make_claim,
    new_scope,
    put,
    source_bundle,
)
from tests.contracts.memory_standing import IN, OUT, Believed, changes, flags, given, snapshot, taken


async def check_retract_and_restore_is_the_identity(graph: MemoryGraph) -> None:
    """A source with passages, claims on claims and answers goes out as a whole, and comes back as it was."""
    scope = new_scope("ann")
    false, true = source_bundle(scope, "u:1", ["false ground", "more ground"]), source_bundle(scope, "u:2", ["ground"])
    await put(graph, false, true)
    lower, upper, other = (make_claim(scope, f"claim {name}") for name in ("lower", "upper", "other"))
    first = answer_bundle(scope, "one", [lower], [false.passages[0].id])
    second = answer_bundle(scope, "two", [upper], [lower.id, true.passages[0].id])
    third = answer_bundle(scope, "three", [other], [true.passages[0].id])
    for bundle in (first, second, third):
        await graph.put_answer(bundle)
    before = await snapshot(graph, scope)
    decided = await taken(graph, scope, false.source.id)
    gone: list[Believed] = [false.source, *false.passages, lower, upper, first.answer, second.answer]
    kept: list[Believed] = [true.source, *true.passages, other, third.answer]
    assert await flags(graph, scope, *gone) == [OUT] * len(gone)
    assert await flags(graph, scope, *kept) == [IN] * len(kept)
    found = {true.passages[0].id, other.id}
    assert (await snapshot(graph, scope))[1:] == (found, found)
    effect = await given(graph, scope, decided)
    assert changes(effect) == {item.id: (OUT, IN) for item in gone}
    assert await snapshot(graph, scope) == before


async def check_effect_names_what_changed(graph: MemoryGraph) -> None:
    """Sources first, then passages, claims and answers, with the flags before and after."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground one", "ground two"])
    await put(graph, bundle)
    claim = make_claim(scope, "claim")
    learned = answer_bundle(scope, "one", [claim], [bundle.passages[1].id])
    await graph.put_answer(learned)
    decided = await taken(graph, scope, bundle.source.id)
    effect = await given(graph, scope, decided)
    assert effect.hidden == 0
    assert [item.node for item in effect.affected] == [Node.SOURCE, *[Node.PASSAGE] * 2, Node.CLAIM, Node.ANSWER]
    items: list[Believed] = [bundle.source, *bundle.passages, claim, learned.answer]
    assert changes(effect) == {item.id: (OUT, IN) for item in items}
    assert effect.retraction == await graph.retraction(scope, decided.id)


async def check_another_justification_keeps_a_claim(graph: MemoryGraph) -> None:
    scope = new_scope()
    one, two = source_bundle(scope, "u:1", ["ground one"]), source_bundle(scope, "u:2", ["ground two"])
    await put(graph, one, two)
    claim, above = make_claim(scope, "claim"), make_claim(scope, "claim above")
    first = answer_bundle(scope, "one", [claim], [one.passages[0].id])
    second = answer_bundle(scope, "two", [claim, above], [two.passages[0].id])
    third = answer_bundle(scope, "three", [above], [claim.id])
    for bundle in (first, second, third):
        await graph.put_answer(bundle)
    await taken(graph, scope, one.source.id)
    assert await flags(graph, scope, claim, above, second.answer, third.answer) == [IN] * 4
    assert await flags(graph, scope, first.answer) == [OUT]
    await taken(graph, scope, two.source.id)
    assert await flags(graph, scope, claim, above, second.answer, third.answer) == [OUT] * 4


async def check_a_justification_needs_all_its_antecedents(graph: MemoryGraph) -> None:
    scope = new_scope()
    one, two = source_bundle(scope, "u:1", ["ground one"]), source_bundle(scope, "u:2", ["ground two"])
    await put(graph, one, two)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [one.passages[0].id, two.passages[0].id]))
    decided = [await taken(graph, scope, bundle.source.id) for bundle in (one, two)]
    for retraction, expected in zip(decided, (OUT, IN), strict=True):
        assert await flags(graph, scope, claim) == [OUT]
        await given(graph, scope, retraction)
        assert await flags(graph, scope, claim) == [expected]


async def check_claims_that_only_support_each_other_are_out(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    one, two, three = (make_claim(scope, f"claim {n}") for n in range(3))
    circle = answer_bundle(scope, "circle", [one, two], [])
    row = answer_bundle(scope, "circle", [one], [two.id]).derivations[0]
    back = replace(row, claim_id=two.id, antecedent_id=one.id)
    await graph.put_answer(replace(circle, derivations=[row, back]))
    assert await flags(graph, scope, one, two, circle.answer) == [OUT] * 3
    assert await found_by_text(graph, scope, "claim") == []
    await graph.put_answer(answer_bundle(scope, "ground", [one], [bundle.passages[0].id]))
    assert await flags(graph, scope, one, two, circle.answer) == [IN] * 3
    await graph.put_answer(answer_bundle(scope, "more", [three], [two.id]))
    await graph.put_answer(answer_bundle(scope, "longer circle", [one], [three.id]))
    decided = await taken(graph, scope, bundle.source.id)
    assert await flags(graph, scope, one, two, three, circle.answer) == [OUT] * 4
    assert await found_by_text(graph, scope, "claim") == []
    await given(graph, scope, decided)
    assert await flags(graph, scope, one, two, three, circle.answer) == [IN] * 4


async def check_a_claim_that_rests_on_nothing_is_out(graph: MemoryGraph) -> None:
    scope = new_scope()
    await put(graph, source_bundle(scope, "u:1", ["ground"]))
    claim = make_claim(scope, "claim")
    learned = answer_bundle(scope, "one", [claim], [])
    await graph.put_answer(learned)
    assert await flags(graph, scope, claim, learned.answer) == [OUT, OUT]
    assert await found_by_text(graph, scope, "claim") == []


async def check_a_claim_is_taken_back_by_itself(graph: MemoryGraph) -> None:
    """Its source stays; learning it again does not bring it back."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    claim, above = make_claim(scope, "claim"), make_claim(scope, "claim above")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    await graph.put_answer(answer_bundle(scope, "two", [above], [claim.id]))
    decided = await taken(graph, scope, claim.id)
    assert await graph.claims(scope, [claim.id]) == [replace(claim, supported=False, recallable=False, withdrawn=True)]
    again = answer_bundle(scope, "three", [claim], [bundle.passages[0].id])
    await graph.put_answer(again)
    assert await flags(graph, scope, bundle.source, claim, above, again.answer) == [IN, OUT, OUT, OUT]
    await given(graph, scope, decided)
    assert await flags(graph, scope, claim, above, again.answer) == [IN] * 3
    assert await graph.claims(scope, [claim.id]) == [claim]


async def check_exactly_the_right_answers_are_tainted(graph: MemoryGraph) -> None:
    scope = new_scope()
    false, true = source_bundle(scope, "u:1", ["false ground"]), source_bundle(scope, "u:2", ["true ground"])
    await put(graph, false, true)
    bad, good = make_claim(scope, "claim one"), make_claim(scope, "claim two")
    wrong, right = false.passages[0].id, true.passages[0].id
    used = answer_bundle(scope, "used", [], [wrong])
    mixed = answer_bundle(scope, "mixed", [good], [right], used=[right, wrong])
    stated = answer_bundle(scope, "stated", [bad], [wrong], used=[right])
    clean = answer_bundle(scope, "clean", [good], [right])
    silent = answer_bundle(scope, "silent", [], [])
    for bundle in (used, mixed, stated, clean, silent):
        await graph.put_answer(bundle)
    assert (await graph.items(scope, Node.ANSWER, limit=9, standing=Standing.UNSUPPORTED)).total == 0
    decided = await taken(graph, scope, false.source.id)
    page = await graph.items(scope, Node.ANSWER, limit=9, standing=Standing.UNSUPPORTED)
    assert {item.id for item in page.items} == {bundle.answer.id for bundle in (used, mixed, stated)}
    assert page.total == 3
    part = await graph.items(scope, Node.ANSWER, limit=1, offset=1, standing=Standing.UNSUPPORTED)
    assert (list(part.items), part.total) == ([page.items[1]], 3)
    await given(graph, scope, decided)
    assert (await graph.items(scope, Node.ANSWER, limit=9, standing=Standing.UNSUPPORTED)).total == 0


async def check_support_goes_through_answers(graph: MemoryGraph) -> None:
    """A claim that was taken out of an answer stands and falls with all that the answer rested on."""
    scope = new_scope()
    one, two = source_bundle(scope, "u:1", ["ground one"]), source_bundle(scope, "u:2", ["ground two"])
    await put(graph, one, two)
    first = answer_bundle(scope, "one", [make_claim(scope, "claim")], [one.passages[0].id, two.passages[0].id])
    heard = make_claim(scope, "claim heard")
    second = answer_bundle(scope, "two", [heard], [first.answer.id], used=[])
    for bundle in (first, second):
        await graph.put_answer(bundle)
    await taken(graph, scope, two.source.id)
    assert await flags(graph, scope, first.answer, heard, second.answer) == [OUT] * 3


async def check_quarantine_is_a_decision_too(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    for item in (claim, bundle.source):
        decided = await taken(graph, scope, item.id, quarantine=True)
        assert decided.kind is RetractionKind.QUARANTINE
        assert await flags(graph, scope, item, claim) == [OUT, OUT]
        held = await graph.items(
            scope, Node.CLAIM if item is claim else Node.SOURCE, limit=9, standing=Standing.QUARANTINED
        )
        assert [one.id for one in held.items] == [item.id]
        await given(graph, scope, decided)
        assert await graph.item(scope, item.id) == item
    held = await graph.items(scope, Node.SOURCE, limit=9, standing=Standing.QUARANTINED)
    assert held.total == 0


async def check_what_is_in_quarantine_may_be_withdrawn(graph: MemoryGraph) -> None:
    """Whichever decision is lifted first, the other one holds."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    before = await snapshot(graph, scope)
    for first in (0, 1):
        decided = [await taken(graph, scope, bundle.source.id, quarantine=quarantine) for quarantine in (True, False)]
        both = replace(bundle.source, supported=False, withdrawn=True, quarantined=True)
        assert await graph.sources(scope, [both.id]) == [both]
        effect = await given(graph, scope, decided[first])
        assert (changes(effect), effect.hidden) == ({}, 0)
        (left,) = await graph.sources(scope, [both.id])
        assert (left.supported, left.withdrawn, left.quarantined) == (False, first == 0, first == 1)
        await given(graph, scope, decided[1 - first])
        assert await snapshot(graph, scope) == before
