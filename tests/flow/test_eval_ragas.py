"""`stemma eval ragas`: Ragas' own metrics over recorded results. Nothing that fails gets lost; its figures are ours."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemma.evals.answers import AnswerPlan, evaluate_answers
from stemma.evals.case import Failure, Row, ToolCall, failed
from stemma.evals.commands import eval_app
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidResults, NothingToScore, RagasMissing
from stemma.evals.exits import ExitCode
from stemma.evals.metrics.faithfulness import faithfulness
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.progress import Advance
from stemma.evals.ragas_judges import VerifierJudge
from stemma.evals.ragas_rows import read_ragas_rows
from stemma.evals.ragas_suite import RagasPlan, evaluate_ragas, imported
from stemma.evals.results import Evaluation, run_record, write_results
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.ingest.embedders import HashingEmbedder
from tests.flow.answer.worlds import NEVER, scripted
from tests.flow.judged import CASE, ROW, TEXTS

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"
SAMPLING = Sampling(seed=1, resamples=100)


def written(folder: Path, rows: list[Row], kind: str = "run", *, interrupted: bool = False) -> Path:
    """A results folder as another evaluation leaves it."""
    data = {"hash": "0", "sets": ["set"], "documents": 1, "questions": len(rows), "corpus": "own", "limit": None}
    run = run_record(kind, data=data, model="extractive")
    write_results(folder, Evaluation(run, rows, {"metrics": {}, "failures": 0}, interrupted), "")
    return folder


def answered(name: str, answer: str = ROW.said, **detail: object) -> Row:
    case = replace(CASE, id=f"set/{name}")
    known = {"answer": answer, "abstained": not answer, "contexts": list(TEXTS), **detail}
    return Row(case, "answer", (), ROW.ranked, detail=known)


def plan(*metrics: str, model: ReasoningModel | None = None) -> RagasPlan:
    return RagasPlan(SAMPLING, metrics, model, embedder=HashingEmbedder())


def scores(evaluation: Evaluation, metric: str) -> list[float]:
    return [score.value for row in evaluation.rows for score in row.scores if score.metric == metric]


async def test_faithfulness_of_real_runs_is_our_verifier_s_and_needs_no_model(tmp_path: Path) -> None:
    answers = AnswerPlan(SAMPLING, tmp_path, embedder=HashingEmbedder())
    asked = await evaluate_answers(read_dataset([HARBOUR]), answers)
    write_results(tmp_path, asked, page_of(asked))
    given = await read_ragas_rows(tmp_path)
    evaluation = await evaluate_ragas(tmp_path, plan())
    said = {row.case.id: row for row in given.rows if row.said}
    ours = {case_id: faithfulness(row.said, row.texts or ()) for case_id, row in said.items()}
    theirs = {row.case.id: {score.metric: score.value for score in row.scores} for row in evaluation.rows}
    assert len(ours) >= 4
    assert {case_id: theirs[case_id]["faithfulness"] for case_id in ours} == pytest.approx(ours, abs=1e-9)
    assert evaluation.exit_code is ExitCode.PASS
    assert evaluation.figures["metrics"]["exact_match"]["n"] == 5
    assert {row.run_id for row in evaluation.rows} <= {row.run_id for row in asked.rows}
    assert "faithfulness" in page_of(evaluation)


async def test_a_sentence_that_the_texts_do_not_bear_out_costs_faithfulness(tmp_path: Path) -> None:
    folder = written(tmp_path, [answered("q1", "Elias Brandt founded it in 1987. [1] He was born in Oslo. [1]")])
    evaluation = await evaluate_ragas(folder, plan("faithfulness"))
    assert scores(evaluation, "faithfulness") == [0.5]


async def test_rubbish_on_nine_rows_of_ten_is_nine_failures_and_no_mean_over_the_one(tmp_path: Path) -> None:
    good = {"reason": "it says so", "verdict": 1}
    judge = scripted(attempts=1, ContextPrecisionOutput=[good, good, *["rubbish"] * 9])
    folder = written(tmp_path, [answered(f"q{n}") for n in range(10)])
    evaluation = await evaluate_ragas(folder, plan("context_precision", model=judge))
    assert evaluation.failures == 9
    assert evaluation.figures["metrics"]["context_precision"]["mean"] == pytest.approx(0.1)
    assert evaluation.figures["metrics"]["context_precision"]["n"] == 10
    assert evaluation.figures["failed_metrics"] == {"context_precision": 9}
    assert evaluation.exit_code is ExitCode.EXECUTION


async def test_no_number_is_a_failure_and_the_other_metrics_stand(tmp_path: Path) -> None:
    judge = scripted(ContextRecallOutput=[{"classifications": []}])
    folder = written(tmp_path, [answered("q1")])
    evaluation = await evaluate_ragas(folder, plan("context_recall", "string_present", model=judge))
    [row] = evaluation.rows
    assert row.failed_metrics["context_recall"].message == "Ragas gave no number (NaN)"
    assert scores(evaluation, "context_recall") == [0.0]
    assert scores(evaluation, "string_present") == [1.0]
    assert evaluation.failures == 1


async def test_a_run_that_failed_and_one_that_abstained_count(tmp_path: Path) -> None:
    lost = failed(replace(CASE, id="set/q2"), "answer", (), Failure("run", "ModelFailure", "timed out"))
    folder = written(tmp_path, [answered("q1"), lost, answered("q3", "")])
    evaluation = await evaluate_ragas(folder, plan("string_present", "faithfulness", "id_based_context_recall"))
    assert scores(evaluation, "string_present") == [1.0, 0.0, 0.0]
    assert scores(evaluation, "faithfulness") == [1.0, 0.0]
    assert scores(evaluation, "id_based_context_recall") == [1.0, 0.0, 1.0]
    assert evaluation.failures == 1


async def test_texts_that_nobody_recorded_are_a_failure_not_a_case_less(tmp_path: Path) -> None:
    row = answered("q1")
    folder = written(tmp_path, [replace(row, detail={"answer": ROW.said, "abstained": False})])
    evaluation = await evaluate_ragas(folder, plan("faithfulness"))
    assert evaluation.rows[0].failed_metrics["faithfulness"].error == "NotRecorded"


async def test_a_judge_that_never_answers_is_a_failure(tmp_path: Path) -> None:
    judge = scripted(attempts=1, ContextRecallOutput=[NEVER])
    late = replace(plan("context_recall", model=judge), timeout=0.01)
    evaluation = await evaluate_ragas(written(tmp_path, [answered("q1")]), late)
    assert evaluation.rows[0].failed_metrics["context_recall"].message == "no score within 0.01 s"


async def test_what_was_scored_until_it_was_stopped_is_kept(tmp_path: Path) -> None:
    one = asyncio.Event()

    def phase(_title: str, _total: int) -> Advance:
        return lambda done: one.set() if done == 1 else None

    judge = scripted(ContextPrecisionOutput=[{"reason": "", "verdict": 1}] * 2 + [NEVER])
    folder = written(tmp_path, [answered("q1"), answered("q2")])
    task = asyncio.create_task(evaluate_ragas(folder, plan("context_precision", model=judge), phase))
    await one.wait()
    task.cancel()
    evaluation = await task
    assert evaluation.exit_code is ExitCode.INTERRUPTED
    assert scores(evaluation, "context_precision") == [pytest.approx(1.0)]


async def test_tool_calls_are_read_from_the_run_and_its_case(tmp_path: Path) -> None:
    tools = [{"name": "search", "args": {"q": "a"}}]
    row = answered("q1", usage={"tools": tools})
    expecting = replace(row, case=replace(row.case, tools=(ToolCall("search", {"q": "a"}), ToolCall("add"))))
    evaluation = await evaluate_ragas(written(tmp_path, [expecting, row]), plan("tool_call_f1"))
    assert scores(evaluation, "tool_call_f1") == [pytest.approx(2 / 3, abs=1e-4)]


async def test_rankings_are_scored_without_answers(tmp_path: Path) -> None:
    row = Row(CASE, "graph", (), ("set/b", "set/a"), detail={"hits": [{"id": "set/b", "text": "t", "title": ""}]})
    folder = written(tmp_path, [row, replace(row, variant="dense", ranked=("set/b",))], kind="retrieval")
    evaluation = await evaluate_ragas(folder, plan())
    assert set(evaluation.figures["metrics"]) == {"id_based_context_precision", "id_based_context_recall"}
    other = await evaluate_ragas(folder, replace(plan(), variant="dense"))
    assert scores(other, "id_based_context_recall") == [0.0]


@pytest.mark.parametrize("wrong", ["kind", "interrupted", "variant"])
async def test_results_that_cannot_be_judged_are_refused(tmp_path: Path, wrong: str) -> None:
    kind = "propagation" if wrong == "kind" else "run"
    folder = written(tmp_path, [answered("q1")], kind, interrupted=wrong == "interrupted")
    with pytest.raises(InvalidResults):
        await evaluate_ragas(folder, replace(plan(), variant="dense" if wrong == "variant" else ""))


async def test_metrics_that_no_case_is_due_score_nothing(tmp_path: Path) -> None:
    with pytest.raises(NothingToScore):
        await evaluate_ragas(written(tmp_path, [answered("q1")]), plan("tool_call_f1"))


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ragas"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ragas", None)
    monkeypatch.delitem(sys.modules, "stemma.evals.ragas_metrics", raising=False)
    with pytest.raises(RagasMissing) as missing:
        imported(VerifierJudge())
    assert 'pip install "stemma-agents[evals]"' in missing.value.hint


def test_the_command_prints_one_json_object_and_its_exit_code(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", [answered("q1")])
    done = CliRunner().invoke(
        eval_app, ["ragas", str(folder), "--metric", "string_present", "--out", str(tmp_path / "ragas"), "--json"]
    )
    summary = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == summary["exit_code"] == ExitCode.PASS
    assert summary["kind"] == "ragas"
    assert math.isclose(summary["metrics"]["string_present"]["mean"], 1.0)
    assert (tmp_path / "ragas" / "report.html").exists()
