"""A lineage as a drawn tree: everything once, nothing for ever, and words that a person understands."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from stemma.memory.lineage.branches import branches
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.lineage.tree import Line, Role, drawn, plain
from stemma.memory.model import Answer, Relation
from tests.unit.memory.lineages import (
    NOW,
    SCOPE,
    answer,
    because,
    claim,
    lineage,
    lineages,
    passage,
    source,
    withdrawal,
)

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


def shown(value: Lineage, width: int = 100, *, boxes: bool = True) -> str:
    return "\n".join(plain(line) for line in drawn(value, width=width, boxes=boxes))


def first_lines(value: Lineage, width: int = 100) -> list[Line]:
    """The lines that begin an item."""
    return [line for line in drawn(value, width=width) if any(piece.role is Role.LABEL for piece in line)]


@given(lineages(), st.integers(80, 160), st.booleans())
def test_every_item_has_its_details_once_and_every_branch_its_line(value: Lineage, width: int, boxes: bool) -> None:
    lines = list(drawn(value, width=width, boxes=boxes))
    ids = Counter(piece.text for line in lines for piece in line if piece.role is Role.ID)
    deep = sum("(continued)" in plain(line) for line in lines)
    assert set(ids) == set(value.items)
    assert ids.total() == len(value.items) + deep
    words = Counter(piece.text.strip() for line in lines for piece in line if piece.role is Role.WORDS)
    assert words == Counter(branch.words for found in branches(value).values() for branch in found)


@given(lineages())
def test_every_edge_is_in_one_branch(value: Lineage) -> None:
    found = [edge for some in branches(value).values() for branch in some for edge in branch.edges]
    assert Counter(found) == Counter(value.edges)


@given(lineages(), st.integers(80, 140), st.booleans())
def test_lines_fit_and_cannot_move_the_cursor(value: Lineage, width: int, boxes: bool) -> None:
    for line in drawn(value, width=width, boxes=boxes):
        text = plain(line)
        assert cell_len(text) <= width
        assert not any(unicodedata.category(char).startswith("C") for char in text)


@pytest.mark.parametrize("width", [1, 10, 40])
def test_a_terminal_that_is_too_narrow_is_no_failure(width: int) -> None:
    chain = [claim(f"c{number}") for number in range(9)]
    edges = [edge for a, b in pairwise(chain) for edge in because(a.id, b.id, justification="j")]
    assert sum("  c" in line for line in shown(lineage(UP, chain, edges), width).splitlines()) >= len(chain)


def test_reasons_are_joined_by_and_and_or() -> None:
    items = [claim("c"), passage("p1"), passage("p2"), passage("p3")]
    edges = because("c", "p1", "p2", justification="j1") + because("c", "p3", justification="j2")
    words = [line[1].text for line in first_lines(lineage(UP, items, edges))[1:]]
    assert words == ["because ", "and ", "or because "]


def test_the_same_reason_found_by_two_runs_is_one_reason() -> None:
    items = [claim("c"), passage("p")]
    edges = [LineageEdge("c", "p", Relation.DERIVED_FROM, f"j{n}", "is shut", 9, 16, run_id=f"run-{n}") for n in (1, 2)]
    text = shown(lineage(UP, items, edges))
    assert text.count("because") == 1
    assert "“is shut” (characters 9 to 16)" in text
    assert "2 runs" in text


def test_claims_that_support_each_other_end() -> None:
    items = [claim("a"), claim("b")]
    edges = because("a", "b", justification="j") + because("b", "a", justification="k")
    text = shown(lineage(UP, items, edges))
    assert text.count("because") == 2
    assert text.count("(shown above)") == 1


def test_flags_decisions_pages_and_runs_are_shown() -> None:
    items = [
        answer("a", supported=False),
        passage("p", page=3, supported=False, recallable=False),
        source("s", supported=False, withdrawn=True),
    ]
    edges = [
        LineageEdge("a", "p", Relation.USED, rank=1, score=0.5),
        LineageEdge("p", "s", Relation.PART_OF),
    ]
    text = shown(lineage(UP, items, edges, retractions=[withdrawal("s")]))
    for words in (
        "answer (tainted)",
        "passage (no longer supported)",
        "source (withdrawn)",
        "run run-a, thread thread-a",
        "page 3",
        "rank 1, score 0.500",
        "withdrawn by maria, 2026-11-22 14:07 UTC: a forgery (retraction r-s)",
    ):
        assert words in text


def test_a_lifted_decision_says_who_lifted_it() -> None:
    text = shown(lineage(UP, [source("s")], [], retractions=[withdrawal("s", lifted=True)]), 200)
    assert "given back by ana, 2026-11-22 15:07 UTC" in text


def test_what_stands_in_its_place_is_named_from_both_sides() -> None:
    old, new = claim("old", recallable=False), claim("new")
    edges = [LineageEdge("new", "old", Relation.SUPERSEDES)]
    assert "superseded by claim" in shown(lineage(UP, [old, new], edges))
    assert "supersedes claim (superseded)" in shown(lineage(DOWN, [new, old], edges))


def test_what_stays_supported_below_something_withdrawn_says_so() -> None:
    gone = passage("p", supported=False, recallable=False)
    kept, lost = claim("kept", "Kept."), claim("lost", "Lost.", supported=False, recallable=False)
    edges = because("kept", "p", justification="j") + because("lost", "p", justification="j")
    text = shown(lineage(DOWN, [gone, kept, lost], edges))
    assert text.count("it stays supported, by something else") == 1
    assert text.index("Kept.") < text.index("it stays supported")


def test_a_deep_chain_goes_on_below_and_does_not_recurse() -> None:
    chain = [claim(f"{number:032}", f"Claim {number}.") for number in range(5_000)]
    edges = [edge for older, newer in pairwise(chain) for edge in because(newer.id, older.id, justification="j")]
    lines = list(drawn(lineage(DOWN, chain, edges), width=100))
    ids = [piece.text for line in lines for piece in line if piece.role is Role.ID]
    assert list(dict.fromkeys(ids)) == [item.id for item in chain]
    assert max(len(plain(line)) for line in lines) <= 100
    assert len(lines) < 5 * len(chain)
    assert any("goes on below" in plain(line) for line in lines)


def test_without_boxes_it_is_plain() -> None:
    items = [claim("c"), passage("p")]
    text = shown(lineage(UP, items, because("c", "p", justification="j", quote="shut")), boxes=False)
    assert not set("│├└─") & set(text)
    assert "\n- because passage" in text


def test_a_run_and_its_thread_can_be_copied_at_80_columns() -> None:
    run, thread = "1f1e6adb-897c-6488-b488-2c5d30fe0851", "1f1e6adb-8903-6d10-aa7b-64a4010285e4"
    said = Answer("a" * 32, SCOPE, "It is shut.", run, thread, "c", "Is it?", NOW)
    text = shown(lineage(DOWN, [claim("c"), said], [LineageEdge("a" * 32, "c", Relation.ASSERTS)]), 80)
    assert f"run {run}" in text
    assert f"thread {thread}" in text
