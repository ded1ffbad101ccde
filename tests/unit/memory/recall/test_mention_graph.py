"""The mention graph: what came first does not matter, and a reader's view is the graph of what the reader sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.memory.model import Node
from stemma.memory.recall.edge_table import EdgeKind
from stemma.memory.recall.mention_graph import MentionGraph
from stemma.memory.recall.ports import GraphItem
from stemma.memory.recall.recipes import Walk
from stemma.memory.recall.region import region_around
from stemma.memory.recall.visible_graph import VisibleGraph
from stemma.memory.recall.walk import walked
from tests.unit.memory.recall.small_world import AUDIENCES, DIMENSION, cut, item, worlds

QUESTION = np.full(DIMENSION, DIMENSION**-0.5, np.float32)
Edge = tuple[str, str, int, int, float]


def graph_of(*batches: Sequence[GraphItem], later: Collection[int] = ()) -> MentionGraph:
    """From batch after batch; those of the places `later` are settled together with what comes after them."""
    graph = MentionGraph()
    for place, batch in enumerate(batches):
        graph.take(batch)
        if place not in later:
            graph.settle()
    graph.settle()
    assert graph.settled
    return graph


def edges_of(view: VisibleGraph) -> list[Edge]:
    """Every usable edge by what it means: item, name, kind, sentence, and the name's rarity."""
    keys = {number: key for key, number in view.graph.names.items()}
    table = view.edges
    return sorted(
        (
            view.graph.identity(int(table.item[edge]))[0],
            keys[int(table.name[edge])],
            int(table.kind[edge]),
            int(table.sentence[edge]),
            round(float(view.rarity[table.name[edge]]), 5),
        )
        for edge in np.flatnonzero(view.usable)
    )


def shares(view: VisibleGraph, start: Iterable[str]) -> dict[str, float]:
    """Where a walk from these items ends, by item."""
    numbers = [view.graph.number_of[item_id] for item_id in start if item_id in view.graph.number_of]
    seeds = {number: 1.0 for number in numbers if view.passages[number]}
    seeds = {number: 1 / len(seeds) for number in seeds}
    region = region_around(view, seeds, QUESTION, Walk())
    restart = np.zeros(len(region.passages))
    restart[: len(seeds)] = list(seeds.values())
    result = walked(region, restart, Walk())
    found = zip(region.passages.tolist(), result.passages.tolist(), strict=True)
    return {view.graph.identity(number)[0]: share for number, share in found}


def seen_by(items: Sequence[GraphItem], audiences: Collection[str]) -> list[GraphItem]:
    return [one for one in items if one.recallable and one.audience in audiences]


@given(worlds(), st.lists(st.integers(0, 20), max_size=4), st.sets(st.integers(0, 4)))
@settings(max_examples=150, deadline=None)
def test_item_by_item_gives_the_graph_that_a_rebuild_gives(
    items: list[GraphItem], places: list[int], later: set[int]
) -> None:
    graphs = graph_of(items), graph_of(*cut(items, places), later=later)
    once, by_parts = (VisibleGraph(graph, AUDIENCES) for graph in graphs)
    assert edges_of(once) == edges_of(by_parts)
    assert shares(once, ["item-00", "item-03"]) == pytest.approx(shares(by_parts, ["item-00", "item-03"]))


@given(worlds(), st.permutations(range(12)))
@settings(max_examples=80, deadline=None)
def test_the_order_of_arrival_does_not_matter(items: list[GraphItem], order: list[int]) -> None:
    moved = [items[place] for place in order if place < len(items)]
    one, other = graph_of(*([each] for each in items)), graph_of(*([each] for each in moved))
    assert edges_of(VisibleGraph(one, AUDIENCES)) == edges_of(VisibleGraph(other, AUDIENCES))


@given(worlds(), st.sampled_from([("everyone",), ("everyone", "ann"), ("everyone", "ben"), ()]))
@settings(max_examples=150, deadline=None)
def test_a_view_is_the_graph_of_what_the_reader_sees(items: list[GraphItem], audiences: tuple[str, ...]) -> None:
    masked = VisibleGraph(graph_of(items), audiences)
    alone = VisibleGraph(graph_of(seen_by(items, audiences)), audiences)
    assert edges_of(masked) == edges_of(alone)
    start = ["item-00", "item-01", "item-05"]
    assert shares(masked, start) == pytest.approx(shares(alone, start))
    for question in ("When did New York Harbour see Ada Byron?", "Who is Ada of York?"):
        named = [
            {view.graph.identity(number)[0]: strength for number, strength in view.named_in(question).items()}
            for view in (masked, alone)
        ]
        assert named[0] == named[1]


@given(worlds(), st.sets(st.integers(0, 11), max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_flag_that_changes_changes_the_graph_as_a_rebuild_would(items: list[GraphItem], flipped: set[int]) -> None:
    after = [replace(one, recallable=one.recallable != (n in flipped)) for n, one in enumerate(items)]
    changed = graph_of(items, [one for n, one in enumerate(after) if n in flipped])
    assert edges_of(VisibleGraph(changed, AUDIENCES)) == edges_of(VisibleGraph(graph_of(after), AUDIENCES))


def test_a_longer_name_takes_the_place_of_a_shorter_one_for_those_who_may_know_it() -> None:
    items = [
        item("york", "York", "York lies on the Ouse."),
        item("secret", "New York", "New York lies elsewhere.", audience="ann"),
        item("note", "Note", "They sailed to New York."),
    ]
    graph = graph_of(items)
    public, ann = VisibleGraph(graph, ["everyone"]), VisibleGraph(graph, ["everyone", "ann"])
    mentions = [(edge[0], edge[1]) for edge in edges_of(public) if edge[2] == EdgeKind.MENTION]
    assert mentions == [("note", "york")]
    assert [(edge[0], edge[1]) for edge in edges_of(ann) if edge[2] == EdgeKind.MENTION] == [("note", "new york")]


def test_claims_do_not_steer() -> None:
    passages = [item("a", "Ada Byron", "Ada Byron rose."), item("b", "Tide", "Tide saw Ada Byron.")]
    claim = item("c", "", "Ada Byron saw Port Merrow.", node=Node.CLAIM)
    with_claim = VisibleGraph(graph_of([*passages, claim]), AUDIENCES)
    without = VisibleGraph(graph_of(passages), AUDIENCES)
    assert edges_of(with_claim) == edges_of(without)
    assert len(with_claim.edges_of_claim(with_claim.graph.number_of["c"])) == 1
