"""Whose taint an answer is, and which turns built on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stemma.graphs.healing.taint import ends_in, later_runs, tainted_answers
from stemma.graphs.runs.grafts import Place
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.model import Answer, Claim, Relation, Scope, Source, SourceKind

HOME = Scope("t")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def source(name: str, *, supported: bool) -> Source:
    return Source(name, HOME, SourceKind.DOCUMENT, name, name, "", 1, NOON, supported=supported)


def claim(name: str, *, supported: bool) -> Claim:
    return Claim(name, HOME, name, NOON, supported=supported)


def answer(name: str, *, supported: bool = False) -> Answer:
    return Answer(name, HOME, name, "r", "t", "c", "q", NOON, supported=supported)


def edge(dependent: str, antecedent: str, relation: Relation = Relation.USED) -> LineageEdge:
    return LineageEdge(dependent, antecedent, relation)


def tainted(edges: list[LineageEdge], *items: Any) -> set[str]:
    lineage = Lineage(items[0].id, Direction.DOWNSTREAM, {item.id: item for item in items}, edges, ())
    return {found.id for found in tainted_answers(lineage)}


def test_taint_goes_through_what_is_no_longer_supported() -> None:
    edges = [edge("claim", "memo", Relation.DERIVED_FROM), edge("a", "claim", Relation.ASSERTS), edge("b", "memo")]
    items = (source("memo", supported=False), claim("claim", supported=False), answer("a"), answer("b"))
    assert tainted(edges, *items) == {"a", "b"}


def test_what_has_another_reason_stops_it() -> None:
    """Answer b is tainted by another decision: it rests on the memo through a claim that still stands."""
    edges = [edge("claim", "memo", Relation.DERIVED_FROM), edge("b", "claim"), edge("b", "other")]
    items = (source("memo", supported=False), claim("claim", supported=True), answer("b"))
    assert tainted(edges, *items) == set()


def test_what_a_newer_version_replaced_does_not_rest_on_it() -> None:
    edges = [edge("memo", "old", Relation.REPLACES), edge("old", "memo", Relation.SUPERSEDES), edge("a", "old")]
    items = (source("memo", supported=False), source("old", supported=False), answer("a"))
    assert tainted(edges, *items) == set()


def test_a_supported_root_taints_nothing() -> None:
    assert tainted([edge("a", "memo")], source("memo", supported=True), answer("a")) == set()


def test_later_turns_go_on_from_the_end_of_the_run() -> None:
    """c3 and c4 are a later turn, c5 and c6 the one after; b1 branched off before the run's end."""
    places = [
        Place("c6", "c5", "third"),
        Place("c5", "c4", "third"),
        Place("b2", "b1", "branch"),
        Place("b1", "c1", "branch"),
        Place("c4", "c3", "second"),
        Place("c3", "c2", "second"),
        Place("c2", "c1", "first"),
        Place("c1", None, "first"),
    ]
    assert later_runs(places, "first") == ["second", "third"]
    assert later_runs(places, "second") == ["third"]
    assert later_runs(places, "third") == []
    assert later_runs(places, "never") == []
    assert ends_in(places, "third")
    assert not ends_in(places, "first")
    assert not ends_in([], "first")
