"""`stemma eval propagation` on a small world: the real graph, runtime and memory; and another memory put through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from stemma.evals.errors import EvalFailure
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.propagation.arms import ARMS, OURS, PLAIN_CLOSURE, arms_named, lossy_arms
from stemma.evals.propagation.benchmark import BenchmarkPlan, run_benchmark
from stemma.evals.propagation.brought import system_named
from stemma.evals.propagation.evaluation import evaluation_of, measured, plan_of, plan_of_passages
from stemma.evals.propagation.made_up import make_world
from stemma.evals.propagation.trial import TrialProtocol
from stemma.evals.propagation.world import Fault
from stemma.evals.terminal import lines_of
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.text import content_terms

SMALL = TrialProtocol(sessions=3, questions=8, share=0.8, planted_at=1, contained_at=2)
SAMPLING = Sampling(seed=1, resamples=100)


def plan(folder: Path, *names: str, faults: tuple[Fault, ...] = tuple(Fault)) -> BenchmarkPlan:
    world = partial(make_world, entities=8, per_fault=1, changes=2, faults=faults)
    return BenchmarkPlan(folder, world=world, protocol=SMALL, arms=arms_named(names), embedder=HashingEmbedder())


async def test_lineage_cleans_what_deleting_the_source_leaves(tmp_path: Path) -> None:
    asked = plan(tmp_path, "delete the source", OURS, faults=(Fault.FALSE_TOOL, Fault.PARAPHRASE, Fault.FALSE_UPDATE))
    results = await run_benchmark(asked)
    evaluation = evaluation_of(results, asked, SAMPLING, store="sqlite")
    deleted, ours = evaluation.figures["arms"]["delete the source"], evaluation.figures["arms"][OURS]
    assert ours["contamination_before"]["mean"] > 0
    assert deleted["contamination_after"]["mean"] > 0
    assert ours["contamination_after"]["mean"] == 0.0
    assert ours["blast_radius_precision"]["mean"] == ours["blast_radius_recall"]["mean"] == 1.0
    assert evaluation.figures["broken"] == []
    assert evaluation.failures == 0
    assert all(row.run_id and row.thread_id for row in evaluation.rows)


async def test_a_world_that_does_no_harm_is_no_success(tmp_path: Path) -> None:
    """Nobody asks about what is poisoned: whoever does nothing is clean, and that must not pass."""
    idle = TrialProtocol(sessions=2, questions=4, share=0.0, planted_at=0, contained_at=1)
    asked = replace(plan(tmp_path, "nothing"), protocol=idle, worth_defending=True)
    (result,) = await run_benchmark(asked)
    harmless = replace(result, figures={"nothing": {**result.figures["nothing"], "contamination_after": 0.1}})
    (said,) = evaluation_of([harmless], asked, SAMPLING, store="sqlite").figures["broken"]
    assert "only 10.0%" in said
    harmful = replace(result, figures={"nothing": {**result.figures["nothing"], "contamination_after": 0.3}})
    assert evaluation_of([harmful], asked, SAMPLING, store="sqlite").figures["broken"] == []


async def test_a_truth_with_other_support_stays(tmp_path: Path) -> None:
    asked = plan(tmp_path, "lineage closure", OURS, faults=(Fault.SHARED_ANCESTOR,))
    (result,) = await run_benchmark(asked)
    assert result.figures["lineage closure"]["support_preserved"] == 0.0
    assert result.figures[OURS]["support_preserved"] == 1.0
    assert result.figures[OURS]["collateral_loss"] == 0.0


async def test_lost_lineage_is_counted(tmp_path: Path) -> None:
    asked = plan(tmp_path, OURS, faults=(Fault.PARAPHRASE,))
    asked = replace(asked, arms=[*asked.arms, *lossy_arms([0.5])])
    evaluation = evaluation_of(await run_benchmark(asked), asked, SAMPLING, store="sqlite")
    arms = evaluation.figures["arms"]
    assert arms[OURS]["provenance_completeness"]["mean"] == 1.0
    assert 0.2 < arms[f"{OURS}, 50% of edges lost"]["provenance_completeness"]["mean"] < 0.8
    assert list(evaluation.figures["sweep"][PLAIN_CLOSURE]) == ["0", "0.5"]


async def test_real_passages_are_tried_with_the_same_remedies(tmp_path: Path) -> None:
    asked = replace(plan(tmp_path, "delete the source", OURS, faults=(Fault.FALSE_TOOL,)), protocol=SMALL)
    beside = plan_of_passages(asked, ["F3"])
    assert beside is not None
    evaluation = await measured(asked, SAMPLING, passages=replace(beside, protocol=SMALL))
    arms = evaluation.figures["passages"]["arms"]
    assert arms[OURS]["contamination_before"]["mean"] > 0
    assert arms[OURS]["contamination_after"]["mean"] == 0.0
    assert evaluation.figures["broken"] == []
    assert evaluation.figures["cases"] == len(evaluation.rows) == 2 * 2 * SMALL.sessions * SMALL.questions
    assert plan_of_passages(asked, ["F5"]) is None
    page = page_of(evaluation)
    assert "Real passages, 24 questions" in page
    assert page.count('<g class="curve') == 2
    assert any("on real passages, 24 questions" in line for line in lines_of({**evaluation.summary(), "out": ""}))


@dataclass(frozen=True, slots=True)
class Match:
    id: str
    text: str
    title: str
    score: float


@dataclass
class KeywordMemory:
    """Somebody else's memory: it writes and recalls, and cannot take anything back."""

    texts: list[str] = field(default_factory=list)

    async def write(self, text: str, *, title: str = "") -> str:
        self.texts.append(f"{title}. {text}" if title else text)
        return str(len(self.texts) - 1)

    async def recall(self, question: str, k: int) -> list[Match]:
        wanted = set(content_terms(question))
        found = [
            Match(str(n), text, "", len(wanted & set(content_terms(text))) / len(wanted))
            for n, text in enumerate(self.texts)
        ]
        return sorted(found, key=lambda match: -match.score)[:k]


async def test_another_memory_system_can_be_put_through_it(tmp_path: Path) -> None:
    asked = plan(tmp_path, "nothing", "delete the source", faults=(Fault.FALSE_TOOL, Fault.FALSE_DOCUMENT))
    (result,) = await run_benchmark(replace(asked, system=lambda _embedder: KeywordMemory()))
    assert result.figures["delete the source"]["blast_radius_recall"] == 0.0
    assert (
        result.figures["nothing"]["contamination_after"] == result.figures["delete the source"]["contamination_after"]
    )


def test_another_memory_is_brought_in_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("class Mine:\n    def __init__(self, embedder): ...\n    async def write(self, text): ...\n")
    with pytest.raises(EvalFailure, match="'recall'"):
        system_named(f"{mine}:Mine")(HashingEmbedder())
    with pytest.raises(EvalFailure, match="no 'Yours'"):
        system_named(f"{mine}:Yours")
    with pytest.raises(EvalFailure, match="no file"):
        system_named("Mine")


@pytest.mark.parametrize(
    ("faults", "arms"), [(("F9",), ()), ((), ("pray",))], ids=["unknown fault", "unknown baseline"]
)
def test_what_there_is_none_of_is_refused(tmp_path: Path, faults: Sequence[str], arms: Sequence[str]) -> None:
    with pytest.raises(EvalFailure, match="there is no"):
        plan_of(tmp_path, faults, arms, None, 8, (1,), None)


def test_every_baseline_has_a_name_of_its_own() -> None:
    assert len({arm.name for arm in ARMS}) == len(ARMS) == 8
