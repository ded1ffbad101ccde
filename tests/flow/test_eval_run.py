"""`stemma eval run`: the real graph through the real runtime, beside the baseline; its runs can be opened after."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from stemma.evals.answers import BASELINE, GRAPH, AnswerPlan, evaluate_answers
from stemma.evals.dataset import read_dataset
from stemma.evals.exits import ExitCode
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.progress import Advance
from stemma.evals.results import Evaluation
from stemma.memory.errors import EmbedderUnavailable
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ports import EmbedderIdentity

ROOT = Path(__file__).resolve().parents[2]
HARBOUR = ROOT / "tests" / "data" / "harbour"
DEMO = ROOT / "examples" / "supply_chain"
STEMMA = str(Path(sys.executable).with_name("stemma"))
SAMPLING = Sampling(seed=1, resamples=100)


class Refusing:
    """The hashing embedder, unavailable for texts that hold a word: a hosted one that fails now and then."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._hashing = HashingEmbedder()

    @property
    def identity(self) -> EmbedderIdentity:
        return self._hashing.identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if any(self._word in text for text in texts):
            raise EmbedderUnavailable("the service is away")
        return await self._hashing.embed(texts)


def plan(folder: Path, *, url: str | None = None, word: str = "no such word", concurrency: int = 1) -> AnswerPlan:
    return AnswerPlan(SAMPLING, folder, memory_url=url, embedder=Refusing(word), concurrency=concurrency)


def scores(evaluation: Evaluation, metric: str) -> dict[str, float]:
    return {
        row.case.id: score.value
        for row in evaluation.rows
        if row.variant == GRAPH
        for score in row.scores
        if score.metric == metric
    }


async def test_answers_are_scored_beside_the_baseline(tmp_path: Path) -> None:
    evaluation = await evaluate_answers(read_dataset([HARBOUR]), plan(tmp_path, concurrency=3))
    figures = evaluation.figures
    assert evaluation.exit_code is ExitCode.PASS
    assert [row.case.id for row in evaluation.rows] == [f"harbour/q{n}" for n in range(1, 7) for _ in range(2)]
    assert figures["metrics"]["citation_verbatim"]["mean"] == 1.0
    assert figures["metrics"]["abstained"]["n"] == 6
    assert scores(evaluation, "abstention_accuracy")["harbour/q6"] == 1.0
    assert scores(evaluation, "exact_match")["harbour/q2"] == 1.0
    assert figures["baseline"]["metrics"]["token_f1"]["n"] == figures["metrics"]["token_f1"]["n"] == 5
    difference = figures["metrics"]["token_f1"]["mean"] - figures["baseline"]["metrics"]["token_f1"]["mean"]
    assert figures["difference"]["token_f1"]["mean"] == pytest.approx(difference)
    page = page_of(evaluation)
    assert "35 days" in page
    assert "Beside the baseline" in page


async def test_other_peoples_documents_make_it_abstain(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "bread.md").write_text("# Bread\n\nKnead the dough. Let it rest for an hour.\n", "utf-8")
    foreign = read_dataset([HARBOUR], corpus=tmp_path / "notes")
    evaluation = await evaluate_answers(foreign, plan(tmp_path, url="memory:"))
    assert evaluation.figures["metrics"]["abstained"]["mean"] == 1.0
    assert set(evaluation.figures["metrics"]) == {"abstained", "abstention_accuracy"}


async def test_a_run_that_fails_is_a_row_with_its_run(tmp_path: Path) -> None:
    evaluation = await evaluate_answers(
        read_dataset([HARBOUR]), plan(tmp_path, word="signs the permit for the night gate of")
    )
    assert evaluation.exit_code is ExitCode.EXECUTION
    ours, theirs = (row for row in evaluation.rows if row.failure)
    assert {ours.case.id, theirs.case.id} == {"harbour/q4"}
    assert {ours.variant, theirs.variant} == {GRAPH, BASELINE}
    assert ours.run_id
    assert "the service is away" in (ours.failure.message if ours.failure else "")
    assert evaluation.failures == 2
    assert evaluation.figures["metrics"]["token_f1"]["n"] == 5
    assert scores(evaluation, "token_f1")["harbour/q4"] == 0.0


async def test_ctrl_c_keeps_what_was_answered(tmp_path: Path) -> None:
    work: asyncio.Task[Evaluation] | None = None

    def phase(title: str, _total: int) -> Advance:
        def advance(done: int) -> None:
            if title == "ask" and done == 2 and work is not None:
                work.cancel()

        return advance

    work = asyncio.ensure_future(evaluate_answers(read_dataset([HARBOUR]), plan(tmp_path), phase))
    evaluation = await work
    assert evaluation.interrupted
    assert evaluation.exit_code is ExitCode.INTERRUPTED
    assert {row.case.id for row in evaluation.rows} == {"harbour/q1", "harbour/q2"}


async def test_a_second_evaluation_in_one_folder_starts_empty(tmp_path: Path) -> None:
    dataset = read_dataset([HARBOUR], limit=1)
    for _ in range(2):
        evaluation = await evaluate_answers(dataset, plan(tmp_path))
        assert evaluation.run["ingest"]["passages"] == 12
    assert {"memory.db", "memory-2.db", "runs.db", "runs-2.db"} <= set(os.listdir(tmp_path))


def stemma(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MEMORY_EMBEDDER": "hashing", **settings}
    command = [STEMMA, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_demo_folder_is_scored_and_its_runs_can_be_opened(tmp_path: Path) -> None:
    ran = stemma(tmp_path, "eval", "run", "--data", str(DEMO), "--limit", "3", "--out", "out", "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout.splitlines()[-1])
    for metric in ("token_f1", "exact_match", "citation_precision", "citation_verbatim", "abstained", "recall@5"):
        assert set(summary["metrics"][metric]) == {"mean", "low", "high", "n"}
    lines = (tmp_path / "out" / "results.jsonl").read_text("utf-8").split("\n")
    row = next(json.loads(line) for line in lines[1:] if json.loads(line)["variant"] == GRAPH)
    stores = {"GRAPHS_DATABASE_URL": "sqlite:///runs.db", "MEMORY_URL": "sqlite:///memory.db"}
    shown = stemma(tmp_path / "out", "runs", "show", row["run_id"], "--json", **stores)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["answer"] == row["detail"]["answer"]
