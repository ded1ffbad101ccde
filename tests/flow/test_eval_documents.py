"""The code of the how-to on evaluators is what it says: it loads, and judges a real case."""

from __future__ import annotations

import re
from pathlib import Path

from stemma.evals.answers import AnswerPlan, evaluate_answers, metric_names
from stemma.evals.dataset import read_dataset
from stemma.evals.evaluator_file import load_evaluators
from stemma.evals.metrics.intervals import Sampling
from stemma.memory.ingest.embedders import HashingEmbedder

ROOT = Path(__file__).resolve().parents[2]


async def test_the_evaluators_of_the_how_to(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "write-an-evaluator.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "checks.py"
    file.write_text(code, "utf-8")
    evaluators = load_evaluators([file], metric_names(5))
    assert [each.metric for each in evaluators] == ["short_enough", "looked_once", "outcome"]
    plan = AnswerPlan(Sampling(1, resamples=100), tmp_path, embedder=HashingEmbedder(), evaluators=evaluators)
    evaluation = await evaluate_answers(read_dataset([ROOT / "tests" / "data" / "harbour"], limit=2), plan)
    assert evaluation.failures == 0
    assert {"short_enough", "looked_once"} <= evaluation.figures["metrics"].keys()
    assert evaluation.figures["labels"]["outcome"] == {"answered": 2}
