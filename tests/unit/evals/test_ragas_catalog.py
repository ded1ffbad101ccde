"""What is due in which Ragas metric, decided without Ragas: nothing is skipped because it went wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.evals.case import Case, Failure, ToolCall
from stemma.evals.errors import UnknownMetric
from stemma.evals.ragas_catalog import METRICS, chosen, is_due, not_recorded, nothing_to_judge
from stemma.evals.ragas_rows import RagasRow

CASE = Case("set/q1", "set", "Who founded it?", gold=("set/a",), answers=("Elias Brandt",))
ROW = RagasRow(CASE, "answer", said="Elias Brandt founded it.", short="Elias Brandt", ranked=("set/a",), texts=("t",))
FAILURE = Failure("run", "ModelFailure", "timed out")


def due(row: RagasRow) -> set[str]:
    return {name for name, metric in METRICS.items() if is_due(metric, row)}


def test_what_the_case_does_not_say_is_not_due() -> None:
    assert "exact_match" in due(ROW)
    assert "tool_call_f1" not in due(ROW)
    bare = replace(ROW, case=replace(CASE, gold=(), answers=()))
    assert due(bare) == {"quoted_spans_alignment", "faithfulness", "answer_relevancy"}
    assert "tool_call_f1" in due(replace(ROW, case=replace(CASE, tools=())))
    assert "non_llm_context_recall" in due(replace(ROW, reference_texts=("t",)))


def test_a_failed_run_is_due_whatever_its_case_makes_due() -> None:
    failed = replace(ROW, said="", short="", ranked=(), texts=None, failure=FAILURE)
    assert due(failed) == due(ROW)


def test_an_abstention_loses_what_an_answer_was_due_and_is_not_unfaithful() -> None:
    silent = replace(ROW, said="", short="")
    assert due(ROW) - due(silent) == {"quoted_spans_alignment", "faithfulness", "noise_sensitivity"}
    assert nothing_to_judge(METRICS["exact_match"], silent) == "nothing was said"
    assert not nothing_to_judge(METRICS["id_based_context_recall"], silent)
    unanswerable = replace(silent, case=replace(CASE, gold=(), answers=(), answerable=False))
    assert due(unanswerable) == set()


def test_nothing_retrieved_is_nothing_found_and_unknown_texts_are_a_failure() -> None:
    empty = replace(ROW, ranked=(), texts=())
    assert nothing_to_judge(METRICS["id_based_context_precision"], empty)
    assert nothing_to_judge(METRICS["faithfulness"], empty)
    unknown = replace(ROW, texts=None)
    assert not nothing_to_judge(METRICS["faithfulness"], unknown)
    assert "run store" in not_recorded(METRICS["faithfulness"], unknown)
    expecting = replace(ROW, case=replace(CASE, tools=(ToolCall("search"),)))
    assert "which tools" in not_recorded(METRICS["tool_call_accuracy"], expecting)


def test_rankings_without_answers_are_due_only_what_ranks() -> None:
    recalled = replace(ROW, answers=False, said="", short="")
    assert due(recalled) == {
        "id_based_context_precision",
        "id_based_context_recall",
        "context_precision",
        "context_recall",
    }


def test_without_a_model_only_what_needs_none_is_chosen() -> None:
    offline = {metric.name for metric in chosen((), model=False)}
    assert "faithfulness" in offline
    assert not {"context_recall", "answer_relevancy", "semantic_similarity"} & offline
    assert {metric.name for metric in chosen((), model=True)} == set(METRICS)
    assert [metric.name for metric in chosen(("bleu_score", "bleu_score"), model=False)] == ["bleu_score"]


@pytest.mark.parametrize(("name", "hint"), [("bleu", "bleu_score"), ("context_recall", "--model")])
def test_a_metric_that_cannot_be_had_is_refused(name: str, hint: str) -> None:
    with pytest.raises(UnknownMetric) as refused:
        chosen((name,), model=False)
    assert hint in refused.value.hint
