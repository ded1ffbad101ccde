"""Ragas' own metrics as we ask them: the same figures as ours where both exist, and none of its traps sprung."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stemma.evals.case import ToolCall
from stemma.evals.metrics.rank import precision_at, recall_at
from stemma.evals.ragas_catalog import METRICS, is_due
from stemma.evals.ragas_judges import ModelJudge, Vectors, VerifierJudge
from stemma.evals.ragas_suite import imported
from stemma.memory.ingest.embedders import HashingEmbedder
from tests.flow.answer.worlds import scripted
from tests.flow.judged import CASE, ROW, TEXTS


async def test_id_based_precision_and_recall_are_our_set_based_ones() -> None:
    metrics, chance = imported(VerifierJudge()), random.Random(5)
    for _ in range(200):
        gold = tuple(f"d{n}" for n in chance.sample(range(12), chance.randint(1, 4)))
        ranked = tuple(f"d{chance.randrange(12)}" for _ in range(chance.randint(1, 10)))
        row = replace(ROW, case=replace(CASE, gold=gold), ranked=ranked)
        different = list(dict.fromkeys(ranked))
        recall = await metrics.score("id_based_context_recall", row)
        precision = await metrics.score("id_based_context_precision", row)
        assert recall == pytest.approx(recall_at(ranked, gold, len(ranked)), abs=1e-9)
        assert precision == pytest.approx(precision_at(different, gold, len(different)), abs=1e-9)


async def test_fewer_verdicts_than_statements_are_asked_for_again() -> None:
    one = {"statement": "a", "reason": "", "verdict": 1}
    two = [one, {"statement": "b", "reason": "", "verdict": 0}]
    judge = scripted(
        StatementGeneratorOutput=[{"statements": ["a", "b"]}],
        NLIStatementOutput=[{"statements": [one]}, {"statements": two}],
    )
    assert await imported(ModelJudge(judge)).score("faithfulness", ROW) == 0.5


TABLE = "port,berths\nMerrow,4\nCalder,7"


@pytest.mark.parametrize(
    ("said", "score"),
    [
        (TABLE, 1.0),
        ("port,berths\nMerrow,4", 2 / 3),
        ("port,berths\nMerrow,5\nCalder,8", 0.0),
        ("harbour,masters\nMerrow,4\nCalder,7", 0.0),
        ("Merrow has 4 berths, and Calder, by the way, 7.", 0.0),
    ],
)
async def test_a_table_is_compared_row_by_row_and_what_is_none_is_zero(said: str, score: float) -> None:
    row = replace(ROW, case=replace(CASE, answers=("four and seven", TABLE)), said=said)
    assert is_due(METRICS["data_compare_score"], row)
    assert await imported(VerifierJudge()).score("data_compare_score", row) == pytest.approx(score)


def test_a_table_is_due_only_where_a_right_answer_is_one() -> None:
    assert not is_due(METRICS["data_compare_score"], ROW)


MODEL_ANSWERS: Mapping[str, tuple[dict[str, Any], float]] = {
    "context_precision": (
        {"ContextPrecisionOutput": [{"reason": "", "verdict": 0}, {"reason": "", "verdict": 1}]},
        0.5,
    ),
    "context_recall": (
        {"ContextRecallOutput": [{"classifications": [{"statement": "s", "reason": "", "attributed": 1}]}]},
        1.0,
    ),
    "answer_relevancy": (
        {"AnswerRelevanceOutput": [{"question": CASE.question, "noncommittal": 0}] * 3},
        1.0,
    ),
    "factual_correctness": (
        {
            "ClaimDecompositionOutput": [{"claims": ["a"]}, {"claims": ["a"]}],
            "NLIStatementOutput": [{"statements": [{"statement": "a", "reason": "", "verdict": 1}]}] * 2,
        },
        1.0,
    ),
    "noise_sensitivity": (
        {
            "StatementGeneratorOutput": [{"statements": ["a"]}, {"statements": ["b"]}],
            "StatementFaithfulnessOutput": [
                {"statements": [{"statement": "", "reason": "", "verdict": verdict}]} for verdict in (1, 1, 0, 0, 0)
            ],
        },
        0.0,
    ),
    "agent_goal_accuracy": (
        {
            "WorkflowOutput": [{"user_goal": "the founder", "end_state": "told"}],
            "CompareOutcomeOutput": [{"reason": "", "verdict": "1"}],
        },
        1.0,
    ),
}


@pytest.mark.parametrize("name", MODEL_ANSWERS)
async def test_a_model_judges_through_ragas_prompts(name: str) -> None:
    answers, expected = MODEL_ANSWERS[name]
    metrics = imported(ModelJudge(scripted(**answers)), Vectors(HashingEmbedder()))
    assert await metrics.score(name, ROW) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("made", "expected", "accuracy", "f1"),
    [
        ([], [], 1.0, 1.0),
        ([ToolCall("search", {"q": "a"})], [], 0.0, 0.0),
        ([], [ToolCall("search", {"q": "a"})], 0.0, 0.0),
        ([ToolCall("search", {"q": "a"})], [ToolCall("search", {"q": "a"})], 1.0, 1.0),
        ([ToolCall("search", {"q": "b"})], [ToolCall("search", {"q": "a"})], 0.0, 0.0),
        ([ToolCall("search", {"q": "b"})], [ToolCall("search")], 1.0, 1.0),
    ],
)
async def test_tool_calls(made: list[ToolCall], expected: list[ToolCall], accuracy: float, f1: float) -> None:
    metrics = imported(VerifierJudge())
    row = replace(ROW, calls=tuple(made), case=replace(CASE, tools=tuple(expected)))
    assert await metrics.score("tool_call_accuracy", row) == accuracy
    assert await metrics.score("tool_call_f1", row) == f1


async def test_comparing_texts_takes_the_best_right_answer_and_bleu_any_number_of_sentences() -> None:
    metrics = imported(VerifierJudge(), Vectors(HashingEmbedder()))
    said = "It was founded by Elias Brandt. That was in 1987. Nobody doubts it."
    row = replace(ROW, said=said, short=said, case=replace(CASE, answers=("Tomas Reyl", said)))
    names = ("exact_match", "string_present", "non_llm_string_similarity", "rouge_score", "bleu_score", "chrf_score")
    for name in (*names, "semantic_similarity"):
        assert await metrics.score(name, row) == pytest.approx(1.0, abs=1e-6), name
    other = replace(row, case=replace(CASE, answers=("Yes. No.",)))
    assert await metrics.score("bleu_score", other) == pytest.approx(0.0, abs=0.05)


async def test_texts_beside_texts_and_quoted_spans() -> None:
    metrics = imported(VerifierJudge())
    row = replace(ROW, reference_texts=(TEXTS[1],))
    assert await metrics.score("non_llm_context_recall", row) == 1.0
    assert await metrics.score("non_llm_context_precision_with_reference", row) == pytest.approx(0.5, abs=1e-6)
    assert await metrics.score("quoted_spans_alignment", row) is None
    quoting = replace(row, said='It says "reefers are plugged in" and "nobody ever wrote this".')
    assert await metrics.score("quoted_spans_alignment", quoting) == 0.5


async def test_ragas_reports_nothing_of_its_use_and_writes_no_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = imported(VerifierJudge())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    analytics = sys.modules["ragas._analytics"]
    analytics.get_userid.cache_clear()
    assert analytics.do_not_track()
    await metrics.score("id_based_context_recall", ROW)
    await metrics.score("non_llm_context_recall", replace(ROW, reference_texts=TEXTS))
    assert os.listdir(tmp_path) == []
