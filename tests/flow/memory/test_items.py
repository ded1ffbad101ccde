"""Items over memory: writers at one place, fields without an embedder, what recall sees, ends, what JSON cannot say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from langgraph.store.base import TTLConfig

from stemma.graphs.store.agent_store import AgentStore
from stemma.memory.errors import EmbedderUnavailable, InvalidItem
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Node, Scope, Source
from stemma.memory.open import open_memory
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.settings import MemorySettings
from stemma.memory.store.items import MOST_FIELDS, Items, Origin, Put, Query
from stemma.memory.store.model import Place

ANN = Scope("harbour", "ann")
PORT = Place(("ports",), "merrow")


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as opened:
        yield opened


class Broken:
    """An embedder whose model is not installed."""

    identity = EmbedderIdentity("broken", 8)

    async def embed(self, _: Sequence[str]) -> list[list[float]]:
        raise EmbedderUnavailable("no model here")


async def test_writers_at_one_place_take_turns_and_none_is_lost(memory: LongTermMemory, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as other:
        both = [Items(one.graph, one.embedder) for one in (memory, other)]
        puts = [both[n % 2].change(ANN, [Put(PORT, {"n": n})], origin=Origin("ann", f"run-{n}")) for n in range(12)]
        await asyncio.gather(*puts)
    versions = (await memory.items(ANN, Node.SOURCE, limit=50)).items
    assert len(versions) == 12
    assert {version.metadata["run_id"] for version in versions if isinstance(version, Source)} == {
        f"run-{n}" for n in range(12)
    }
    [current] = (await both[0].at(ANN, [PORT])).values()
    newest = await memory.item(ANN, current.source_id)
    assert getattr(newest, "version", 0) == 12


async def test_the_same_value_again_is_the_same_version(memory: LongTermMemory) -> None:
    items = Items(memory.graph, memory.embedder)
    for _ in range(3):
        await items.change(ANN, [Put(PORT, {"open": True})])
    assert (await memory.items(ANN, Node.SOURCE, limit=50)).total == 1


async def test_a_put_does_not_need_an_embedder_and_a_search_by_meaning_does(
    memory: LongTermMemory, caplog: pytest.LogCaptureFixture
) -> None:
    items = Items(memory.graph, memory.embedder, index=Broken())
    with caplog.at_level(logging.WARNING):
        for n in range(3):
            await items.change(ANN, [Put(PORT, {"n": n}, ["text"])])
    assert [record.message for record in caplog.records] == [
        "items of the store are not searched by meaning for now: no model here"
    ]
    assert [found.item.value for found in await items.search(ANN, Query(("ports",)))] == [{"n": 2}]
    with pytest.raises(EmbedderUnavailable):
        await items.search(ANN, Query(("ports",), text="harbour"))


async def test_vectors_of_another_embedder_are_not_compared(memory: LongTermMemory) -> None:
    await Items(memory.graph, memory.embedder, index=memory.embedder).change(ANN, [Put(PORT, {}, ["harbour"])])
    plain = Items(memory.graph, memory.embedder)
    assert [found.score for found in await plain.search(ANN, Query((), text="harbour"))] == [None]


async def test_recall_finds_items_where_that_is_wanted_and_only_what_they_say_now(memory: LongTermMemory) -> None:
    hidden = Items(memory.graph, memory.embedder)
    await hidden.change(ANN, [Put(Place(("hidden",), "k"), {}, ["The master of Port Merrow is Olga Brandt."])])
    assert await memory.recall(ANN, "Who is the master of Port Merrow?") == []
    shown = Items(memory.graph, memory.embedder, recalled=True)
    for name in ("Tomas Reyl", "Ida Falk"):
        await shown.change(ANN, [Put(PORT, {"master": name}, [f"The master of Port Merrow is {name}."])])
    hits = await memory.recall(ANN, "Who is the master of Port Merrow?")
    assert [hit.text for hit in hits] == ["The master of Port Merrow is Ida Falk."]
    assert hits[0].uri == "store:ports/merrow"
    assert await memory.recall(Scope("harbour", "bob"), "Who is the master of Port Merrow?") == []
    await shown.change(ANN, [], [PORT])
    assert await memory.recall(ANN, "Who is the master of Port Merrow?") == []


async def test_ends_follow_the_settings(memory: LongTermMemory) -> None:
    items = Items(memory.graph, memory.embedder)
    configured = TTLConfig(default_ttl=30, refresh_on_read=False)
    store = AgentStore(items, ANN, ttl=configured)
    await store.aput(("a",), "default", {})
    await store.aput(("a",), "own", {}, ttl=5)
    await store.aput(("a",), "for good", {}, ttl=None)
    before = {item.place.key: item for item in await memory.graph.items_under(ANN, (), datetime.now(UTC))}
    assert {key: item.ttl for key, item in before.items()} == {"default": 30, "own": 5, "for good": None}
    await store.aget(("a",), "own")
    await store.asearch(("a",))
    assert await items.at(ANN, [item.place for item in before.values()]) == {i.place: i for i in before.values()}
    await store.aget(("a",), "own", refresh_ttl=True)
    [own] = (await items.at(ANN, [Place(("a",), "own")])).values()
    assert own.expires_at
    assert own.expires_at > (before["own"].expires_at or own.expires_at)
    assert await items.sweep(datetime.now(UTC) + timedelta(minutes=20)) == 1
    assert sorted(item.key for item in await store.asearch(())) == ["default", "for good"]


async def test_values_are_json_and_times_become_text(memory: LongTermMemory) -> None:
    store = AgentStore(Items(memory.graph, memory.embedder), ANN)
    day, name = datetime(2026, 3, 1, tzinfo=UTC), UUID(int=7)
    await store.aput(("a",), "k", {"at": day, "id": name, "pair": (1, 2)})
    item = await store.aget(("a",), "k")
    assert item
    assert item.value == {"at": day.isoformat(), "id": str(name), "pair": [1, 2]}
    for value in ({"o": object()}, {"n": float("nan")}):
        with pytest.raises(InvalidItem, match="JSON"):
            await store.aput(("a",), "k", value)
    for place in (("a\x1fb",), ("\ud800",), ("a" * 3_000,)):
        with pytest.raises(InvalidItem):
            await store.aput(place, "k", {})
    with pytest.raises(InvalidItem, match="200"):
        await store.aput(("a",), "k", {"many": list(range(MOST_FIELDS + 1))}, index=["many[*]"])
    assert (await store.aget(("a",), "k")) == item


async def test_synchronous_methods_work_from_threads_and_not_on_the_loop(memory: LongTermMemory) -> None:
    store = AgentStore(Items(memory.graph, memory.embedder), ANN)
    await asyncio.to_thread(store.put, ("a",), "k", {"n": 1})
    item = await asyncio.to_thread(store.get, ("a",), "k")
    assert item
    assert item.value == {"n": 1}
    assert await asyncio.to_thread(store.list_namespaces) == [("a",)]
    with pytest.raises(asyncio.InvalidStateError, match=r"await store\.aget"):
        store.get(("a",), "k")
