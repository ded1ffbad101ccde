"""Ranking: properties that hold whatever the searches found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.errors import UnknownRecipe
from stemma.memory.model import Derivation, Scored
from stemma.memory.recall.rank import Ranked, fuse, named_in, place_claims
from stemma.memory.recall.recipes import RECIPES, recipe_named

HYBRID = RECIPES["hybrid"]
IDS = st.sampled_from([f"item-{n:02}" for n in range(30)])
SCORES = st.floats(-1, 30, allow_nan=False)


@st.composite
def searches(draw: st.DrawFn) -> list[Scored]:
    """One search's answer: no id twice, best first."""
    ids = draw(st.lists(IDS, unique=True, max_size=20))
    scores = sorted(draw(st.lists(SCORES, min_size=len(ids), max_size=len(ids))), reverse=True)
    return [Scored(item, score) for item, score in zip(ids, scores, strict=True)]


@given(searches(), searches(), st.dictionaries(IDS, st.floats(0, 1)))
def test_fusion_keeps_every_item_once_best_first(
    lexical: list[Scored], dense: list[Scored], bonuses: dict[str, float]
) -> None:
    ranked = fuse({"lexical": lexical, "dense": dense}, bonuses, HYBRID)
    assert sorted(item.id for item in ranked) == sorted({item.id for item in (*lexical, *dense)})
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)
    assert all(0 < item.score <= 1 + HYBRID.named_bonus for item in ranked)
    assert all(item.parts["fused"] <= 1 for item in ranked)


@given(searches(), searches())
def test_fusion_does_not_depend_on_the_order_of_searches(one: list[Scored], two: list[Scored]) -> None:
    forth = fuse({"lexical": one, "dense": two}, {}, HYBRID)
    back = fuse({"dense": two, "lexical": one}, {}, HYBRID)
    assert [(item.id, round(item.score, 9)) for item in forth] == [(item.id, round(item.score, 9)) for item in back]


@given(searches(), searches())
def test_fusion_sees_ranks_and_not_scores(one: list[Scored], two: list[Scored]) -> None:
    shifted = [Scored(item.id, item.score * 7 + 100) for item in one]
    before = fuse({"lexical": one, "dense": two}, {}, HYBRID)
    after = fuse({"lexical": shifted, "dense": two}, {}, HYBRID)
    assert [item.id for item in before] == [item.id for item in after]


@given(searches())
def test_one_search_keeps_its_scores(found: list[Scored]) -> None:
    ranked = fuse({"dense": found}, {}, RECIPES["dense"])
    assert {item.id: item.score for item in ranked} == {item.id: item.score for item in found}
    assert all(item.parts == {"dense": item.score} for item in ranked)


def test_first_in_both_searches_is_one() -> None:
    ranked = fuse({"lexical": [Scored("a", 9), Scored("b", 8)], "dense": [Scored("a", 0.9)]}, {}, HYBRID)
    assert ranked[0] == Ranked("a", 1.0, {"lexical": 9, "dense": 0.9, "fused": 1.0})
    assert ranked[1].score < 0.5


def test_a_title_in_the_question_is_named() -> None:
    titles = {"1": "The Port Merrow (harbour)", "2": "Saltrey", "3": "Crane", "4": "", "5": "1990", "6": "Merro"}
    assert named_in("Who runs the port Merrow's office, and Saltréy?", titles) == {"1": 1.0, "2": 1.0}


def test_a_title_of_many_items_names_each_of_them_less() -> None:
    titles = {str(n): "Saltrey" for n in range(4)} | {"x": "Port Merrow"}
    named = named_in("From Saltrey to Port Merrow", titles)
    assert named["0"] == 0.5
    assert named["x"] == 1.0


def claim(claim_id: str, *antecedents: str, justification: str = "j") -> list[Derivation]:
    return [Derivation(claim_id, item, justification, "quote", 0, 5, "test") for item in antecedents]


def order(items: Sequence[Ranked]) -> list[str]:
    return [item.id for item in items]


RANKED = [Ranked("claim", 0.9), Ranked("p1", 0.9), Ranked("p2", 0.5), Ranked("p3", 0.4)]


def test_an_echo_of_passages_shown_is_left_out() -> None:
    assert order(place_claims(RANKED, {"claim": claim("claim", "p1", "p2")}, (), 3, HYBRID)) == ["p1", "p2", "p3"]


def test_a_claim_with_evidence_that_is_not_shown_stays() -> None:
    lineage = {"claim": claim("claim", "p1", "p3")}
    assert order(place_claims(RANKED, lineage, (), 2, HYBRID))[:2] == ["p1", "claim"]


def test_one_justification_that_is_shown_makes_an_echo() -> None:
    lineage = {"claim": claim("claim", "p1") + claim("claim", "elsewhere", justification="k")}
    assert "claim" not in order(place_claims(RANKED, lineage, (), 4, HYBRID))


def test_a_claim_stands_behind_a_passage_of_the_same_score() -> None:
    free = replace(HYBRID, claim_discount=0.0)
    placed = place_claims(RANKED, {"claim": claim("claim", "elsewhere")}, (), 4, free)
    assert order(placed)[:2] == ["p1", "claim"]


def test_a_stale_claim_loses_more() -> None:
    lineage = {"claim": claim("claim", "old")}
    fresh = place_claims(RANKED, lineage, (), 4, HYBRID)
    stale = place_claims(RANKED, lineage, {"claim"}, 4, HYBRID)
    assert order(fresh) == ["p1", "claim", "p2", "p3"]
    assert order(stale) == ["p1", "p2", "claim", "p3"]


@given(
    st.lists(st.tuples(IDS, st.floats(-1, 1)), unique_by=lambda pair: pair[0]),
    st.sets(IDS),
    st.dictionaries(IDS, st.lists(IDS, max_size=3)),
    st.integers(1, 8),
)
def test_claims_never_push_a_better_passage_out(
    scored: list[tuple[str, float]], claims: set[str], rests: dict[str, list[str]], k: int
) -> None:
    ranked = sorted((Ranked(item, score) for item, score in scored), key=lambda item: (-item.score, item.id))
    lineage = {item.id: claim(item.id, *rests.get(item.id, [])) for item in ranked if item.id in claims}
    placed = place_claims(ranked, lineage, (), k, HYBRID)[:k]
    assert [item.score for item in placed] == sorted((item.score for item in placed), reverse=True)
    before = {item.id: item.score for item in ranked}
    shown_passages = [item for item in placed if item.id not in lineage]
    best_passages = [item for item in ranked if item.id not in lineage]
    assert shown_passages == best_passages[: len(shown_passages)]
    for left_out in best_passages[len(shown_passages) :]:
        for item in placed:
            assert before[item.id] >= left_out.score
    assert all(item.score <= before[item.id] for item in placed)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(UnknownRecipe) as failure:
        recipe_named("magic")
    assert "dense, graph, hybrid, lexical" in failure.value.hint
