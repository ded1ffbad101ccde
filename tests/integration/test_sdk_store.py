"""/store by the official SDK: places, filters, search, ends, and the same items inside a graph that is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

from stemma.graphs.errors import Forbidden
from stemma.graphs.keys.model import Role
from stemma.graphs.policy import Actor
from stemma.graphs.store.stores import StoreAccess
from stemma.memory.lineage.captions import headline
from stemma.memory.lineage.model import Direction
from stemma.memory.model import Scope, Source
from tests.integration.live_server import Live, live_server
from tests.integration.store_graphs import NOTES, blocking, noting

pytestmark = pytest.mark.asyncio(loop_scope="module")

PORTS = ["ports", "north"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    async with live_server(tmp_path_factory.mktemp("store")) as server:
        server.runtime.catalog.register("noting", noting())
        server.runtime.catalog.register("blocking", blocking())
        yield server


async def test_an_item_lives_as_long_as_nobody_deletes_it(sdk: LangGraphClient) -> None:
    store = sdk.store
    assert await store.get_item(PORTS, "merrow") is None
    await store.put_item(PORTS, "merrow", {"cranes": 4, "deep": {"list": [1, None, "ü"]}})
    first = await store.get_item(PORTS, "merrow")
    assert (first["namespace"], first["key"]) == (PORTS, "merrow")
    assert first["value"] == {"cranes": 4, "deep": {"list": [1, None, "ü"]}}
    await store.put_item(PORTS, "merrow", {"cranes": 5})
    second = await store.get_item(PORTS, "merrow")
    assert second["value"] == {"cranes": 5}
    assert second["created_at"] == first["created_at"]
    assert str(second["updated_at"]) > str(first["updated_at"])
    await store.delete_item(PORTS, "merrow")
    await store.delete_item(PORTS, "merrow")
    assert await store.get_item(PORTS, "merrow") is None


async def test_search_by_place_by_field_and_by_meaning(sdk: LangGraphClient) -> None:
    store = sdk.store
    for key, text, cranes in [
        ("a", "storm at the northern mole", 1),
        ("b", "tariffs of the lock", 2),
        ("c", "crew", 3),
    ]:
        await store.put_item(["search", key], key, {"text": text, "cranes": cranes}, index=["text"])
    await store.put_item(["search", "d"], "d", {"text": "storm storm storm", "cranes": 9}, index=False)
    found = await store.search_items(["search"], query="storm mole")
    assert found["items"][0]["key"] == "a"
    assert found["items"][-1]["key"] == "d"
    assert found["items"][-1]["score"] is None
    found = await store.search_items(["search"], filter={"cranes": {"$gte": 2, "$lt": 9}})
    assert sorted(item["key"] for item in found["items"]) == ["b", "c"]
    page = await store.search_items(["search"], limit=2, offset=1)
    assert [item["key"] for item in page["items"]] == ["c", "b"]
    listed = await store.list_namespaces(prefix=["search"], max_depth=1)
    assert listed["namespaces"] == [["search"]]
    assert (await store.list_namespaces(suffix=["b"]))["namespaces"] == [["search", "b"]]
    listed = await store.list_namespaces(prefix=["search", "*"], limit=2, offset=1)
    assert listed["namespaces"] == [["search", "b"], ["search", "c"]]


async def test_what_lives_for_a_time_ends_unless_it_is_read(live: Live, sdk: LangGraphClient) -> None:
    items = live.memory.graph
    await sdk.store.put_item(["ttl"], "k", {"n": 1}, ttl=60)
    later = datetime.now(UTC) + timedelta(minutes=61)
    scope = Scope("default")
    assert [item.ttl for item in await items.items_under(scope, ("ttl",), datetime.now(UTC))] == [60]
    assert await items.items_under(scope, ("ttl",), later) == []
    [before] = await items.items_under(scope, ("ttl",), datetime.now(UTC))
    await sdk.store.get_item(["ttl"], "k", refresh_ttl=False)
    await sdk.store.search_items(["ttl"], refresh_ttl=False)
    assert await items.items_under(scope, ("ttl",), datetime.now(UTC)) == [before]
    await sdk.store.get_item(["ttl"], "k")
    [after] = await items.items_under(scope, ("ttl",), datetime.now(UTC))
    assert before.expires_at
    assert after.expires_at
    assert after.expires_at > before.expires_at
    assert live.runtime.stores
    assert await live.runtime.stores.items.sweep(later) == 1
    assert await sdk.store.get_item(["ttl"], "k") is None


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/store/items", {"namespace": [], "key": "k", "value": {}}, "namespace"),
        ("PUT", "/store/items", {"namespace": ["a.b"], "key": "k", "value": {}}, "namespace"),
        ("PUT", "/store/items", {"namespace": ["langgraph"], "key": "k", "value": {}}, "namespace"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "k", "value": [1]}, "value"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "k", "value": {}, "ttl": 0}, "ttl"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "k", "value": {}, "index": True}, "index"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "k", "value": {}, "embed": 1}, "embed"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "k" * 3_000, "value": {}}, "key"),
        ("PUT", "/store/items", {"namespace": ["a"], "key": "\u0000", "value": {}}, "U+0000"),
        ("GET", "/store/items?namespace=a&key=", None, ""),
        ("GET", "/store/items?namespace=a..b&key=k", None, "namespace"),
        ("GET", "/store/items?key=k", None, "namespace"),
        ("DELETE", "/store/items", {"namespace": ["a"]}, "key"),
        ("POST", "/store/items/search", {"namespace_prefix": ["a"], "filter": {"n": {"$near": 1}}}, "$near"),
        ("POST", "/store/items/search", {"namespace_prefix": ["a"], "limit": 0}, "limit"),
        ("POST", "/store/namespaces", {"prefix": ["a.b"]}, "prefix"),
        ("POST", "/store/namespaces", {"max_depth": 0}, "max_depth"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    live: Live, method: str, path: str, body: dict[str, object] | None, field: str
) -> None:
    async with httpx.AsyncClient(base_url=live.url) as client:
        answer = await client.request(method, path, json=body)
    if not field:
        assert (answer.status_code, answer.json()) == (200, None)
        return
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


async def test_a_graph_uses_the_store_that_is_served(live: Live, sdk: LangGraphClient) -> None:
    thread = await sdk.threads.create()
    values = await sdk.runs.wait(thread["thread_id"], "noting", input={"note": "the harbour is closed"})
    assert isinstance(values, dict)
    assert values["found"] == ["get the harbour is closed", "search last", "tool the harbour is closed"]
    item = await sdk.store.get_item(list(NOTES), "last")
    assert item["value"] == {"text": "the harbour is closed"}
    await sdk.store.put_item(list(NOTES), "last", {"text": "by a client"})
    await sdk.runs.wait(thread["thread_id"], "noting", input={"note": "the harbour is open"})
    scope = Scope("default")
    [stored] = await live.memory.graph.items_under(scope, NOTES, datetime.now(UTC))
    source = await live.memory.item(scope, stored.source_id)
    assert isinstance(source, Source)
    assert (source.version, source.metadata["thread_id"]) == (3, thread["thread_id"])
    [newest, *_] = await sdk.runs.list(thread["thread_id"])
    assert source.metadata["run_id"] == newest["run_id"]
    older = await live.memory.lineage(scope, source.id, Direction.DOWNSTREAM)
    assert [headline(one) for one in older.items.values()] == [
        'last: {"text": "the harbour is open"}',
        'last: {"text": "by a client"}',
        'last: {"text": "the harbour is closed"}',
    ]


async def test_a_retracted_item_is_gone_from_the_store_and_comes_back(live: Live, sdk: LangGraphClient) -> None:
    await sdk.store.put_item(["said"], "k", {"text": "the mole has collapsed"})
    scope = Scope("default")
    [stored] = await live.memory.graph.items_under(scope, ("said",), datetime.now(UTC))
    effect = await live.memory.retract(scope, stored.source_id, reason="false", actor="ann")
    assert await sdk.store.get_item(["said"], "k") is None
    assert (await sdk.store.search_items(["said"], query="mole"))["items"] == []
    assert effect.retraction
    await live.memory.restore(scope, effect.retraction.id, actor="ann")
    item = await sdk.store.get_item(["said"], "k")
    assert item["value"] == {"text": "the mole has collapsed"}


async def test_recall_does_not_see_items(live: Live, sdk: LangGraphClient) -> None:
    await sdk.store.put_item(["secret"], "k", {"text": "zanzibar zanzibar"})
    assert await live.memory.recall(Scope("default"), "zanzibar") == []


async def test_a_synchronous_call_on_the_event_loop_fails_the_run_and_says_how_to_do_it(sdk: LangGraphClient) -> None:
    thread = await sdk.threads.create()
    values = await sdk.runs.wait(thread["thread_id"], "blocking", input={"note": ""}, raise_error=False)
    assert isinstance(values, dict)
    assert "await store.aget" in values["__error__"]["message"]


async def test_tenants_and_users_have_stores_of_their_own(live: Live) -> None:
    stores = live.runtime.stores
    assert stores
    actors = [Actor("one"), Actor("one", "ann"), Actor("one", "bob"), Actor("two", "ann")]
    everyone, ann, bob, stranger = (stores.of_actor(actor) for actor in actors)
    await everyone.aput(("a",), "k", {"of": "all"})
    await ann.aput(("a",), "k", {"of": "ann"})
    await ann.aput(("a",), "mine", {"of": "ann"})
    seen = [[(item.key, item.value["of"]) for item in await store.asearch(())] for store in (everyone, ann, bob)]
    assert [sorted(one) for one in seen] == [[("k", "all")], [("k", "ann"), ("mine", "ann")], [("k", "all")]]
    assert await stranger.asearch(()) == []
    assert await stranger.alist_namespaces() == []
    await bob.adelete(("a",), "k")
    assert await bob.aget(("a",), "k")


@dataclass(frozen=True)
class Fenced:
    """Rules that keep everybody below a namespace of their own, as a project's handlers do."""

    async def decide(self, actor: Actor, resource: str, action: str, value: dict[str, Any]) -> None:
        assert resource == "store"
        if action == "delete":
            raise Forbidden("nobody deletes")
        value["namespace"] = (actor.user, *(value["namespace"] or ()))
        value.setdefault("metadata", {})["owner"] = actor.user


async def test_rules_move_a_place_and_refuse(live: Live) -> None:
    stores = live.runtime.stores
    assert stores
    fenced = StoreAccess(stores, Actor("fenced", "ann", rules=Fenced()))
    await fenced.put(["a"], "k", {"n": 1})
    plain = StoreAccess(stores, Actor("fenced", "ann"))
    assert await plain.namespaces(None, None, max_depth=None, limit=10, offset=0) == [["ann", "a"]]
    found = await fenced.search([], filter=None, query=None, limit=10, offset=0)
    assert [item["key"] for item in found] == ["k"]
    got = await fenced.get(["a"], "k")
    assert got
    assert (got["namespace"], got["value"]) == (["ann", "a"], {"n": 1})
    with pytest.raises(Forbidden):
        await fenced.delete(["a"], "k")
    with pytest.raises(Forbidden, match="store:read"):
        await StoreAccess(stores, Actor("fenced", "ann", frozenset())).get(["a"], "k")


async def test_a_credential_opens_the_store_as_its_role_says(tmp_path_factory: pytest.TempPathFactory) -> None:
    put = {"namespace": ["a"], "key": "k", "value": {"n": 1}}
    async with live_server(tmp_path_factory.mktemp("roles"), require_key=True) as server:
        answers = {}
        for role in Role:
            _, secret = await server.runtime.keys.create(role.value, role=role, tenant="one", user="ann")
            async with httpx.AsyncClient(base_url=server.url, headers={"x-api-key": secret}) as client:
                answers[role] = [
                    (await client.put("/store/items", json=put)).status_code,
                    (await client.get("/store/items?namespace=a&key=k")).status_code,
                    (await client.request("DELETE", "/store/items", json={"namespace": ["a"], "key": "k"})).status_code,
                    (await client.post("/store/items/search", json={"namespace_prefix": []})).status_code,
                    (await client.post("/store/namespaces", json={})).status_code,
                ]
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.post("/store/namespaces", json={})).status_code == 401
    assert answers == {
        Role.READER: [403, 200, 403, 200, 200],
        Role.RUNNER: [204, 200, 204, 200, 200],
        Role.ADMIN: [204, 200, 204, 200, 200],
    }
