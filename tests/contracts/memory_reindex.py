"""Another embedder takes over: beside the old vectors, resumable, switched at once. Every check needs its own store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import EmbedderMismatch
from stemma.memory.model import Scope
from stemma.memory.ports import EmbedderIdentity, MemoryGraph, NewVectors, Unindexed
from tests.contracts.memory_bundles import (
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
    vector,
)
from tests.contracts.memory_changes import everything, extracted, sentenced

NEXT = EmbedderIdentity("next", 4)
OTHER = EmbedderIdentity("other", 8)


def new_vector(seed: str) -> list[float]:
    """A unit vector of the next embedder."""
    raw = vector(f"next {seed}")[: NEXT.dimension]
    length = sum(x * x for x in raw) ** 0.5
    return [x / length for x in raw]


def embedded(item: Unindexed) -> NewVectors:
    """What the next embedder makes of an item: its vector from the text, its sentences' from their words."""
    sentences = [new_vector(item.text[start:end]) for start, end in item.spans]
    return NewVectors(item.tenant, item.id, new_vector(item.text), sentences)


async def index_all(graph: MemoryGraph, *, batch: int = 2) -> list[Unindexed]:
    """Embed until nothing is left; what was embedded."""
    done: list[Unindexed] = []
    while items := await graph.unindexed(batch):
        await graph.put_vectors([embedded(item) for item in items])
        done += items
    return done


async def filled(graph: MemoryGraph) -> tuple[Scope, Scope, SourceBundle, SourceBundle, str]:
    """Two tenants: passages with and without sentences, a claim that is searched, and one that is not."""
    one, two = new_scope(), new_scope("ann")
    first = sentenced(source_bundle(one, "u:1", ["One. Two.", "Red. Hot."], title="Title"), (0, 4), (5, 9))
    second = source_bundle(two, "u:2", ["plain words"])
    await put(graph, extracted(first, "Not searched."), second)
    claim = make_claim(two, "A claim.")
    await graph.put_answer(answer_bundle(two, "one", [claim], [second.passages[0].id]))
    return one, two, first, second, claim.id


async def check_another_embedder_takes_over(graph: MemoryGraph) -> None:
    one, two, first, second, claim_id = await filled(graph)
    before = [await graph.revision(scope) for scope in (one, two)]
    await graph.begin_reindex(NEXT)
    done = await index_all(graph)
    assert {(item.tenant, item.id, item.title, item.text, tuple(map(tuple, item.spans))) for item in done} == {
        *((one.tenant, p.id, "Title", p.text, ((0, 4), (5, 9))) for p in first.passages),
        (two.tenant, second.passages[0].id, "", "plain words", ()),
        (two.tenant, claim_id, "", "A claim.", ()),
    }
    assert len(done) == 4
    assert await graph.embedder() == IDENTITY
    assert claim_id in await found_by_vector(graph, two, vector("A claim."))
    assert await graph.finish_reindex() is True
    assert await graph.embedder() == NEXT
    (best, *_) = await graph.search_vector(two, new_vector("A claim."), 5)
    assert (best.id, round(best.score, 4)) == (claim_id, 1.0)
    assert set(await found_by_vector(graph, one, new_vector("x"))) == {p.id for p in first.passages}
    with pytest.raises(EmbedderMismatch):
        await graph.search_vector(one, vector("x"), 5)
    with pytest.raises(EmbedderMismatch):
        await graph.claim_embedder(IDENTITY)
    await graph.claim_embedder(NEXT)
    for scope, old in zip((one, two), before, strict=True):
        assert (await graph.revision(scope)).erasures > old.erasures
    assert await found_by_text(graph, two, "plain") == [second.passages[0].id]


async def check_sentences_are_of_the_new_embedder(graph: MemoryGraph) -> None:
    one, _, first, *_ = await filled(graph)
    await graph.begin_reindex(NEXT)
    await index_all(graph)
    assert await graph.finish_reindex()
    items = {item.id: item for item in await everything(graph, one)}
    for passage in first.passages:
        sentences = items[passage.id].sentences
        assert sentences
        assert [tuple(span) for span in sentences.spans] == [(0, 4), (5, 9)]
        for (start, end), row in zip(sentences.spans, sentences.vectors, strict=True):
            assert cosine(row, new_vector(passage.text[start:end])) > 0.99


async def check_reindexing_goes_on_where_it_stopped(graph: MemoryGraph) -> None:
    one, two, *_ = await filled(graph)
    assert await graph.unindexed_count() == 0
    await graph.begin_reindex(NEXT)
    assert await graph.unindexed_count() == 4
    some = await graph.unindexed(3)
    assert len(some) == 3
    await graph.put_vectors([embedded(item) for item in some])
    assert await graph.unindexed_count() == 1
    assert await graph.finish_reindex() is False
    assert await graph.embedder() == IDENTITY
    await graph.begin_reindex(NEXT)
    left = await graph.unindexed(9)
    assert len(left) == 1
    assert left[0].id not in {item.id for item in some}
    await graph.put_vectors([embedded(item) for item in (*some, *left)])
    assert await graph.unindexed(9) == []
    assert await graph.unindexed_count() == 0
    assert await graph.finish_reindex() is True
    assert len(await found_by_vector(graph, one, new_vector("x"))) == 2
    assert len(await found_by_vector(graph, two, new_vector("x"))) == 2


async def check_what_is_written_meanwhile_is_indexed_too(graph: MemoryGraph) -> None:
    one, *_ = await filled(graph)
    await graph.begin_reindex(NEXT)
    await index_all(graph)
    late = source_bundle(one, "u:late", ["late words"])
    assert await stored(graph, late)
    assert late.passages[0].id in await found_by_vector(graph, one, vector("late words"))
    assert await graph.finish_reindex() is False
    assert [item.id for item in await index_all(graph)] == [late.passages[0].id]
    assert await graph.finish_reindex() is True
    (best,) = await graph.search_vector(one, new_vector("late words"), 1)
    assert best.id == late.passages[0].id
    after = replace(source_bundle(one, "u:after", ["words after"]), vectors=[new_vector("words after")])
    assert await stored(graph, after)
    (best,) = await graph.search_vector(one, new_vector("words after"), 1)
    assert best.id == after.passages[0].id


async def check_what_is_erased_meanwhile_stays_erased(graph: MemoryGraph) -> None:
    one, two, first, *_ = await filled(graph)
    await graph.begin_reindex(NEXT)
    items = await graph.unindexed(9)
    await graph.put_vectors([embedded(item) for item in items if item.tenant == two.tenant])
    await graph.erase(two)
    await graph.put_vectors([embedded(item) for item in items])
    assert await graph.finish_reindex() is True
    assert await found_by_vector(graph, two, new_vector("x")) == []
    assert set(await found_by_vector(graph, one, new_vector("x"))) == {p.id for p in first.passages}


async def check_unknown_items_get_no_vector(graph: MemoryGraph) -> None:
    one, two, first, *_ = await filled(graph)
    await graph.begin_reindex(NEXT)
    strangers = [
        NewVectors(one.tenant, "no-such-id", new_vector("x"), []),
        NewVectors(two.tenant, first.passages[0].id, new_vector("x"), []),
        NewVectors("no-such-tenant", first.passages[0].id, new_vector("x"), []),
        NewVectors(one.tenant, first.source.id, new_vector("x"), []),
    ]
    await graph.put_vectors(strangers)
    assert len(await graph.unindexed(9)) == 4
    with pytest.raises(EmbedderMismatch):
        await graph.put_vectors([NewVectors(one.tenant, first.passages[0].id, vector("x"), [])])
    assert len(await graph.unindexed(9)) == 4


async def check_reindexing_can_be_abandoned(graph: MemoryGraph) -> None:
    one, *_ = await filled(graph)
    await graph.abandon_reindex()
    await graph.begin_reindex(NEXT)
    await graph.begin_reindex(OTHER)
    await graph.begin_reindex(NEXT)
    await graph.put_vectors([embedded(item) for item in await graph.unindexed(1)])
    with pytest.raises(EmbedderMismatch):
        await graph.begin_reindex(OTHER)
    await graph.abandon_reindex()
    await graph.abandon_reindex()
    assert await graph.unindexed(9) == []
    assert await graph.finish_reindex() is False
    assert await graph.embedder() == IDENTITY
    assert len(await found_by_vector(graph, one, vector("x"))) == 2
    await graph.begin_reindex(OTHER)
    assert len(await graph.unindexed(9)) == 4
    await graph.abandon_reindex()


async def check_the_same_embedder_takes_nothing_over(graph: MemoryGraph) -> None:
    one, *_ = await filled(graph)
    with pytest.raises(EmbedderMismatch):
        await graph.begin_reindex(IDENTITY)
    assert await graph.unindexed(9) == []
    assert await graph.finish_reindex() is False
    assert len(await found_by_vector(graph, one, vector("x"))) == 2


async def check_a_store_is_reindexed_again_and_again(graph: MemoryGraph) -> None:
    """Back to an embedder of the size it had, with nothing left over from before."""
    one, two, first, *_ = await filled(graph)
    await graph.begin_reindex(NEXT)
    await index_all(graph)
    assert await graph.finish_reindex()
    await graph.begin_reindex(OTHER)
    items = await graph.unindexed(9)
    assert len(items) == 4
    rows = [
        NewVectors(i.tenant, i.id, vector(f"again {i.text}"), [vector(i.text[slice(*span)]) for span in i.spans])
        for i in items
    ]
    await graph.put_vectors(rows)
    assert await graph.finish_reindex()
    assert await graph.embedder() == OTHER
    for scope in (one, two):
        assert len(await found_by_vector(graph, scope, vector("x"))) == 2
    (best, *_) = await graph.search_vector(one, vector(f"again {first.passages[1].text}"), 5)
    assert best.id == first.passages[1].id
