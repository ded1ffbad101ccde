"""Filters and namespace patterns of the store: against LangGraph's own comparison, and by example."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.store.base import MatchCondition
from langgraph.store.memory import InMemoryStore, _does_match

from stemma.memory.errors import InvalidItem
from stemma.memory.store.matching import NamespacePattern, check, passes

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "b", "1", ""])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xy"), inner, max_size=2)),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)
NUMBERS = st.dictionaries(st.sampled_from("xyz"), st.floats(-3, 3), min_size=3)
LABELS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map(tuple)


def theirs(value: dict[str, Any], conditions: dict[str, Any]) -> bool:
    """Whether LangGraph's store in memory finds the value."""
    store = InMemoryStore()
    store.put(("a",), "k", value)
    return bool(store.search(("a",), filter=conditions))


@settings(max_examples=60)
@given(ITEMS, ITEMS, st.sampled_from(["", "$eq", "$ne"]))
def test_equality_is_langgraphs(value: dict[str, Any], wanted: dict[str, Any], operator: str) -> None:
    conditions = {name: {operator: one} for name, one in wanted.items()} if operator else wanted
    assert passes(value, conditions) == theirs(value, conditions)


@settings(max_examples=40)
@given(NUMBERS, st.sampled_from("xyz"), st.floats(-3, 3), st.sampled_from(["$gt", "$gte", "$lt", "$lte"]))
def test_order_of_numbers_is_langgraphs(value: dict[str, Any], name: str, bound: float, operator: str) -> None:
    assert passes(value, {name: {operator: bound}}) == theirs(value, {name: {operator: bound}})


@given(
    LABELS, st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=4), st.sampled_from(["prefix", "suffix"])
)
def test_patterns_are_langgraphs(namespace: tuple[str, ...], path: list[str], kind: Any) -> None:
    pattern = NamespacePattern(kind, path)
    assert pattern.matches(namespace) == _does_match(MatchCondition(kind, tuple(path)), namespace)
    if pattern.matches(namespace):
        assert namespace[: len(pattern.fixed)] == pattern.fixed


def test_texts_are_ordered_as_texts_and_nothing_else_with_a_number() -> None:
    value = {"day": "2026-03-02", "n": "10", "none": None, "list": [1]}
    assert passes(value, {"day": {"$gte": "2026-03-01", "$lt": "2026-04-01"}})
    assert passes(value, {"n": {"$gt": 9}})
    assert not any(passes(value, {name: {"$gt": 1}}) for name in ("day", "none", "list", "missing"))
    assert not passes(value, {"day": {"$lt": 10**400}})


@pytest.mark.parametrize("conditions", [{"n": {"$near": 1}}, {"$or": []}, {"a": {"b": {"$in": [1]}}}])
def test_an_unknown_operator_is_refused_at_any_depth(conditions: dict[str, Any]) -> None:
    with pytest.raises(InvalidItem, match="operator"):
        check(conditions)
