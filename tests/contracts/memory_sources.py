"""How sources and passages are stored, listed, counted and erased."""

from __future__ import annotations

from dataclasses import replace

from stemma.memory.model import (
    Entity,
    Node,
    Relation,
    Scope,
    Source,
)
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    HOSTILE,
    answer_bundle,
    decision,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    newest,
    put,
    source_bundle,
    stored,
    vector,
)


async def check_source_is_read_back_whole(graph: MemoryGraph) -> None:
    scope = new_scope("ann", "buyer", "t-1")
    bundle = source_bundle(scope, "file:///a.md", ["First text.", "Second text."], title="A", entities=["Ostrava"])
    await put(graph, bundle)
    assert await newest(graph, scope, "file:///a.md") == bundle.source
    assert await graph.sources(scope, [bundle.source.id]) == [bundle.source]
    ids = [passage.id for passage in bundle.passages]
    assert await graph.passages(scope, ids) == list(bundle.passages)
    assert await graph.item(scope, bundle.source.id) == bundle.source
    assert await graph.item(scope, ids[1]) == bundle.passages[1]
    assert await graph.item(scope, bundle.entities[0].id) == bundle.entities[0]


async def check_order_of_ids_is_kept_and_strangers_left_out(graph: MemoryGraph) -> None:
    scope = new_scope()
    one = source_bundle(scope, "u:1", ["one", "two", "three"])
    two = source_bundle(scope, "u:2", ["four"])
    await put(graph, one, two)
    ids = [p.id for p in one.passages]
    wanted = [ids[2], "no-such-id", ids[0], ids[1]]
    assert [p.id for p in await graph.passages(scope, wanted)] == [ids[2], ids[0], ids[1]]
    sources = await graph.sources(scope, [two.source.id, "nothing", one.source.id])
    assert [s.id for s in sources] == [two.source.id, one.source.id]
    assert await graph.passages(scope, []) == []
    assert await graph.claims(scope, []) == []
    assert await graph.sources(scope, []) == []


async def check_details_are_all_that_is_said_of_hits(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    wide, narrow = source_bundle(Scope(scope.tenant), "u:1", ["one", "two"]), source_bundle(scope, "u:2", ["three"])
    await put(graph, wide, narrow)
    claims = [make_claim(scope, "a claim"), make_claim(scope, "another one")]
    await graph.put_answer(answer_bundle(scope, "said", claims, [wide.passages[0].id]))
    passages = [narrow.passages[0], wide.passages[1], wide.passages[0]]
    ids, said = [passage.id for passage in passages], [claims[1].id, claims[0].id]
    found = await graph.details(scope, [ids[0], "no-such-id", *ids[1:]], ["nothing", *said])
    assert [passage.id for passage in found.passages] == ids
    assert list(found.passages) == await graph.passages(scope, ids)
    assert list(found.claims) == await graph.claims(scope, said)
    assert list(found.sources) == [narrow.source, wide.source]
    foreign = await graph.details(Scope(scope.tenant, "bob"), ids, said)
    assert [passage.id for passage in foreign.passages] == ids[1:]
    assert (list(foreign.claims), list(foreign.sources)) == ([], [wide.source])
    nothing = await graph.details(scope, [], [])
    assert (list(nothing.passages), list(nothing.claims), list(nothing.sources)) == ([], [], [])


async def check_same_source_again_changes_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["rain in the port"], entities=["Rotterdam"])
    await put(graph, bundle)
    before = await graph.statistics(scope)
    assert await stored(graph, bundle) is False
    assert await graph.statistics(scope) == before
    assert await found_by_text(graph, scope, "rain") == [bundle.passages[0].id]
    assert await found_by_vector(graph, scope, bundle.vectors[0]) == [bundle.passages[0].id]


async def check_new_version_replaces_the_old(graph: MemoryGraph) -> None:
    scope = new_scope()
    old = source_bundle(scope, "u:1", ["the strike lasts"], title="Memo")
    new = source_bundle(scope, "u:1", ["the strike ended"], title="Memo", version=2, replaces=old.source.id)
    await put(graph, old)
    await put(graph, new)
    assert await newest(graph, scope, "u:1") == new.source
    assert await graph.sources(scope, [old.source.id]) == [replace(old.source, replaced=True)]
    assert await graph.passages(scope, [old.passages[0].id]) == [replace(old.passages[0], recallable=False)]
    assert await found_by_text(graph, scope, "strike") == [new.passages[0].id]
    assert await found_by_text(graph, scope, "lasts") == []
    assert await found_by_vector(graph, scope, old.vectors[0]) == [new.passages[0].id]
    assert (await graph.statistics(scope)).by_relation[Relation.REPLACES] == 1


async def check_earlier_versions_are_searched_for_a_quote(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    said = 'It\'s "100%" (sure).'
    first = source_bundle(scope, "u:1", [f"{said} One.", "Other words."])
    second = source_bundle(scope, "u:1", [f"{said} Two."], version=2, replaces=first.source.id)
    third = source_bundle(scope, "u:1", [f"{said} Three."], version=3, replaces=second.source.id)
    stranger = source_bundle(scope, "u:2", [f"{said} One."])
    await put(graph, first)
    await put(graph, second)
    await put(graph, third, stranger)
    before = await graph.earlier_passages(scope, [(third.source.id, said), (third.source.id, "sure")])
    assert before == sorted(
        (replace(each.passages[0], recallable=False) for each in (first, second)), key=lambda passage: passage.id
    )
    asked = [(second.source.id, said), (second.source.id, "not there"), (stranger.source.id, said), ("none", said)]
    assert [passage.id for passage in await graph.earlier_passages(scope, asked)] == [first.passages[0].id]
    assert await graph.earlier_passages(Scope(scope.tenant, "bob"), asked) == []
    assert await graph.earlier_passages(scope, []) == []


async def check_only_the_next_version_is_taken(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = source_bundle(scope, "u:1", ["first"])
    await put(graph, first)
    before = await graph.statistics(scope)
    for refused in (
        source_bundle(scope, "u:1", ["another first"]),
        source_bundle(scope, "u:1", ["skips one"], version=3, replaces=first.source.id),
        source_bundle(scope, "u:1", ["replaces nothing"], version=2),
        source_bundle(scope, "u:1", ["replaces a stranger"], version=2, replaces="no-such-source"),
        source_bundle(scope, "u:2", ["starts late"], version=2, replaces=first.source.id),
    ):
        assert await stored(graph, refused) is False, refused.source
    assert await graph.statistics(scope) == before
    assert await newest(graph, scope, "u:1") == first.source


async def check_one_uri_has_versions_of_its_own_in_each_scope(graph: MemoryGraph) -> None:
    wide = new_scope()
    narrow = Scope(wide.tenant, "ann")
    everyone = source_bundle(wide, "u:1", ["for everyone"])
    hers = source_bundle(narrow, "u:1", ["for ann"])
    await put(graph, everyone, hers)
    assert await newest(graph, wide, "u:1") == everyone.source
    assert await newest(graph, narrow, "u:1") == hers.source
    assert await newest(graph, Scope(wide.tenant, "bob"), "u:1") is None
    assert await newest(graph, new_scope(), "u:1") is None


async def check_hostile_text_is_kept_as_it_is(graph: MemoryGraph) -> None:
    scope = new_scope()
    texts = [*HOSTILE, "\x1b[31mred\x1b[0m [bold]x[/bold]", "line\r\nbreak\ttab", "𝔘nicode ☃ 日本語", " "]
    bundle = source_bundle(scope, "u:'; --\x00\"", texts, title='ti"tle \x00 OR *')
    await put(graph, bundle)
    assert await graph.passages(scope, [p.id for p in bundle.passages]) == list(bundle.passages)
    assert await newest(graph, scope, bundle.source.uri) == bundle.source


async def check_items_come_in_pages_newest_first(graph: MemoryGraph) -> None:
    """Sources, claims and answers newest first (ties by id), passages in their source's order, entities by name."""
    scope = new_scope()
    first = source_bundle(scope, "u:1", ["a", "b"], entities=["Zagreb", "Aarhus"])
    second = source_bundle(scope, "u:1", ["c", "d"], version=2, replaces=first.source.id, entities=["Meppel"])
    await put(graph, first, second)
    page = await graph.items(scope, Node.SOURCE, limit=10)
    assert [item.id for item in page.items] == [second.source.id, first.source.id]
    seen: list[str] = []
    for offset in range(4):
        part = await graph.items(scope, Node.PASSAGE, limit=1, offset=offset)
        assert part.total == 4
        seen += [item.id for item in part.items]
    assert seen == [p.id for p in (*second.passages, *first.passages)]
    assert list((await graph.items(scope, Node.PASSAGE, limit=5, offset=4)).items) == []
    entities = await graph.items(scope, Node.ENTITY, limit=10)
    assert [e.name for e in entities.items if isinstance(e, Entity)] == ["Aarhus", "Meppel", "Zagreb"]
    empty = await graph.items(scope, Node.RETRACTION, limit=10)
    assert (list(empty.items), empty.total) == ([], 0)


async def check_sources_are_found_by_how_their_address_begins(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    uris = ["a:1/x", "a:1/y", "a:1", "a:10/x", "A:1/z", "a:%/x", "b:a:1/"]
    bundles = [source_bundle(scope, uri, [uri], title=uri) for uri in uris]
    await put(graph, *bundles, source_bundle(replace(scope, user="bob"), "a:1/z", ["bob's"]))
    await put(graph, source_bundle(replace(scope, user=""), "a:1/w", ["everyone's"]))
    page = await graph.sources_under(scope, "a:1/", limit=10)
    assert {source.uri for source in page.items if isinstance(source, Source)} == {"a:1/x", "a:1/y", "a:1/w"}
    assert page.total == 3
    parts = [await graph.sources_under(scope, "a:1/", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [item for part in parts for item in part.items] == list(page.items)
    assert [part.total for part in parts] == [3, 3, 3]
    assert (await graph.sources_under(scope, "a:%", limit=10)).items == [bundles[5].source]
    assert (await graph.sources_under(scope, "a:1/x_", limit=10)).total == 0
    assert (await graph.sources_under(new_scope(), "a:", limit=10)).total == 0


async def check_a_source_may_have_nothing_to_recall(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", [])
    await put(graph, bundle)
    assert await stored(graph, bundle) is False
    assert await graph.item(scope, bundle.source.id) == bundle.source
    taken = await graph.take_back(scope, decision(scope, bundle.source.id))
    assert [row.id for row in taken.affected] == [bundle.source.id]
    (found,) = await graph.sources(scope, [bundle.source.id])
    assert not found.supported
    assert found.withdrawn
    await graph.erase(scope)
    assert not any((await graph.statistics(scope)).by_node.values())


async def check_statistics_name_every_label_and_relation(graph: MemoryGraph) -> None:
    counts = await graph.statistics(new_scope())
    assert dict(counts.by_node) == dict.fromkeys(Node, 0)
    assert dict(counts.by_relation) == dict.fromkeys(Relation, 0)


async def check_erase_takes_its_own_and_narrower_ones(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    kept = [Scope(tenant), Scope(tenant, "bob"), Scope(tenant, "", "buyer"), new_scope("ann")]
    gone = [Scope(tenant, "ann"), Scope(tenant, "ann", "buyer"), Scope(tenant, "ann", "", "t-1")]
    for scope in (*kept, *gone):
        bundle = source_bundle(scope, "u:1", ["erasable words"], entities=["Oslo"])
        await put(graph, bundle)
        claim = make_claim(scope, "erasable claim")
        await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
    before = {scope: await graph.statistics(scope) for scope in kept}
    await graph.erase(Scope(tenant, "ann"))
    for scope in kept:
        assert await graph.statistics(scope) == before[scope]
        assert len(await found_by_text(graph, scope, "erasable")) > 0
    widest = await graph.statistics(Scope(tenant))
    for scope in gone:
        assert await newest(graph, scope, "u:1") is None
        left = set(await found_by_vector(graph, scope, vector("erasable words")))
        assert left == set(await found_by_vector(graph, Scope(tenant, "", scope.agent), vector("erasable words")))
    await graph.erase(Scope(tenant))
    assert sum(widest.by_node.values()) > 0
    assert sum((await graph.statistics(Scope(tenant, "bob"))).by_node.values()) == 0
    assert sum((await graph.statistics(kept[3])).by_node.values()) > 0


async def check_what_was_erased_can_be_stored_again(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["erased and back"], entities=["Oslo"])
    await put(graph, bundle)
    await graph.erase(scope)
    assert await stored(graph, bundle) is True
    assert await found_by_text(graph, scope, "erased") == [bundle.passages[0].id]
    assert await found_by_vector(graph, scope, bundle.vectors[0]) == [bundle.passages[0].id]
