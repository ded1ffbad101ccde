"""What is learned after something was taken back, and claims that come in quarantined: flags are never believed."""

from __future__ import annotations

from dataclasses import replace

from stemma.memory.lineage.model import RetractionKind, Standing
from stemma.memory.model import Claim, Derivation, Node
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    answer_bundle,
    decision,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    put,
    source_bundle,
    vector,
)
from tests.contracts.memory_changes import changed_since
from tests.contracts.memory_standing import IN, OUT, flags, given, taken


async def check_an_answer_on_something_withdrawn_is_out_at_once(graph: MemoryGraph) -> None:
    """A run that recalled it before the retraction, and learns after it."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    decided = await taken(graph, scope, bundle.source.id)
    claim = make_claim(scope, "claim")
    late = answer_bundle(scope, "late", [claim], [bundle.passages[0].id])
    assert await graph.put_answer(late) is True
    assert await flags(graph, scope, claim, late.answer) == [OUT, OUT]
    assert await found_by_text(graph, scope, "claim", "ground") == []
    assert await found_by_vector(graph, scope, vector("claim")) == []
    await given(graph, scope, decided)
    assert await flags(graph, scope, claim, late.answer) == [IN, IN]
    assert await found_by_text(graph, scope, "claim") == [claim.id]


async def check_flags_in_bundles_are_not_believed(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    told = replace(
        bundle,
        source=replace(bundle.source, supported=False, replaced=True),
        passages=[replace(bundle.passages[0], supported=False, recallable=False)],
    )
    await put(graph, told)
    assert await graph.sources(scope, [bundle.source.id]) == [bundle.source]
    assert await graph.passages(scope, [bundle.passages[0].id]) == list(bundle.passages)
    claim, idle = make_claim(scope, "claim"), make_claim(scope, "claim of nothing")
    learned = answer_bundle(scope, "one", [claim], [bundle.passages[0].id])
    wrong = replace(claim, supported=False, recallable=False, stale=True)
    answer = replace(learned.answer, supported=False, stale=True)
    await graph.put_answer(replace(learned, claims=[wrong], answer=answer))
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert await graph.item(scope, answer.id) == learned.answer
    await graph.put_answer(answer_bundle(scope, "two", [replace(idle, supported=True, recallable=True)], []))
    assert await flags(graph, scope, idle) == [OUT]


async def check_new_support_brings_a_claim_back(graph: MemoryGraph) -> None:
    """With all that rests on it; its confidence stays what it was, and caches are told."""
    scope = new_scope()
    one, two = source_bundle(scope, "u:1", ["ground one"]), source_bundle(scope, "u:2", ["ground two"])
    await put(graph, one, two)
    claim, above = make_claim(scope, "claim"), make_claim(scope, "claim above")
    first = answer_bundle(scope, "one", [claim], [one.passages[0].id], used=[])
    second = answer_bundle(scope, "two", [above], [claim.id])
    for bundle in (first, second):
        await graph.put_answer(bundle)
    await taken(graph, scope, one.source.id)
    assert await flags(graph, scope, claim, above, first.answer, second.answer) == [OUT] * 4
    before = await graph.revision(scope)
    echo = replace(claim, confidence=1.0)
    assert await graph.put_answer(answer_bundle(scope, "three", [echo], [two.passages[0].id]))
    assert await flags(graph, scope, claim, above, first.answer, second.answer) == [IN] * 4
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert await changed_since(graph, scope, before) == {claim.id: True, above.id: True}
    assert set(await found_by_text(graph, scope, "claim")) == {claim.id, above.id}


async def check_new_support_comes_with_a_source_too(graph: MemoryGraph) -> None:
    """A claim that an answer made is found by extraction in a source that comes later."""
    scope = new_scope()
    one, two = source_bundle(scope, "u:1", ["ground one"]), source_bundle(scope, "u:2", ["ground two"])
    await put(graph, one)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [one.passages[0].id]))
    await taken(graph, scope, one.source.id)
    assert await flags(graph, scope, claim) == [OUT]
    row = Derivation(claim.id, two.passages[0].id, "j-two", "ground", 0, 6, "rules")
    await put(graph, replace(two, claims=[replace(claim, searched=False)], derivations=[row]))
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert set(await found_by_text(graph, scope, "claim", "ground")) == {claim.id, two.passages[0].id}


async def check_stating_what_was_taken_back_taints_the_answer(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    await taken(graph, scope, claim.id, quarantine=True)
    echo = answer_bundle(scope, "two", [claim], [bundle.passages[0].id])
    await graph.put_answer(echo)
    assert await flags(graph, scope, claim, echo.answer) == [OUT, OUT]
    (held,) = await graph.claims(scope, [claim.id])
    assert held.quarantined
    assert len(await graph.retractions(scope, [claim.id])) == 1


async def check_a_new_claim_comes_in_quarantined(graph: MemoryGraph) -> None:
    """With the decision that holds it; lifting that lets it stand on what it rests on."""
    scope = new_scope("ann")
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    good, bad = make_claim(scope, "claim good"), make_claim(scope, "claim bad", quarantined=True)
    learned = answer_bundle(scope, "one", [good, bad], [bundle.passages[0].id])
    await graph.put_answer(learned)
    assert await flags(graph, scope, good, bad, learned.answer) == [IN, OUT, IN]
    assert await graph.claims(scope, [bad.id]) == [bad]
    held = await graph.items(scope, Node.CLAIM, limit=9, standing=Standing.QUARANTINED)
    assert [item.id for item in held.items] == [bad.id]
    assert await graph.retractions(scope, [bad.id, good.id]) == list(learned.retractions)
    assert await found_by_text(graph, scope, "claim") == [good.id]
    await given(graph, scope, learned.retractions[0])
    freed = replace(bad, quarantined=False, reason="", supported=True, recallable=True)
    assert await graph.claims(scope, [bad.id]) == [freed]
    assert set(await found_by_text(graph, scope, "claim")) == {good.id, bad.id}
    assert bad.id in await found_by_vector(graph, scope, vector(bad.text))


async def check_a_known_claim_is_not_quarantined_by_an_answer(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    doubted = make_claim(scope, "claim", quarantined=True)
    await graph.put_answer(answer_bundle(scope, "two", [doubted], [bundle.passages[0].id]))
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert await graph.retractions(scope, [claim.id]) == []
    stranger = decision(scope, bundle.source.id, quarantine=True)
    learned = answer_bundle(scope, "three", [], [])
    await graph.put_answer(replace(learned, retractions=[stranger]))
    assert await flags(graph, scope, bundle.source) == [IN]
    assert await graph.retractions(scope, [bundle.source.id]) == []


async def check_quarantine_keeps_the_reason(graph: MemoryGraph) -> None:
    """The claim says why it is held as long as it is."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    claim = make_claim(scope, "claim")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    held = decision(scope, claim.id, quarantine=True, reason="looks like an advert")
    await graph.take_back(scope, held)
    (seen,) = await graph.claims(scope, [claim.id])
    assert isinstance(seen, Claim)
    assert (seen.quarantined, seen.reason, seen.withdrawn) == (True, "looks like an advert", False)
    (kept,) = await graph.retractions(scope, [claim.id])
    assert (kept.kind, kept.reason, kept.actor) == (RetractionKind.QUARANTINE, held.reason, held.actor)
    await given(graph, scope, held)
    assert await graph.claims(scope, [claim.id]) == [claim]
