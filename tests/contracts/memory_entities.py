"""Entities: what else they are called, gathered from every source that mentions them, within their scope."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.bundles import SourceBundle
from stemma.memory.model import Entity, Mention, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import identifier, new_scope, put, source_bundle


async def check_an_entity_gains_the_aliases_of_every_source(graph: MemoryGraph) -> None:
    one, another = new_scope(), new_scope()
    named: list[tuple[str, list[str]]] = [("u:1", ["WHO"]), ("u:2", []), ("u:3", ["Ω", "OMS", "WHO"])]
    for uri, aliases in named:
        await put(graph, _naming(one, uri, "World Health Organization", aliases))
    await put(graph, *(_naming(another, uri, "World Health Organization", aliases) for uri, aliases in named))
    for scope in (one, another):
        stored = await graph.item(scope, identifier(scope, "World Health Organization"))
        assert isinstance(stored, Entity)
        assert (stored.name, stored.aliases) == ("World Health Organization", ("OMS", "WHO", "Ω"))


async def check_entities_are_found_by_alias_as_written(graph: MemoryGraph) -> None:
    scope = new_scope()
    await put(graph, _naming(scope, "u:1", "World Health Organization", ["WHO", "OMS"]))
    await put(graph, _naming(scope, "u:2", "Western Harbour Office", ["WHO"]))
    await put(graph, _naming(scope, "u:3", "Acme", []))
    assert [item.name for item in await graph.entities_called(scope, ["WHO", "Acme"])] == [
        "Western Harbour Office",
        "World Health Organization",
    ]
    assert [item.name for item in await graph.entities_called(scope, ["OMS"])] == ["World Health Organization"]
    for aliases in ([], ["who"], ["World Health Organization"], ["' OR 1=1 --"]):
        assert await graph.entities_called(scope, aliases) == []


async def check_an_alias_is_known_to_those_who_may_see_it(graph: MemoryGraph) -> None:
    tenant = new_scope()
    ann, ben = Scope(tenant.tenant, "ann"), Scope(tenant.tenant, "ben")
    await put(graph, _naming(ann, "u:1", "World Health Organization", ["WHO"]))
    await put(graph, _naming(tenant, "u:2", "World Health Organization", []))
    assert [item.scope for item in await graph.entities_called(ann, ["WHO"])] == [ann]
    for stranger in (tenant, ben, new_scope()):
        assert await graph.entities_called(stranger, ["WHO"]) == []
    shared = await graph.item(ben, identifier(tenant, "World Health Organization"))
    assert isinstance(shared, Entity)
    assert shared.aliases == ()


def _naming(scope: Scope, uri: str, name: str, aliases: Sequence[str]) -> SourceBundle:
    bundle = source_bundle(scope, uri, [f"{name} met."])
    entity = Entity(identifier(scope, name), scope, name, aliases=tuple(aliases))
    mention = Mention(bundle.passages[0].id, entity.id, 0, len(name))
    return SourceBundle(bundle.source, bundle.passages, bundle.vectors, [entity], [mention])
