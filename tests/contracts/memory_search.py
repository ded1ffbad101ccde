"""How a `MemoryGraph` finds passages and claims by words and by vector, and what its embedder may be."""

from __future__ import annotations

from math import isclose

import pytest

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.model import Node, Scope
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from tests.contracts.memory_bundles import (
    HOSTILE,
    IDENTITY,
    answer_bundle,
    cosine,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    put,
    source_bundle,
    stored,
    unit,
    vector,
)


async def check_text_search_ranks_by_terms(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(
        scope,
        "u:1",
        ["harbour crane", "harbour crane harbour pilot", "crane", "nothing of the kind", "cargo and ships"],
    )
    await put(graph, bundle)
    ids = [p.id for p in bundle.passages]
    hits = await graph.search_text(scope, ["harbour", "pilot"], 10)
    assert [hit.id for hit in hits] == [ids[1], ids[0]]
    assert hits[0].score > hits[1].score
    assert await found_by_text(graph, scope, "harbour", "pilot", k=1) == [ids[1]]
    assert await found_by_text(graph, scope, "zeppelin") == []
    assert await graph.search_text(scope, [], 10) == []


async def check_text_search_folds_case_accents_and_endings(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["Shipments were DELAYED in Málaga."])
    await put(graph, bundle)
    for term in ("shipment", "shipments", "delayed", "delays", "malaga", "SHIPMENT"):
        assert await found_by_text(graph, scope, term) == [bundle.passages[0].id], term


async def check_title_counts_more_than_text(graph: MemoryGraph) -> None:
    scope = new_scope()
    in_text = source_bundle(scope, "u:1", ["orion freight line tariff"], title="Sirius notes of today")
    in_title = source_bundle(scope, "u:2", ["sirius freight line tariff"], title="Orion notes of today")
    await put(graph, in_text, in_title)
    assert await found_by_text(graph, scope, "orion") == [in_title.passages[0].id, in_text.passages[0].id]


async def check_what_is_found_says_its_kind_and_title(graph: MemoryGraph) -> None:
    scope = new_scope()
    titled = source_bundle(scope, "u:1", ["ferry text"], title="Ferry notes")
    untitled = source_bundle(scope, "u:2", ["ferry words"])
    await put(graph, titled, untitled)
    claim = make_claim(scope, "The ferry is late.")
    await graph.put_answer(answer_bundle(scope, "one", [claim], [titled.passages[0].id]))
    wanted = {
        titled.passages[0].id: (Node.PASSAGE, "Ferry notes"),
        untitled.passages[0].id: (Node.PASSAGE, ""),
        claim.id: (Node.CLAIM, ""),
    }
    for found in (await graph.search_text(scope, ["ferry"], 9), await graph.search_vector(scope, vector("q"), 9)):
        assert {hit.id: (hit.kind, hit.title) for hit in found} == wanted


async def check_terms_are_never_query_syntax(graph: MemoryGraph) -> None:
    scope = new_scope()
    other = new_scope()
    mine = source_bundle(scope, "u:1", ["alpha beta", "plain words"])
    theirs = source_bundle(other, "u:2", ["secret tenant x drop table a b or and not near"], title="secret title")
    await put(graph, mine, theirs)
    own = {p.id for p in mine.passages}
    for term in (*HOSTILE, scope.tenant, other.tenant, f"tenant:{other.tenant}", theirs.source.id):
        found = await graph.search_text(scope, [term, "zeppelin"], 50)
        assert {hit.id for hit in found} <= own, term
        assert mine.passages[0].id in await found_by_text(graph, scope, term, "alpha"), term
    assert set(await found_by_text(graph, scope, *HOSTILE)) <= own
    assert await found_by_text(graph, scope, "*", "%") == []


async def check_vector_search_is_exact_cosine(graph: MemoryGraph) -> None:
    scope = new_scope()
    texts = [f"passage {n}" for n in range(40)]
    bundle = source_bundle(scope, "u:1", texts)
    await put(graph, bundle)
    query = vector("a question")
    expected = sorted(
        ((cosine(query, row), passage.id) for row, passage in zip(bundle.vectors, bundle.passages, strict=True)),
        reverse=True,
    )
    hits = await graph.search_vector(scope, query, 7)
    assert [hit.id for hit in hits] == [item for _, item in expected[:7]]
    for hit, (similarity, _) in zip(hits, expected, strict=False):
        assert isclose(hit.score, similarity, abs_tol=1e-3)
    assert len(await graph.search_vector(scope, query, 100)) == len(texts)


async def check_small_tenant_gets_all_its_results(graph: MemoryGraph) -> None:
    large, small = new_scope(), new_scope()
    query = unit([1.0] * IDENTITY.dimension)
    near = [unit([1.0 + n / 1e4, *[1.0] * (IDENTITY.dimension - 1)]) for n in range(495)]
    far = [unit([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0 + n]) for n in range(5)]
    crowd = source_bundle(large, "u:1", [f"customs form {n}" for n in range(495)], title="Customs", vectors=near)
    few = source_bundle(small, "u:1", [f"a long note with one word about customs {n}" for n in range(5)], vectors=far)
    await put(graph, crowd, few)
    ids = {p.id for p in few.passages}
    assert set(await found_by_vector(graph, small, query, k=5)) == ids
    assert set(await found_by_text(graph, small, "customs", k=5)) == ids
    assert len(await graph.search_vector(large, query, 5)) == 5


async def check_small_audience_in_a_large_tenant_gets_all_its_results(graph: MemoryGraph) -> None:
    ann = new_scope("ann")
    bob = Scope(ann.tenant, "bob")
    query = unit([1.0] * IDENTITY.dimension)
    near = [unit([1.0 + n / 1e4, *[1.0] * (IDENTITY.dimension - 1)]) for n in range(200)]
    crowd = source_bundle(ann, "u:1", [f"customs form {n}" for n in range(200)], vectors=near)
    few = source_bundle(bob, "u:1", [f"customs {n}" for n in range(3)])
    shared = source_bundle(Scope(ann.tenant), "u:1", ["customs for all"])
    await put(graph, crowd, few, shared)
    expected = {p.id for p in (*few.passages, *shared.passages)}
    assert set(await found_by_vector(graph, bob, query, k=4)) == expected
    assert set(await found_by_text(graph, bob, "customs", k=4)) == expected


async def check_embedder_is_settled_once(graph: MemoryGraph) -> None:
    await graph.claim_embedder(IDENTITY)
    await graph.claim_embedder(IDENTITY)
    assert await graph.embedder() == IDENTITY
    for other in (EmbedderIdentity("contract", 9), EmbedderIdentity("other", 8)):
        with pytest.raises(EmbedderMismatch):
            await graph.claim_embedder(other)
    assert await graph.embedder() == IDENTITY


async def check_vectors_of_another_size_are_refused(graph: MemoryGraph) -> None:
    await graph.claim_embedder(IDENTITY)
    scope = new_scope()
    with pytest.raises(EmbedderMismatch):
        await graph.search_vector(scope, [1.0, 0.0], 3)
    with pytest.raises(EmbedderMismatch):
        await stored(graph, source_bundle(scope, "u:1", ["short vector"], vectors=[[1.0, 0.0]]))
    assert sum((await graph.statistics(scope)).by_node.values()) == 0


async def check_unclaimed_store_holds_no_vectors(graph: MemoryGraph) -> None:
    assert await graph.embedder() is None
    scope = new_scope()
    assert await graph.search_text(scope, ["anything"], 3) == []
    assert await graph.search_vector(scope, vector("anything"), 3) == []
    with pytest.raises(EmbedderMismatch):
        await stored(graph, source_bundle(scope, "u:1", ["too early"]))
    assert sum((await graph.statistics(scope)).by_node.values()) == 0


async def check_close_twice_is_harmless(graph: MemoryGraph) -> None:
    await graph.close()
    await graph.close()
