"""The baselines of the demo's corpus, which judge the scheduled nightly: whole, of today's questions, and enough.

Whoever changes a question or a document of the demo promotes new baselines: nothing could be compared otherwise.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stemma.evals.dataset import read_dataset
from stemma.evals.gate.baseline import read_baseline

ROOT = Path(__file__).resolve().parents[3]
SUITES = {
    "retrieval": ("retrieval", "graph"),
    "answers": ("run", "answer"),
    "propagation": ("propagation", "lineage with alternative support"),
    "ragas": ("ragas", "answer"),
}


@pytest.mark.parametrize("suite", SUITES)
def test_it_is_as_it_was_promoted_and_has_enough_pairs(suite: str) -> None:
    baseline = read_baseline(ROOT / "baselines" / f"{suite}.json")
    assert (baseline.kind, baseline.variant) == SUITES[suite]
    workflow = (ROOT / ".github/workflows/nightly.yml").read_text("utf-8")
    least = re.search(r'EVALS_LEAST_PAIRS: "(\d+)"', workflow)
    assert least
    assert len({case.cluster for case in baseline.cases if case.scores}) >= int(least[1])


def test_they_are_of_the_questions_that_are_asked() -> None:
    asked = {each.id for each in read_dataset([ROOT / "examples/supply_chain"]).cases}
    assert {case.id for case in read_baseline(ROOT / "baselines/answers.json").cases} == asked
