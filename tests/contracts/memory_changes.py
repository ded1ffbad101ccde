"""What a cache is told: how often a tenant was written, and which items changed since."""

from __future__ import annotations

from dataclasses import replace

from stemma.memory.bundles import SentenceVectors, SourceBundle
from stemma.memory.model import Claim, Derivation, Entity, Mention, Node, Scope
from stemma.memory.ports import MemoryGraph
from stemma.memory.recall.ports import GraphItem, NamedMention, Revision
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    cosine,
    decision,
    identifier,
    make_claim,
    new_scope,
    put,
    source_bundle,
    stored,
    vector,
)


def sentenced(bundle: SourceBundle, *spans: tuple[int, int]) -> SourceBundle:
    """The bundle with these sentences in every passage."""
    found = [SentenceVectors(spans, [vector(f"{p.id} {span}") for span in spans]) for p in bundle.passages]
    return replace(bundle, sentences=found)


def extracted(bundle: SourceBundle, *texts: str) -> SourceBundle:
    """The bundle with claims that its first passage states."""
    scope, passage = bundle.source.scope, bundle.passages[0]
    claims = [replace(make_claim(scope, text), searched=False) for text in texts]
    where = [Derivation(claim.id, passage.id, f"j-{claim.id}", "words", 0, 5, "rules") for claim in claims]
    return replace(bundle, claims=claims, derivations=where)


async def everything(graph: MemoryGraph, scope: Scope, *, after: int = 0, limit: int = 3) -> list[GraphItem]:
    """What changed, read to the end as a cache reads it."""
    found: list[GraphItem] = []
    while page := await graph.changed_items(scope, after, limit):
        after = page[-1].revision
        found += page
    return found


async def changed_since(graph: MemoryGraph, scope: Scope, before: Revision) -> dict[str, bool]:
    """By id, whether it is recallable now, for all that changed since."""
    return {item.id: item.recallable for item in await everything(graph, scope, after=before.number)}


async def check_revision_grows_with_every_write(graph: MemoryGraph) -> None:
    scope, stranger = new_scope("ann"), new_scope()
    assert await graph.revision(scope) == Revision(0, 0)
    assert await graph.changed_items(scope, 0, 10) == []
    bundle = source_bundle(scope, "u:1", ["ground"])
    seen = [await graph.revision(scope)]
    await put(graph, bundle)
    seen.append(await graph.revision(scope))
    learned = answer_bundle(scope, "one", [make_claim(scope, "A claim.")], [bundle.passages[0].id])
    await graph.put_answer(learned)
    seen.append(await graph.revision(scope))
    effect = await graph.take_back(scope, decision(scope, bundle.source.id))
    seen.append(await graph.revision(scope))
    assert effect.retraction
    await graph.give_back(scope, effect.retraction.id, actor="bob", at=START)
    seen.append(await graph.revision(scope))
    assert [one.number for one in seen] == sorted({one.number for one in seen})
    assert {one.erasures for one in seen} == {0}
    assert await graph.revision(Scope(scope.tenant)) == await graph.revision(Scope(scope.tenant, "bob")) == seen[-1]
    assert await graph.revision(stranger) == Revision(0, 0)
    assert await graph.changed_items(stranger, 0, 10) == []


async def check_reads_and_dry_runs_leave_the_revision(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    before = await graph.revision(scope)
    await graph.take_back(scope, decision(scope, bundle.source.id), dry_run=True)
    await graph.search_text(scope, ["ground"], 5)
    await graph.items(scope, Node.SOURCE, limit=5)
    await graph.statistics(scope)
    assert await graph.revision(scope) == before
    assert await changed_since(graph, scope, before) == {}


async def check_changed_items_are_whole(graph: MemoryGraph) -> None:
    """Passages with mentions and sentences, searched claims, each with its audience; nothing else."""
    wide = new_scope()
    hers = Scope(wide.tenant, "ann")
    bundle = sentenced(
        source_bundle(wide, "u:1", ["One. Two.", "Uno. Due."], title="T", entities=["Bergen"]), (0, 4), (5, 9)
    )
    plain = source_bundle(hers, "u:2", ["No sentences"])
    await put(graph, extracted(bundle, "What the passage says."), plain)
    claim = make_claim(hers, "Bergen is wet.")
    thing = Entity(identifier("entity", hers, "Bergen"), hers, "Bergen")
    learned = answer_bundle(hers, "one", [claim], [bundle.passages[0].id])
    await graph.put_answer(replace(learned, entities=[thing], mentions=[Mention(claim.id, thing.id, 0, 6)]))
    found = {item.id: item for item in await everything(graph, wide)}
    assert found.keys() == {claim.id, plain.passages[0].id, *(p.id for p in bundle.passages)}
    for passage, sentences in zip(bundle.passages, bundle.sentences, strict=True):
        item = found[passage.id]
        assert (item.node, item.audience, item.title, item.text) == (Node.PASSAGE, wide.audience, "T", passage.text)
        assert list(item.mentions) == [NamedMention(bundle.entities[0].id, "Bergen", 0, 6)]
        assert item.recallable
        assert item.sentences
        assert [tuple(span) for span in item.sentences.spans] == list(sentences.spans)
        for got, sent in zip(item.sentences.vectors, sentences.vectors, strict=True):
            assert cosine(got, sent) > 0.99
    assert found[plain.passages[0].id].sentences is None
    assert list(found[plain.passages[0].id].mentions) == []
    item = found[claim.id]
    assert (item.node, item.audience, item.title, item.text) == (Node.CLAIM, hers.audience, "", claim.text)
    assert list(item.mentions) == [NamedMention(thing.id, "Bergen", 0, 6)]
    assert item.sentences is None


async def check_changed_items_come_in_whole_revisions(graph: MemoryGraph) -> None:
    scope = new_scope()
    for n in range(4):
        await put(graph, source_bundle(scope, f"u:{n}", [f"text {n} {m}" for m in range(3)]))
    full = await graph.changed_items(scope, 0, 100)
    assert len(full) == 12
    assert [(item.revision, item.id) for item in full] == sorted((item.revision, item.id) for item in full)
    for limit in (1, 2, 3, 4, 7):
        page = await graph.changed_items(scope, 0, limit)
        assert len(page) >= limit
        assert page == full[: len(page)]
        assert len(page) == 12 or full[len(page)].revision > page[-1].revision
        assert await everything(graph, scope, limit=limit) == full
    assert await graph.changed_items(scope, full[-1].revision, 100) == []
    assert full[-1].revision <= (await graph.revision(scope)).number


async def check_flags_that_flip_are_told(graph: MemoryGraph) -> None:
    scope = new_scope()
    false, true = source_bundle(scope, "u:1", ["false one", "false two"]), source_bundle(scope, "u:2", ["true"])
    await put(graph, false, true)
    lost, kept = make_claim(scope, "From the false one."), make_claim(scope, "From the true one.")
    await graph.put_answer(answer_bundle(scope, "one", [lost], [false.passages[0].id]))
    await graph.put_answer(answer_bundle(scope, "two", [kept], [true.passages[0].id]))
    before = await graph.revision(scope)
    effect = await graph.take_back(scope, decision(scope, false.source.id))
    region = {lost.id, *(p.id for p in false.passages)}
    assert await changed_since(graph, scope, before) == dict.fromkeys(region, False)
    before = await graph.revision(scope)
    assert effect.retraction
    await graph.give_back(scope, effect.retraction.id, actor="ann", at=START)
    assert await changed_since(graph, scope, before) == dict.fromkeys(region, True)
    assert len(await everything(graph, scope)) == 5


async def check_a_replaced_version_is_told(graph: MemoryGraph) -> None:
    scope = new_scope()
    old = source_bundle(scope, "u:1", ["old"])
    new = source_bundle(scope, "u:1", ["new"], version=2, replaces=old.source.id)
    await put(graph, old)
    before = await graph.revision(scope)
    await put(graph, new)
    assert await changed_since(graph, scope, before) == {old.passages[0].id: False, new.passages[0].id: True}


async def check_claims_that_are_not_searched_are_not_told(graph: MemoryGraph) -> None:
    """Nor found; but they are listed, looked up and follow their source."""
    scope = new_scope()
    bundle = extracted(source_bundle(scope, "u:1", ["Zinc is dear."]), "Zinc costs much.")
    await put(graph, bundle)
    (claim,) = bundle.claims
    assert [item.id for item in await everything(graph, scope)] == [bundle.passages[0].id]
    assert [hit.id for hit in await graph.search_text(scope, ["zinc"], 9)] == [bundle.passages[0].id]
    assert [hit.id for hit in await graph.search_vector(scope, vector(claim.text), 9)] == [bundle.passages[0].id]
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert [row.antecedent_id for row in await graph.derivations(scope, [claim.id])] == [bundle.passages[0].id]
    await graph.take_back(scope, decision(scope, bundle.source.id))
    (gone,) = await graph.claims(scope, [claim.id])
    assert gone == replace(claim, supported=False, recallable=False)
    assert [item.id for item in await everything(graph, scope)] == [bundle.passages[0].id]


async def check_an_answer_may_state_what_is_not_searched(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["Zinc is dear."])
    await put(graph, bundle)
    claim = replace(make_claim(scope, "Zinc costs much."), searched=False)
    learned = answer_bundle(scope, "one", [claim], [bundle.passages[0].id])
    await graph.put_answer(learned)
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert [item.id for item in await everything(graph, scope)] == [bundle.passages[0].id]
    assert [hit.id for hit in await graph.search_text(scope, ["zinc"], 9)] == [bundle.passages[0].id]
    assert [hit.id for hit in await graph.search_vector(scope, vector(claim.text), 9)] == [bundle.passages[0].id]


async def check_an_extracted_claim_of_two_sources_is_one(graph: MemoryGraph) -> None:
    """It keeps what it was, gains the second source's support, and outlives the first."""
    scope = new_scope()
    one = extracted(source_bundle(scope, "u:1", ["Zinc is dear."]), "Zinc costs much.")
    two = extracted(source_bundle(scope, "u:2", ["Dear zinc."]), "Zinc costs much.")
    two = replace(two, derivations=[replace(row, justification="j-two") for row in two.derivations])
    await put(graph, one)
    await put(graph, two)
    (claim,) = one.claims
    assert {row.justification for row in await graph.derivations(scope, [claim.id])} == {
        "j-two",
        one.derivations[0].justification,
    }
    await graph.take_back(scope, decision(scope, one.source.id))
    assert await graph.claims(scope, [claim.id]) == [claim]
    await graph.take_back(scope, decision(scope, two.source.id))
    (gone,) = await graph.claims(scope, [claim.id])
    assert isinstance(gone, Claim)
    assert not gone.supported


async def check_erasures_are_told(graph: MemoryGraph) -> None:
    wide = new_scope()
    hers = Scope(wide.tenant, "ann")
    kept, gone = source_bundle(wide, "u:1", ["kept"]), source_bundle(hers, "u:2", ["gone"])
    await put(graph, kept, gone)
    before = await graph.revision(wide)
    await graph.erase(hers)
    after = await graph.revision(wide)
    assert after.erasures > before.erasures
    assert after.number >= before.number
    assert [item.id for item in await everything(graph, wide)] == [kept.passages[0].id]
    await graph.erase(wide)
    last = await graph.revision(wide)
    assert last.erasures > after.erasures
    assert last.number >= after.number
    assert await everything(graph, wide) == []
    assert await stored(graph, kept)
    again = await graph.revision(wide)
    assert again.number > last.number
    assert [item.revision > last.number for item in await everything(graph, wide)] == [True]


async def check_another_handle_is_told(one: MemoryGraph, two: MemoryGraph) -> None:
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["seen by both"])
    await put(one, bundle)
    before = await two.revision(scope)
    assert before == await one.revision(scope)
    await one.take_back(scope, decision(scope, bundle.source.id))
    assert await two.revision(scope) == await one.revision(scope) > before
    assert await changed_since(two, scope, before) == {bundle.passages[0].id: False}
    assert await two.search_text(scope, ["seen"], 5) == []
