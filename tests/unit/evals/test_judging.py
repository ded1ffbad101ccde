"""Evaluators: what they say becomes scores and labels, and what they break stays in their own metric."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event as Flag
from typing import Any, cast

import pytest

from stemma.evals.case import Case, Failure, Row, Score
from stemma.evals.errors import InvalidEvaluator
from stemma.evals.evaluator import CaseView, Evaluator, Judgement, Verdict, evaluator, frozen
from stemma.evals.evaluator_file import load_evaluators
from stemma.evals.judging import Judged, judges, label_counts, with_judgements
from stemma.evals.recording import Recording

CASE = Case("set/q1", "set", "Who?")
VIEW = CaseView({}, {"answer": "Mira Holt."}, CASE, "r", "t", 1.0, Recording((), (), (), ()), (), ())


async def judged(*evaluators: Evaluator, timeout: float = 20.0) -> tuple[Judged, ...]:
    with judges(evaluators, timeout) as ready:
        return await ready.judge(VIEW)


def saying(said: object) -> Evaluator:
    return evaluator(name="said")(lambda _: cast("Any", said))


@pytest.mark.parametrize(
    ("said", "value", "reason"),
    [
        (True, 1.0, ""),
        (False, 0.0, ""),
        (0.25, 0.25, ""),
        (1, 1.0, ""),
        (" polite ", "polite", ""),
        (Judgement(0.5, "half"), 0.5, "half"),
    ],
)
async def test_a_bool_a_number_or_a_label_with_a_reason(said: object, value: float | str, reason: str) -> None:
    (found,) = await judged(saying(said))
    assert (found.value, found.reason, found.failure) == (value, reason, None)


@pytest.mark.parametrize("said", [1.5, -0.1, float("nan"), float("inf"), "", [1], Judgement(2.0)])
async def test_rubbish_is_a_failure(said: object) -> None:
    (found,) = await judged(saying(said))
    assert found.failure is not None
    assert found.failure.error == "ValueError"


async def test_nothing_to_say() -> None:
    assert await judged(saying(None)) == ()


async def test_one_that_breaks_costs_its_own_metric_only() -> None:
    ended = Flag()

    @evaluator
    def raises(_: CaseView) -> Verdict:
        raise KeyError("short_answer")

    @evaluator
    def leaves(_: CaseView) -> Verdict:
        sys.exit(3)

    @evaluator
    async def leaves_later(_: CaseView) -> Verdict:
        sys.exit(3)

    @evaluator
    def never_ends(_: CaseView) -> Verdict:
        ended.wait()
        return True

    @evaluator
    async def fine(view: CaseView) -> Verdict:
        return bool(view.output["answer"] == "Mira Holt.")

    try:
        found = await judged(raises, leaves, leaves_later, never_ends, fine, timeout=0.3)
    finally:
        ended.set()
    errors = {each.metric: each.failure.error if each.failure else "" for each in found}
    assert errors == {
        "raises": "KeyError",
        "leaves": "RuntimeError",
        "leaves_later": "RuntimeError",
        "never_ends": "TimeoutError",
        "fine": "",
    }
    assert found[-1].value == 1.0


def test_the_view_is_frozen_all_the_way_down() -> None:
    output = frozen({"citations": [{"id": "p1"}]})
    with pytest.raises(TypeError):
        output["citations"][0]["id"] = "p2"
    assert output["citations"] == ({"id": "p1"},)
    expected = frozen(Case("s/q", "s", "?", tools=()))
    assert expected == Case("s/q", "s", "?", tools=())


def row(number: int, failure: Failure | None = None) -> Row:
    return Row(Case(f"s/q{number}", "s", "?"), "answer", (Score("token_f1", 0.5),), failure=failure)


def test_failures_count_as_zero_and_labels_are_no_scores() -> None:
    broken = Failure("evaluator", "KeyError", "x")
    rows = [row(1), row(2), row(3, Failure("run", "ModelFailure", "away")), row(4)]
    found = with_judgements(
        rows,
        {
            "s/q1": (Judged("tone", "polite", "it thanks"), Judged("short", 1.0)),
            "s/q2": (Judged("tone", failure=broken), Judged("short", failure=broken)),
            "s/q4": (Judged("tone", "rude"), Judged("short", "long")),
        },
        ("tone", "short"),
    )
    values = [{score.metric: score.value for score in each.scores} for each in found]
    assert [each.get("short") for each in values] == [1.0, 0.0, 0.0, 0.0]
    assert not any("tone" in each for each in values)
    assert [set(each.failed_metrics) for each in found] == [set(), {"tone", "short"}, set(), {"short"}]
    assert [each.failing for each in found] == [False, True, True, True]
    assert label_counts(found) == {"tone": {"polite": 1, "rude": 1}}


def test_an_evaluator_that_always_breaks_is_a_metric_of_zeros() -> None:
    broken = Failure("evaluator", "KeyError", "x")
    found = with_judgements([row(1)], {"s/q1": (Judged("short", failure=broken),)}, ("short",))
    assert [(score.metric, score.value) for score in found[0].scores] == [("token_f1", 0.5), ("short", 0.0)]


FILE = """
from stemma.evals import CaseView, Judgement, evaluator

@evaluator
def short_enough(view: CaseView) -> Judgement:
    return Judgement(len(view.output["answer"].split()) <= 2, "two words at most")

@evaluator(name="tone")
async def judge_tone(view: CaseView) -> str:
    return "plain"
"""


async def test_evaluators_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "my checks.py"
    file.write_text(FILE, "utf-8")
    found = await judged(*load_evaluators([file]))
    assert [(each.metric, each.value, each.reason) for each in found] == [
        ("short_enough", 1.0, "two words at most"),
        ("tone", "plain", ""),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1", "holds no evaluator"),
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("EVALUATORS = [1]", "has no `metric`"),
        ("from stemma.evals import evaluator\n@evaluator\ndef token_f1(view): return 1", "metric token_f1 already"),
        ("from stemma.evals import evaluator\n@evaluator(name='Ton e')\ndef f(view): return 1", "no name for a metric"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "checks.py"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidEvaluator, match=complaint):
        load_evaluators([file], {"token_f1"})


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidEvaluator, match="is no Python file"):
        load_evaluators([tmp_path / "checks.py"])


def test_a_list_names_them_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "checks.py"
    text = "class Own:\n  metric = 'own'\n  def evaluate(self, view): return True\nEVALUATORS = [Own()]"
    file.write_text(text, "utf-8")
    assert [each.metric for each in load_evaluators([file])] == ["own"]
