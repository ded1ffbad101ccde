"""Truth maintenance, case by case; `test_support_properties.py` holds it against the definition on random graphs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from tests.contracts.memory_standing import IN, OUT, STALE, SUPERSEDED

World = dict[str, Sequence[Collection[str]]]

_NODES = {"s": Node.SOURCE, "p": Node.PASSAGE, "c": Node.CLAIM, "a": Node.ANSWER}


def facts(
    justifications: Mapping[str, Sequence[Collection[str]]],
    *,
    taken_back: Collection[str] = (),
    superseded_by: Mapping[str, Collection[str]] | None = None,
    around: Mapping[str, Status] | None = None,
) -> Facts:
    """Facts whose items say by their first letter what they are."""
    nodes = {item: _NODES[item[0]] for item in justifications}
    return Facts(nodes, justifications, taken_back, superseded_by or {}, around or {})


GROUND: World = {"s1": [()], "p1": [("s1",)], "s2": [()], "p2": [("s2",)]}


def test_support_comes_from_sources_upwards() -> None:
    found = statuses(facts({**GROUND, "c1": [("p1",)], "c2": [("c1", "p2")], "a1": [("c2", "p1")]}))
    assert set(found.values()) == {IN}


@pytest.mark.parametrize(("taken", "lost"), [("s1", {"s1", "p1", "c1", "c2", "a1"}), ("c2", {"c2", "a1"})])
def test_what_rests_on_what_is_taken_back_is_out(taken: str, lost: set[str]) -> None:
    world = {**GROUND, "c1": [("p1",)], "c2": [("c1", "p2")], "c3": [("c1",), ("p2",)], "a1": [("c2", "c3")]}
    found = statuses(facts(world, taken_back=[taken]))
    assert {item for item, status in found.items() if status == OUT} == lost


def test_claims_that_only_support_each_other_are_out() -> None:
    world = {**GROUND, "c1": [("c2",)], "c2": [("c1",)], "c3": [("c3",)], "a1": [("c1",)]}
    found = statuses(facts(world))
    assert {item for item, status in found.items() if status == OUT} == {"c1", "c2", "c3", "a1"}
    found = statuses(facts({**world, "c1": [("c2",), ("p1",)]}))
    assert {item for item, status in found.items() if status == OUT} == {"c3"}


def test_a_claim_that_rests_on_nothing_is_out_and_an_answer_is_in() -> None:
    found = statuses(facts({"c1": [], "a1": [()], "a2": [("c1",)]}))
    assert found == {"c1": OUT, "a1": IN, "a2": OUT}


def test_what_is_in_neither_place_supports_nothing() -> None:
    assert statuses(facts({"c1": [("p9",)], "c2": [("p9",), ("p8",)]}, around={"p8": IN})) == {"c1": OUT, "c2": IN}


def test_a_superseded_claim_supports_but_what_rests_on_it_is_stale() -> None:
    world = {**GROUND, "c1": [("p1",)], "c2": [("p2",)], "c3": [("c1",)], "c4": [("c1",), ("p2",)], "a1": [("c3",)]}
    found = statuses(facts(world, superseded_by={"c1": ["c2"]}))
    assert [found[item] for item in ("c1", "c2", "c3", "c4", "a1")] == [SUPERSEDED, IN, STALE, IN, STALE]
    found = statuses(facts(world, superseded_by={"c1": ["c2"]}, taken_back=["s2"]))
    assert [found[item] for item in ("c1", "c2", "c3", "c4", "a1")] == [IN, OUT, IN, IN, IN]


def test_a_correction_is_not_stale_by_what_it_corrects() -> None:
    world = {**GROUND, "c1": [("p1",)], "c2": [("c1",)], "c3": [("c1", "p2")], "c4": [("c2",)]}
    found = statuses(facts(world, superseded_by={"c1": ["c2", "c3"]}))
    assert [found[item] for item in ("c1", "c2", "c3", "c4")] == [SUPERSEDED, IN, IN, IN]


def test_a_correction_of_an_old_version_s_claim_is_as_stale_as_its_other_ground() -> None:
    world: World = {**GROUND, "c1": [("p1",)], "c2": [("c1", "p2")]}
    found = statuses(facts(world, superseded_by={"c1": ["c2"], "s2": ["s1"]}))
    assert [found[item] for item in ("s2", "p2", "c1", "c2")] == [SUPERSEDED, SUPERSEDED, SUPERSEDED, STALE]


def test_passages_are_as_current_as_their_source() -> None:
    world = {**GROUND, "c1": [("p1",)], "a1": [("p1", "p2")]}
    found = statuses(facts(world, superseded_by={"s1": ["s2"]}))
    assert [found[item] for item in ("s1", "p1", "c1", "a1")] == [SUPERSEDED, SUPERSEDED, STALE, STALE]


def test_a_region_takes_the_flags_around_it() -> None:
    world: World = {"c1": [("p1", "c8")], "c2": [("p2",)], "c3": [("c9",)]}
    around = {"p1": IN, "c8": STALE, "p2": IN, "c9": SUPERSEDED, "c7": STALE}
    found = statuses(facts(world, superseded_by={"c2": ["c7"]}, around=around))
    assert found == {"c1": STALE, "c2": SUPERSEDED, "c3": STALE}
    found = statuses(facts({"p1": [("s1",)]}, around={"s1": SUPERSEDED}))
    assert found == {"p1": SUPERSEDED}


def test_deep_chains_and_wide_fans_need_no_recursion() -> None:
    chain: World = {f"c{n}": [(f"c{n - 1}",)] for n in range(1, 20_000)}
    fan: World = {f"c_{n}": [("c19999", "p2")] for n in range(20_000)}
    world: World = {**GROUND, "c0": [("p1",)], **chain, **fan, "a1": [tuple(fan)]}
    found = statuses(facts(dict(reversed(world.items()))))
    assert set(found.values()) == {IN}
    found = statuses(facts(world, taken_back=["s1"]))
    assert {item for item, status in found.items() if status == IN} == {"s2", "p2"}
