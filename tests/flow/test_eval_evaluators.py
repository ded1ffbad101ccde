"""`stemma eval run --evaluator`: what an evaluator sees of a real run, and that none can cost a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stemma.evals.answers import GRAPH, AnswerPlan, evaluate_answers, metric_names
from stemma.evals.case import Row
from stemma.evals.dataset import read_dataset
from stemma.evals.evaluator import CaseView, Evaluator, Judgement, Verdict, evaluator
from stemma.evals.exits import ExitCode
from stemma.evals.gate.pairing import of_variant, paired
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.results import Evaluation, read_cases, write_results
from stemma.evals.terminal import lines_of
from stemma.evals.usage import Prices
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.model import Node, Passage

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"
SAMPLING = Sampling(seed=1, resamples=100)
SIMPLE = ("normalise", "recall", "grade", "generate", "verify", "learn")


def harbour(folder: Path, **expected: Any) -> Path:
    """The harbour set, its first question with what is expected of the run."""
    data = folder / "harbour"
    data.mkdir()
    rows = [json.loads(line) for line in (HARBOUR / "queries.jsonl").read_text("utf-8").splitlines()]
    rows[0] |= expected
    (data / "queries.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    (data / "corpus.jsonl").write_bytes((HARBOUR / "corpus.jsonl").read_bytes())
    return data


async def evaluated(folder: Path, data: Path, *evaluators: Evaluator) -> Evaluation:
    plan = AnswerPlan(SAMPLING, folder, embedder=HashingEmbedder(), evaluators=evaluators, prices=Prices(1.0, 2.0))
    return await evaluate_answers(read_dataset([data]), plan)


def own(evaluation: Evaluation) -> dict[str, Row]:
    return {row.case.id.partition("/")[2]: row for row in evaluation.rows if row.variant == GRAPH}


async def test_an_evaluator_sees_the_whole_case(tmp_path: Path) -> None:
    seen: dict[str, CaseView] = {}

    @evaluator
    def short_enough(view: CaseView) -> Judgement:
        seen[view.expected.id] = view
        words = len(view.output["answer"].split())
        return Judgement(words <= 60, f"{words} words")

    @evaluator
    async def outcome(view: CaseView) -> Verdict:
        return "abstained" if view.output["abstained"] else "answered"

    evaluation = await evaluated(tmp_path, HARBOUR, short_enough, outcome)
    assert evaluation.exit_code is ExitCode.PASS
    figures = evaluation.figures
    assert figures["metrics"]["short_enough"]["n"] == 6
    assert figures["labels"]["outcome"].keys() == {"answered", "abstained"}
    view = seen["harbour/q2"]
    assert view.inputs["question"] == view.expected.question == view.output["question"]
    assert view.recording.steps[0].name == "normalise"
    assert all(step.milliseconds is not None for step in view.recording.steps)
    assert view.checkpoints[-1].values["answer"] == view.output["answer"]
    assert view.checkpoints[0].metadata["step"] < view.checkpoints[-1].metadata["step"]
    cited = {citation["id"] for citation in view.output["citations"]}
    assert {lineage.root for lineage in view.lineage} == cited
    passages = [item for lineage in view.lineage for item in lineage.items.values() if isinstance(item, Passage)]
    assert passages
    assert {Node.SOURCE.value.lower(), Node.PASSAGE.value.lower()} <= {
        type(item).__name__.lower() for lineage in view.lineage for item in lineage.items.values()
    }
    steps = figures["usage"]["steps"]
    assert set(SIMPLE) - {"learn"} <= set(steps)
    assert steps["recall"]["p50_ms"] > 0
    assert (figures["usage"]["tokens"], figures["usage"]["cost"]) == (None, None)  # the model reports none


async def test_one_that_raises_is_a_failure_of_its_metric_and_the_gate_sees_it(tmp_path: Path) -> None:
    @evaluator
    def picky(view: CaseView) -> Verdict:
        if view.expected.id.endswith(("q1", "q3")):
            raise LookupError("no such thing")
        return True

    before = await evaluated(tmp_path, HARBOUR)
    evaluation = await evaluated(tmp_path, HARBOUR, picky)
    assert evaluation.exit_code is ExitCode.EXECUTION
    rows = own(evaluation)
    assert [name for name, row in rows.items() if row.failing] == ["q1", "q3"]
    assert rows["q1"].failure is None
    assert evaluation.figures["failures"] == 2
    assert evaluation.figures["metrics"]["picky"]["mean"] == pytest.approx(4 / 6)
    for metric, figure in before.figures["metrics"].items():
        assert evaluation.figures["metrics"][metric] == figure
    page = page_of(evaluation)
    assert "picky: LookupError: no such thing" in page
    assert "step recall" in page
    write_results(tmp_path / "out", evaluation, page)
    records = list(read_cases(tmp_path / "out"))
    assert records[0]["failed_metrics"]["picky"]["error"] == "LookupError"
    cases = of_variant(records, GRAPH)
    assert paired(cases, cases, "picky").coverage == pytest.approx(4 / 6)
    assert paired(cases, cases, "abstained").coverage == 1.0


async def test_steps_and_tools_where_the_case_says_what_is_right(tmp_path: Path) -> None:
    data = harbour(tmp_path, kind="lead times", steps=SIMPLE, tools=[{"name": "search"}])
    evaluation = await evaluated(tmp_path, data)
    kinds = evaluation.figures["kinds"]
    assert {name: figures["cases"] for name, figures in kinds.items()} == {"lead times": 1, "other": 5}
    lines = list(lines_of({**evaluation.summary(), "out": "out"}))
    assert any(line.startswith("kinds of questions") and "lead times" in line for line in lines)
    assert any(line.startswith("p50 ms of each step") for line in lines)
    rows = own(evaluation)
    scores = {score.metric: score for score in rows["q1"].scores}
    happened = [step["step"] for step in rows["q1"].detail["usage"]["steps"]]
    assert happened[:3] == list(SIMPLE[:3])
    assert scores["step_order"].value == (1.0 if happened[-1] == "learn" else 5 / 6)
    assert (scores["tool_call_f1"].value, scores["tool_call_order"].value) == (0.0, 0.0)
    assert scores["tool_call_f1"].reason == "called no tool"
    assert not {"step_order", "tool_call_f1"} & {score.metric for score in rows["q2"].scores}


def test_built_in_names_are_taken() -> None:
    assert {"token_f1", "recall@5", "step_order", "tool_call_f1", "citation_verbatim"} <= metric_names(5)
