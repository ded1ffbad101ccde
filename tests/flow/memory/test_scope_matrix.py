"""Nobody hears of a memory that is not their own or a wider one, whatever they ask: every reader x every planted scope
x every operation, on the fake, SQLite and Neo4j. And a small tenant gets all that it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from stemma.memory.contradictions.model import Conflict, Resolution
from stemma.memory.errors import MemoryFailure, UnknownItem, WiderItem
from stemma.memory.history.texts import texts_of
from stemma.memory.identifiers import contradiction_id
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.lineage.model import Direction, Effect, Standing
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Document, Relation, Scope
from stemma.memory.open import graph_at
from stemma.memory.recall.recipes import RECIPES
from stemma.memory.settings import MemorySettings
from tests.flow.memory.scope_world import LABELS, ContractEmbedder, Planted, World, plant, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

BACKENDS = ["fake", "sqlite", pytest.param("neo4j", marks=pytest.mark.neo4j)]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def memory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LongTermMemory]:
    urls: dict[str, Callable[[], str]] = {
        "fake": lambda: "memory:",
        "sqlite": lambda: f"sqlite:///{tmp_path_factory.mktemp('matrix')}/memory.db",
        "neo4j": lambda: str(request.getfixturevalue("neo4j_url")),
    }
    graph = graph_at(urls[request.param](), MemorySettings())
    await graph.open()
    async with LongTermMemory(graph, ContractEmbedder()) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(memory: LongTermMemory) -> World:
    return await plant(memory)


async def test_the_matrix_can_tell(world: World) -> None:
    """Or else the other tests could pass by finding nothing: everyone is told of their own and of all wider ones."""
    assert len(world.scopes) == 54
    for reader in world.readers():
        for label in LABELS:
            page = await world.memory.items(reader, label, limit=1_000)
            assert world.told(page) == world.visible(reader), (reader, label)
    widest, narrowest = world.scopes[0], world.scopes[-1]
    assert len(world.owned(widest)) == 27
    assert len(world.visible(narrowest)) == 8


@pytest.mark.parametrize("recipe", RECIPES)
async def test_recall(world: World, recipe: str) -> None:
    """Asked for what all of them hold, and by the name of what a stranger holds."""
    for n, reader in enumerate(world.readers()):
        allowed = world.visible(reader)
        stranger = next(k for k in range(n + 7, n + 7 + len(world.scopes)) if k % len(world.scopes) not in allowed)
        for query in ("harbour berth fee Port Merrow", f"{word(stranger % len(world.scopes))} Harbour and Port Merrow"):
            hits = await world.memory.recall(reader, query, k=100, recipe=recipe)
            assert hits
            world.check(hits, allowed)


@pytest.mark.parametrize("when", [datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)], ids=str)
async def test_looking_back(world: World, when: datetime) -> None:
    """Neither a recall of a moment nor what changed since tells of others."""
    for reader in world.readers()[::4]:
        allowed = world.visible(reader)
        query = "harbour berth fee Port Merrow"
        hits = await world.memory.recall(reader, query, k=100, known_at=when)
        assert bool(hits) == (when.year == 2100)
        world.check(hits, allowed)
        world.check(await world.memory.recall(reader, query, k=100, as_of=when), allowed)
        found = await world.memory.history.difference(reader, when, datetime(2100, 1, 1, tzinfo=UTC))
        world.check(found, allowed)
        world.check(await texts_of(world.memory.graph, reader, found.changed), allowed)
        assert (world.told(found) == allowed) == (when.year == 2000)


async def test_listings_and_counts(world: World) -> None:
    for reader in world.readers():
        allowed = world.visible(reader)
        counts = await world.memory.statistics(reader)
        for label in LABELS:
            page = await world.memory.items(reader, label, limit=1_000)
            assert counts.by_node[label] == page.total == len(page.items), (reader, label)
            for standing in Standing:
                narrowed = await world.memory.items(reader, label, limit=1_000, standing=standing)
                world.check(narrowed, allowed)
                assert narrowed.total == len(narrowed.items)
        tainted = await world.memory.tainted(reader, limit=1_000)
        assert world.told(tainted) == allowed  # every scope has one
        rows, total = await world.memory.retractions(reader, limit=1_000)
        assert (world.told(rows), len(rows)) == (allowed, total)


Read = Callable[[World, Scope, Planted], Awaitable[Any]]


def one_of(world: World, reader: Scope, planted: Planted) -> str:
    """One of the planted items, another for each pair: together the pairs ask for every kind."""
    ids = planted.ids()
    return ids[(world.scopes.index(reader) + world.planted.index(planted)) % len(ids)]


async def read_item(world: World, reader: Scope, planted: Planted) -> Any:
    return await world.memory.item(reader, one_of(world, reader, planted))


async def read_upstream(world: World, reader: Scope, planted: Planted) -> Any:
    return await world.memory.lineage(reader, planted.answer, Direction.UPSTREAM)


async def read_downstream(world: World, reader: Scope, planted: Planted) -> Any:
    return await world.memory.lineage(reader, planted.source, Direction.DOWNSTREAM)


async def read_decision(world: World, reader: Scope, planted: Planted) -> Any:
    return await world.memory.retraction(reader, planted.decision)


@pytest.mark.parametrize("read", [read_item, read_upstream, read_downstream, read_decision])
async def test_reading_one_thing(world: World, read: Read) -> None:
    """What is visible is shown with nothing hidden in it; anything else is as unknown as what never was."""

    async def ask(reader: Scope, allowed: set[int], n: int, planted: Planted) -> None:
        if n in allowed:
            shown = await read(world, reader, planted)
            assert n in world.told(shown)
            world.check(shown, allowed)
        else:
            world.check(await refusal(read(world, reader, planted), UnknownItem), allowed | {n})

    for reader in world.readers():
        allowed = world.visible(reader)
        await asyncio.gather(*(ask(reader, allowed, n, planted) for n, planted in world.asked_about(reader)))


async def test_relations(world: World) -> None:
    """Of a thing that cannot be seen there are none, and the claim that says so is never a stranger's."""

    async def ask(reader: Scope, allowed: set[int], n: int, planted: Planted) -> None:
        page = await world.memory.relations(reader, planted.thing)
        assert page.total == len(page.relations) == int(n in allowed)
        assert world.told(page) == allowed & {n}

    for reader in world.readers():
        allowed = world.visible(reader)
        await asyncio.gather(*(ask(reader, allowed, n, planted) for n, planted in world.asked_about(reader)))
        counts = await world.memory.statistics(reader)
        assert counts.by_relation[Relation.RELATES_TO] == len(allowed)


async def refusal(asked: Awaitable[Any], kind: type[MemoryFailure]) -> str:
    """What a refused request says, its hint included."""
    with pytest.raises(kind) as caught:
        await asked
    return f"{caught.value} {caught.value.hint}"


Decide = Callable[[World, Scope, Planted], Awaitable[Effect]]


async def retract(world: World, decider: Scope, planted: Planted) -> Effect:
    return await world.memory.retract(decider, planted.source, reason="why", actor="who", dry_run=True)


async def quarantine(world: World, decider: Scope, planted: Planted) -> Effect:
    return await world.memory.retract(decider, planted.newer, reason="why", actor="who", quarantine=True, dry_run=True)


async def restore(world: World, decider: Scope, planted: Planted) -> Effect:
    return await world.memory.restore(decider, planted.decision, actor="who", dry_run=True)


async def supersede(world: World, decider: Scope, planted: Planted) -> Effect:
    return await world.memory.supersede(decider, planted.newer, planted.older, dry_run=True)


@pytest.mark.parametrize("decide", [retract, quarantine, restore, supersede])
async def test_deciding(world: World, decide: Decide) -> None:
    """Owners decide, and are told of the item and of what they may see; readers are refused; others hear nothing."""

    async def ask(decider: Scope, visible: set[int], n: int, planted: Planted) -> None:
        told: Any
        if n in world.owned(decider):
            told = await decide(world, decider, planted)
            assert world.told(told.affected) <= visible
        else:
            told = await refusal(decide(world, decider, planted), WiderItem if n in visible else UnknownItem)
        world.check(told, visible | {n})

    for decider in world.readers():
        visible = world.visible(decider)
        await asyncio.gather(*(ask(decider, visible, n, planted) for n, planted in world.asked_about(decider)))


async def test_what_is_hidden_is_counted(world: World) -> None:
    """The source of everyone in a tenant reached every narrower scope: how many is told, and what they hold is not."""
    effect = await retract(world, world.scopes[0], world.planted[0])
    assert world.told(effect.affected) == {0}
    assert effect.hidden >= 26
    assert effect.hidden + len(effect.affected) == await narrower_and_own(world)


async def narrower_and_own(world: World) -> int:
    """How many items of the first tenant rest on its widest source, asked of every scope in turn, each counted once."""
    changed: set[str] = set()
    for n in world.owned(world.scopes[0]):
        seen = await world.memory.lineage(world.scopes[n], world.planted[0].source, Direction.DOWNSTREAM, limit=10_000)
        changed |= set(seen.items)
    before = {item for item in changed if await was_supported(world, item)}
    return len(before)


async def was_supported(world: World, item_id: str) -> bool:
    item = await world.memory.item(world.scopes[world.owner[item_id]], item_id)
    return bool(getattr(item, "supported", False))


async def test_nothing_is_learned_from_what_cannot_be_seen(world: World) -> None:
    for reader in world.readers()[::7]:
        allowed = world.visible(reader)
        before = await world.memory.statistics(reader)
        for n, planted in world.asked_about(reader):
            if n not in allowed:
                claim = LearnedClaim("It is known.", [Antecedent(planted.passage, "", 0, 0)])
                told = await refusal(world.memory.learn(reader, _bare(reader), [claim]), UnknownItem)
                world.check(told, allowed | {n})
        assert await world.memory.statistics(reader) == before


async def test_contradictions(world: World) -> None:
    """Each scope's two claims are made to contradict each other: readers see theirs and wider ones, with all they tell;
    owners alone may resolve, and others hear nothing. A look for more finds none between strangers."""
    made = {n: _conflict(world.scopes[n], planted) for n, planted in enumerate(world.planted)}
    assert len(await world.memory.graph.put_conflicts(list(made.values()))) == len(made)
    world.owner |= {conflict.id: n for n, conflict in made.items()}

    async def ask(reader: Scope, visible: set[int], n: int) -> None:
        if n in visible:
            assert n in world.told(await world.memory.contradictions.one(reader, made[n].id))
        else:
            told = await refusal(world.memory.contradictions.one(reader, made[n].id), UnknownItem)
            world.check(told, visible | {n})
        if n not in world.owned(reader):
            kind = WiderItem if n in visible else UnknownItem
            decided = world.memory.contradictions.resolve(reader, made[n].id, Resolution.BOTH_HOLD, actor="who")
            world.check(await refusal(decided, kind), visible | {n})

    for reader in world.readers():
        visible = world.visible(reader)
        found, total = await world.memory.contradictions.page(reader, limit=1_000)
        assert {world.owner[one.conflict.id] for one in found} == visible
        assert (len(found), world.told(found)) == (total, visible)
        assert (await world.memory.statistics(reader)).by_relation[Relation.CONTRADICTS] == total
        hits = await world.memory.recall(reader, "harbour berth fee Port Merrow", k=100, recipe="lexical")
        assert any(hit.contradicted_by for hit in hits)
        world.check(hits, visible)
        await world.memory.contradictions.sweep(reader)
        await asyncio.gather(*(ask(reader, visible, n) for n, _ in world.asked_about(reader)))


def _conflict(scope: Scope, planted: Planted) -> Conflict:
    made = contradiction_id(scope, planted.newer, planted.older)
    quotes = ("the newer", "the older")
    return Conflict(made, scope, planted.newer, planted.older, "name", "a", "b", "", *quotes, "test", datetime.now(UTC))


def _bare(scope: Scope) -> Answer:
    return Answer("", scope, "It is.", "run-x", "thread-x", "checkpoint-x", "Is it?", datetime.now(UTC))


@pytest.mark.parametrize("narrow", ["tenant", "user"])
async def test_one_percent_of_a_store_gets_all_it_asks_for(memory: LongTermMemory, narrow: str) -> None:
    """10 passages beside 990 of others that match as well: all of the k asked for come, by words and by meaning."""
    tenant = f"tenant-{uuid4().hex}"
    small = Scope(tenant, "ann")
    large = Scope(tenant, "bob") if narrow == "user" else Scope(f"{tenant}-large", "ann")
    for scope, count in ((large, 990), (small, 10)):
        documents = [Document(f"u:{n}", "", f"The berth fee of quay {n} is due.", whole=True) for n in range(count)]
        assert not (await memory.ingest(scope, documents)).failures
    own = {item.id for item in (await memory.items(small, LABELS[1], limit=100)).items}
    for recipe in RECIPES:
        hits = await memory.recall(small, "berth fee of quay", k=10, recipe=recipe)
        assert {hit.id for hit in hits} == own, recipe
        assert len(own) == 10
