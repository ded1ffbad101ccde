"""What a filter lets an actor see. What is not understood matches nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.filters import contradicts, exact, is_filter, matches

MINE = {"owner": "ann", "people": ["ann", "bob"], "n": 1, "org": {"id": "x", "plan": "free"}, "none": None}


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({}, True),
        (None, True),
        ({"owner": "ann"}, True),
        ({"owner": "bob"}, False),
        ({"owner": {"$eq": "ann"}}, True),
        ({"owner": {"$eq": "bob"}}, False),
        ({"owner": "ann", "n": 2}, False),
        ({"missing": "ann"}, False),
        ({"missing": None}, False),
        ({"none": None}, False),
        ({"people": {"$contains": "bob"}}, True),
        ({"people": {"$contains": ["bob", "ann"]}}, True),
        ({"people": {"$contains": ["bob", "eve"]}}, False),
        ({"people": {"$contains": "b"}}, False),
        ({"owner": {"$contains": "ann"}}, False),
        ({"missing": {"$contains": []}}, False),
        ({"org": {"id": "x"}}, True),
        ({"org": {"id": "y"}}, False),
        ({"org": {"id": {"$eq": "x"}}}, True),
        ({"n": True}, False),
        ({"n": "1"}, False),
        ({"people": ["ann", "bob"]}, True),
        ({"people": ["bob", "ann"]}, False),
        ({"owner": {"$ne": "bob"}}, False),
    ],
)
def test_what_a_filter_matches(wanted: Any, seen: bool) -> None:
    assert matches(MINE, wanted) is seen


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ({"owner": "ann", "people": {"$contains": ["a"]}, "org": {"id": 1}}, True),
        ({"owner": {"$ne": "ann"}}, False),
        ({"owner": {"$eq": "ann", "$contains": "b"}}, False),
        ({"owner": {"$eq": "ann", "id": 1}}, False),
        ({"$or": [{"owner": "ann"}]}, False),
        ({1: "ann"}, False),
        ("owner", False),
        ([], False),
    ],
    ids=str,
)
def test_what_is_a_filter(answer: Any, good: bool) -> None:
    assert is_filter(answer) is good


values = st.one_of(st.text(max_size=2), st.booleans(), st.integers(0, 2), st.none(), st.lists(st.text(max_size=1)))
metadatas = st.dictionaries(st.sampled_from("abc"), values, max_size=3)
rules = st.one_of(
    values,
    st.fixed_dictionaries({"$eq": values}),
    st.fixed_dictionaries({"$contains": st.one_of(st.text(max_size=1), st.lists(st.text(max_size=1), max_size=2))}),
)
filters = st.dictionaries(st.sampled_from("abc"), rules, max_size=3)


@given(metadatas, filters)
def test_what_matches_has_every_field_and_may_be_written_by_who_sees_it(metadata: Any, wanted: Any) -> None:
    assert is_filter(wanted)
    if matches(metadata, wanted):
        assert set(wanted) <= set(metadata)
        assert not contradicts(metadata, wanted)
        assert all(metadata[field] == value for field, value in exact(wanted).items())
    assert not contradicts({}, wanted)


@given(metadatas, filters, filters)
def test_another_condition_never_shows_more(metadata: Any, wanted: Any, more: Any) -> None:
    if matches(metadata, {**more, **wanted}):
        assert matches(metadata, wanted)
