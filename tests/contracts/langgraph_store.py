"""What a graph may expect of its `store`, whichever it is: the same checks run on LangGraph's own stores and on ours.

A check takes an empty store; for those of `BY_MEANING` its index covers the whole value, embedded by `words`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchItem,
    SearchOp,
)

Check = Callable[[BaseStore], Awaitable[None]]
DIMENSION = 16
NOTES = ("notes",)


def words(texts: Sequence[str]) -> list[list[float]]:
    """A vector for each text in which each of the words below has an axis."""
    axes = ["crane", "pilot", "storm", "berth", "cargo", "tide"]
    return [[1e-3, *[float(word in text) for word in axes], *[0.0] * (DIMENSION - 1 - len(axes))] for text in texts]


async def keys(store: BaseStore, *prefix: str, **asked: Any) -> set[str]:
    """What a search finds."""
    return {item.key for item in await store.asearch(prefix, **asked)}


async def check_what_is_put_is_there(store: BaseStore) -> None:
    value = {"text": "ünïcode 😀", "n": 1, "f": 1.5, "yes": True, "none": None, "deep": {"list": [1, {"a": "b"}]}}
    await store.aput(("users", "ann"), "prefs", value)
    item = await store.aget(("users", "ann"), "prefs")
    assert isinstance(item, Item)
    assert (item.namespace, item.key, item.value) == (("users", "ann"), "prefs", value)
    assert item.created_at <= item.updated_at
    assert await store.aget(("users",), "prefs") is None
    assert await store.aget(("users", "ann"), "Prefs") is None


async def check_a_put_replaces_the_whole_value(store: BaseStore) -> None:
    await store.aput(NOTES, "k", {"a": 1, "b": 2})
    before = await store.aget(NOTES, "k")
    await store.aput(NOTES, "k", {"b": 3})
    after = await store.aget(NOTES, "k")
    assert before
    assert after
    assert after.value == {"b": 3}
    assert after.updated_at >= before.updated_at


async def check_a_deleted_item_is_gone_and_may_come_again(store: BaseStore) -> None:
    await store.aput(NOTES, "k", {"a": 1})
    await store.adelete(NOTES, "k")
    await store.adelete(NOTES, "never there")
    assert await store.aget(NOTES, "k") is None
    assert await keys(store, *NOTES) == set()
    await store.aput(NOTES, "k", {"a": 1})
    assert await keys(store, *NOTES) == {"k"}


async def check_places_that_cannot_be_are_refused(store: BaseStore) -> None:
    for namespace in [(), ("a.b",), ("",), ("langgraph", "x"), ("a", "b\x00")]:
        with pytest.raises(InvalidNamespaceError):
            await store.aput(namespace, "k", {"a": 1})
    assert await store.alist_namespaces() == []


async def check_a_batch_checks_its_places_too(store: BaseStore) -> None:
    with pytest.raises(InvalidNamespaceError):
        await store.abatch([PutOp(("a.b",), "k", {"a": 1})])
    assert await store.alist_namespaces() == []


async def check_a_search_covers_what_lies_below(store: BaseStore) -> None:
    places = {"1": ("a",), "2": ("a", "b"), "3": ("a", "b", "c"), "4": ("ab",), "5": ("b",), "6": ("A",)}
    for key, namespace in places.items():
        await store.aput(namespace, key, {"n": key})
    assert await keys(store, "a") == {"1", "2", "3"}
    assert await keys(store, "a", "b") == {"2", "3"}
    assert await keys(store) == set(places)
    assert await keys(store, "nowhere") == set()


async def check_a_search_comes_in_pages(store: BaseStore) -> None:
    for n in range(12):
        await store.aput(NOTES, f"{n:02}", {"n": n})
    assert len(await store.asearch(NOTES)) == 10
    pages = [await keys(store, *NOTES, limit=5, offset=offset) for offset in (0, 5, 10, 15)]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert len(set().union(*pages)) == 12


async def check_filters_compare(store: BaseStore) -> None:
    rows: dict[str, dict[str, Any]] = {
        "a": {"n": 1, "port": "Merrow", "open": True, "score": 4.5},
        "b": {"n": 2, "port": "Calder", "open": False, "score": 4.99},
        "c": {"n": 10, "port": "Merrow", "open": True, "score": 5.0},
    }
    for key, value in rows.items():
        await store.aput(NOTES, key, value)
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"port": "Merrow"}, {"a", "c"}),
        ({"port": "Merrow", "n": 10}, {"c"}),
        ({"open": False}, {"b"}),
        ({"port": {"$eq": "Calder"}}, {"b"}),
        ({"port": {"$ne": "Merrow"}}, {"b"}),
        ({"n": {"$gt": 2}}, {"c"}),
        ({"n": {"$gte": 2}}, {"b", "c"}),
        ({"n": {"$lt": 10}}, {"a", "b"}),
        ({"score": {"$lte": 4.99}}, {"a", "b"}),
        ({"score": {"$gte": 4.5, "$lt": 5}}, {"a", "b"}),
        ({"n": 99}, set()),
    ]
    for conditions, wanted in expected:
        assert await keys(store, *NOTES, filter=conditions) == wanted, conditions
    assert len(await store.asearch(NOTES, filter={"port": "Merrow"}, limit=1, offset=1)) == 1


async def check_an_unknown_operator_is_refused(store: BaseStore) -> None:
    await store.aput(NOTES, "k", {"n": 1})
    with pytest.raises(Exception, match=r"\$near"):
        await store.asearch(NOTES, filter={"n": {"$near": 1}})


async def check_a_search_by_meaning_ranks(store: BaseStore) -> None:
    await store.aput(NOTES, "both", {"text": "a crane in a storm"})
    await store.aput(NOTES, "one", {"text": "a crane"})
    await store.aput(NOTES, "other", {"text": "a tide"})
    await store.aput(("else",), "where", {"text": "a crane"})
    found = await store.asearch(NOTES, query="crane")
    assert [item.key for item in found] == ["one", "both", "other"]
    scores = [item.score for item in found if item.score is not None]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert [item.key for item in await store.asearch(NOTES, query="crane", limit=1, offset=1)] == ["both"]
    assert [item.score for item in await store.asearch(NOTES)] == [None] * 3
    assert await keys(store, *NOTES, query="crane", filter={"text": "a tide"}) == {"other"}


async def check_a_put_says_which_fields_are_indexed(store: BaseStore) -> None:
    await store.aput(NOTES, "field", {"text": "a crane", "noise": "storm storm"}, index=["text"])
    await store.aput(NOTES, "deep", {"log": [{"is": "a tide"}, {"is": "a pilot"}]}, index=["log[*].is"])
    await store.aput(NOTES, "last", {"log": ["a tide", "a berth"]}, index=["log[-1]"])
    for query, wanted in [("crane", "field"), ("pilot", "deep"), ("berth", "last"), ("tide", "deep")]:
        [best, *_] = await store.asearch(NOTES, query=query)
        assert best.key == wanted
        assert best.score == pytest.approx(1.0, abs=0.01)
    scores = {item.key: item.score for item in await store.asearch(NOTES, query="storm")}
    assert all(score is not None and score < 0.1 for score in scores.values())


async def check_a_new_value_is_found_by_what_it_says_now(store: BaseStore) -> None:
    await store.aput(NOTES, "k", {"text": "a crane"})
    await store.aput(NOTES, "k", {"text": "a tide"})
    [found] = await store.asearch(NOTES, query="tide")
    assert found.score is not None
    assert found.score > 0.99
    [found] = await store.asearch(NOTES, query="crane")
    assert found.score is not None
    assert found.score < 0.1


async def check_namespaces_are_listed(store: BaseStore) -> None:
    spaces = [("a", "b", "c"), ("a", "b", "d", "e"), ("a", "b", "d", "i"), ("a", "b", "f"), ("a", "c", "f"), ("z",)]
    for namespace in spaces:
        await store.aput(namespace, "k", {"n": 1})
        await store.aput(namespace, "l", {"n": 1})
    listed = store.alist_namespaces
    assert await listed() == sorted(spaces)
    assert await listed(prefix=("a", "b"), max_depth=3) == [("a", "b", "c"), ("a", "b", "d"), ("a", "b", "f")]
    assert await listed(prefix=("a", "*", "f")) == [("a", "b", "f"), ("a", "c", "f")]
    assert await listed(suffix=("f",)) == [("a", "b", "f"), ("a", "c", "f")]
    assert await listed(suffix=("*", "e")) == [("a", "b", "d", "e")]
    assert await listed(prefix=("a", "b"), suffix=("i",)) == [("a", "b", "d", "i")]
    assert await listed(max_depth=1) == [("a",), ("z",)]
    assert await listed(max_depth=1, limit=1, offset=1) == [("z",)]
    assert await listed(limit=2, offset=1) == sorted(spaces)[1:3]
    assert await listed(prefix=("a", "b", "c", "d", "e")) == []


async def check_a_batch_answers_in_order_and_reads_what_was_before(store: BaseStore) -> None:
    await store.aput(NOTES, "old", {"n": 1})
    results = await store.abatch(
        [
            GetOp(NOTES, "old"),
            PutOp(NOTES, "new", {"n": 2}),
            PutOp(NOTES, "old", None),
            SearchOp(NOTES),
            ListNamespacesOp(match_conditions=(MatchCondition("prefix", NOTES),)),
            GetOp(NOTES, "new"),
        ]
    )
    got, put, deleted, found, spaces, early = results
    assert isinstance(got, Item)
    assert (got.value, put, deleted, spaces, early) == ({"n": 1}, None, None, [NOTES], None)
    assert isinstance(found, list)
    assert [item.key for item in found if isinstance(item, SearchItem)] == ["old"]
    assert await keys(store, *NOTES) == {"new"}


async def check_the_last_put_of_a_batch_counts(store: BaseStore) -> None:
    await store.abatch([PutOp(NOTES, "k", {"n": n}) for n in range(5)] + [PutOp(NOTES, "gone", {"n": 0})])
    await store.abatch([PutOp(NOTES, "gone", {"n": 1}), PutOp(NOTES, "gone", None), PutOp(NOTES, "k", {"n": 9})])
    item = await store.aget(NOTES, "k")
    assert item
    assert item.value == {"n": 9}
    assert await store.aget(NOTES, "gone") is None
    assert await store.abatch([]) == []


PLAIN: list[Check] = [
    check_what_is_put_is_there,
    check_a_put_replaces_the_whole_value,
    check_a_deleted_item_is_gone_and_may_come_again,
    check_places_that_cannot_be_are_refused,
    check_a_search_covers_what_lies_below,
    check_a_search_comes_in_pages,
    check_filters_compare,
    check_an_unknown_operator_is_refused,
    check_namespaces_are_listed,
    check_a_batch_answers_in_order_and_reads_what_was_before,
    check_the_last_put_of_a_batch_counts,
]
BY_MEANING: list[Check] = [
    check_a_search_by_meaning_ranks,
    check_a_put_says_which_fields_are_indexed,
    check_a_new_value_is_found_by_what_it_says_now,
]
STRICT: list[Check] = [check_a_batch_checks_its_places_too]
"""What `InMemoryStore` does not do, and stores that write namespaces as text have to."""
CHECKS = [*PLAIN, *BY_MEANING, *STRICT]
