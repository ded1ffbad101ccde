"""Which step comes next."""

from typing import Any

import pytest

from stemma.graphs.answer.routing import (
    MOST_DRAFTS,
    MOST_RECALLS,
    after_abstain,
    after_grade,
    after_rewrite,
    after_verify,
)
from stemma.graphs.answer.state import AnswerState
from stemma.graphs.answer.verify import judge


def graded(queries: int, *, enough: bool, sufficient: bool) -> AnswerState:
    return AnswerState(queries=["q"] * queries, evidence={"enough": enough, "sufficient": sufficient})


def test_sufficient_evidence_is_answered_from_at_once() -> None:
    assert after_grade(graded(1, enough=True, sufficient=True)) == "generate"


@pytest.mark.parametrize("enough", [True, False])
def test_two_rewrites_at_most(enough: bool) -> None:
    routes = [after_grade(graded(n, enough=enough, sufficient=False)) for n in range(1, MOST_RECALLS + 1)]
    assert routes == ["rewrite", "rewrite", "generate" if enough else "abstain"]


@pytest.mark.parametrize(
    ("query", "enough", "route"),
    [("other words", False, "recall"), ("", True, "generate"), ("", False, "abstain")],
)
def test_without_another_query_there_is_no_further_recall(query: str, enough: bool, route: str) -> None:
    assert after_rewrite(AnswerState(query=query, evidence={"enough": enough})) == route


@pytest.mark.parametrize(("verdict", "route"), [("answer", "learn"), ("again", "generate"), ("nothing", "abstain")])
def test_verdicts(verdict: str, route: str) -> None:
    assert after_verify(AnswerState(verdict=verdict)) == route


@pytest.mark.parametrize(
    ("kept", "failed", "generations", "verdict"),
    [
        (2, 0, 1, "answer"),
        (1, 1, 1, "again"),
        (0, 1, 1, "again"),
        (1, 1, MOST_DRAFTS, "answer"),
        (0, 1, MOST_DRAFTS, "nothing"),
        (0, 0, 1, "nothing"),
    ],
)
def test_judge(kept: int, failed: int, generations: int, verdict: str) -> None:
    assert judge([{}] * kept, [{}] * failed, generations) == verdict


@pytest.mark.parametrize(("rejected", "route"), [([{"text": "x"}], "learn"), ([], "end")])
def test_what_failed_goes_to_quarantine_even_when_abstaining(rejected: list[dict[str, Any]], route: str) -> None:
    assert after_abstain(AnswerState(rejected=rejected)) == route
