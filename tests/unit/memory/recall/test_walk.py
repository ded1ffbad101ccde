"""Seeds, the walk and the way it took."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.memory.model import Node, Scored
from stemma.memory.recall.graph_rank import Found, rank_by_walk
from stemma.memory.recall.mention_graph import MentionGraph
from stemma.memory.recall.ports import GraphItem
from stemma.memory.recall.recipes import RECIPES, Walk
from stemma.memory.recall.region import region_around
from stemma.memory.recall.seeds import seeds
from stemma.memory.recall.visible_graph import VisibleGraph
from stemma.memory.recall.walk import walked
from tests.unit.memory.recall.small_world import AUDIENCES, DIMENSION, item, worlds

GRAPH = RECIPES["graph"]
WALK = Walk()
VECTOR = [DIMENSION**-0.5] * DIMENSION


def view_of(*items: GraphItem) -> VisibleGraph:
    graph = MentionGraph()
    graph.take(items)
    graph.settle()
    return VisibleGraph(graph, AUDIENCES)


def chain() -> VisibleGraph:
    """Ferry -> Lund -> Skagen, and a passage that has nothing to do with them."""
    return view_of(
        item("ferry", "Gullmar ferry", "The Gullmar ferry has one pilot, Anna Lund."),
        item("lund", "Anna Lund", "Anna Lund was raised in Skagen."),
        item("skagen", "Skagen", "Skagen is a town."),
        item("other", "Tide", "The tide rose."),
    )


def test_the_walk_reaches_what_no_search_found_and_says_how() -> None:
    found = Found("Where was the pilot of the ferry raised?", [Scored("ferry", 9.0), Scored("other", 1.0)], [], None)
    ranking = rank_by_walk(chain(), found, GRAPH, WALK, ways=10)
    order = [one.id for one in ranking.ranked]
    assert order.index("lund") < order.index("skagen") < order.index("other")
    assert [(step.item_id, step.title, step.entity) for step in ranking.paths["lund"]] == [
        ("ferry", "Gullmar ferry", "Anna Lund")
    ]
    assert [step.entity for step in ranking.paths["skagen"]] == ["Anna Lund", "Skagen"]
    assert "ferry" not in ranking.paths
    assert ranking.ranked[0].parts.keys() >= {"walk"}


def test_a_claim_is_reached_and_changes_nothing_else() -> None:
    passages = [item("ferry", "Gullmar ferry", "Its pilot is Anna Lund."), item("lund", "Anna Lund", "Anna Lund rose.")]
    claim = item("claim", "", "Anna Lund is old.", node=Node.CLAIM)
    lexical = [Scored("ferry", 5.0)]
    before = rank_by_walk(view_of(*passages), Found("ferry", lexical, [], None), GRAPH, WALK, 5)
    with_claim = Found("ferry", [*lexical, Scored("claim", 0.5, Node.CLAIM)], [], None)
    after = rank_by_walk(view_of(*passages, claim), with_claim, GRAPH, WALK, 5)
    scores = {one.id: one.score for one in after.ranked}
    assert {one.id: pytest.approx(one.score) for one in before.ranked} == {
        item_id: score for item_id, score in scores.items() if item_id != "claim"
    }
    assert 0 < scores["claim"] < scores["ferry"]


def test_what_the_graph_does_not_know_is_ranked_by_its_search() -> None:
    found = Found("x", [Scored("new", 3.0), Scored("newer", 2.0)], [], None)
    assert [one.id for one in rank_by_walk(chain(), found, GRAPH, WALK, 5).ranked] == ["new", "newer"]
    assert rank_by_walk(chain(), Found("x", [], [], None), GRAPH, WALK, 5).ranked == []


@given(worlds(), st.sets(st.integers(0, 11), min_size=1))
@settings(max_examples=80, deadline=None)
def test_a_walk_makes_no_mass_and_stays_among_what_is_seen(items: list[GraphItem], chosen: set[int]) -> None:
    graph = MentionGraph()
    graph.take(items)
    graph.settle()
    view = VisibleGraph(graph, ["everyone"])
    seen = [number for number in chosen if number < len(items) and view.passages[number]]
    region = region_around(view, {number: 1 / len(seen) for number in seen}, np.asarray(VECTOR, np.float32), WALK)
    restart = np.zeros(len(region.passages))
    restart[: len(seen)] = 1 / max(len(seen), 1)
    result = walked(region, restart, WALK)
    assert result.passages.sum() + result.names.sum() <= 1 + 1e-9
    assert (result.passages >= 0).all()
    assert all(view.passages[number] for number in region.passages)
    assert np.bincount(region.name, region.back, len(region.names)).max(initial=0) <= 1 + 1e-9


def test_two_searches_become_one_score() -> None:
    lexical = [Scored("a", 10.0), Scored("b", 5.0)]
    dense = [Scored("b", 0.8), Scored("c", 0.4)]
    found = seeds(lexical, dense, {"c": 0.6}, {"c": 0.5}, {"a": 7}, GRAPH)
    assert found["a"].score == pytest.approx(0.5)
    assert found["b"].score == pytest.approx(0.25 + 0.5)
    assert found["c"].score == pytest.approx(0.5 * 0.5 / 0.8 + GRAPH.named_bonus * 0.5)
    assert (found["a"].number, found["b"].number) == (7, -1)
    assert found["c"].parts == pytest.approx({"dense": 0.4, "sentence": 0.6, "named": 0.25, "seed": found["c"].score})


def test_a_full_search_is_scaled_over_what_it_found() -> None:
    many = [Scored(f"{n:03}", 200.0 - n) for n in range(GRAPH.pool)]
    found = seeds(many, [], {}, {}, {}, GRAPH)
    assert (found["000"].score, found["099"].score) == (0.5, 0.0)
