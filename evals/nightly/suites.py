"""The suites of a night that are evaluations: how each is measured, judged and kept in a folder of its own.

Decides with which settings the nightly runs each suite. What a suite measures is the evaluation's own matter, and the
same as when its command is typed.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stemma.evals.answers import GRAPH, AnswerPlan, evaluate_answers
from stemma.evals.errors import NothingToScore
from stemma.evals.groundedness import evaluate_groundedness
from stemma.evals.labelled import read_labelled
from stemma.evals.nightly.judging import judged
from stemma.evals.nightly.plan import NightPlan
from stemma.evals.nightly.record import Step, StepStatus, worst
from stemma.evals.one_evaluation import sampling_of
from stemma.evals.page.document import page_of
from stemma.evals.progress import Phase
from stemma.evals.propagation.subjects import Remedy
from stemma.evals.ragas_suite import RagasPlan, evaluate_ragas, ragas_installed
from stemma.evals.results import SUMMARY, Evaluation, write_results
from stemma.evals.retrieval import RetrievalPlan, evaluate_retrieval
from stemma.evals.settings import EvalSettings
from stemma.memory.settings import MemorySettings

SESSIONS, SEEDS = 8, (1,)
ARMS = (Remedy.NOTHING.value, Remedy.SUPPORT.value)
"""Of the propagation benchmark: what is promised, and what it is promised against; its command has all arms."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One evaluation of the night."""

    name: str
    kind: str
    """Of evaluation, as its results say."""
    measure: Callable[[Path, Phase], Awaitable[Evaluation]]
    """Into an empty folder of its own, absolute."""
    variant: str = ""
    """Which of its rows are judged; the evaluation's main ones where it is empty."""
    absent: str = ""
    """Why it cannot be run, in words that say what it takes; empty where it can."""


def suites_of(plan: NightPlan) -> Iterator[Suite]:
    """The chosen suites in their order."""
    known = [*_asking(plan), _groundedness(plan), _propagation(plan), _ragas(plan)]
    yield from (suite for suite in known if suite.name in plan.suites)


async def measured_suite(suite: Suite, night: Path, plan: NightPlan, phase: Phase) -> Step:
    """Measure a suite from the beginning, write its results and its verdict. Raises what the evaluation raises."""
    if suite.absent:
        return Step(suite.name, StepStatus.SKIPPED, note=suite.absent)
    folder = night / suite.name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    evaluation = await suite.measure(folder, phase)
    write_results(folder, evaluation, page_of(evaluation, plan.settings.page_cases))
    if evaluation.interrupted:
        note = f"interrupted after {evaluation.figures['cases']} cases"
        return Step(suite.name, StepStatus.INTERRUPTED, note=note, kind=evaluation.run["kind"], folder=suite.name)
    gate = judged(suite.name, suite.variant, folder, evaluation, plan)
    return Step(
        suite.name,
        StepStatus.DONE,
        exit_code=worst((evaluation.exit_code, gate.exit_code)),
        note="; ".join([*_broken(evaluation), gate.note]),
        advice=gate.advice,
        kind=evaluation.run["kind"],
        folder=suite.name,
        cases=evaluation.figures["cases"],
        failures=evaluation.failures,
        variant=suite.variant,
        primary=evaluation.run["primary"],
        metrics=evaluation.figures["metrics"],
        verdict=gate.verdict,
    )


def _broken(evaluation: Evaluation) -> list[str]:
    """The promises that the evaluation itself found broken."""
    said = list(evaluation.figures.get("broken", ()))
    if evaluation.exit_code == 1 and not said:
        said.append("a citation is not verbatim in the passage it names")
    return said


def _asking(plan: NightPlan) -> list[Suite]:
    dataset, settings = plan.dataset, plan.settings
    if dataset is None:
        return []
    recipe = MemorySettings().recipe
    retrieval = RetrievalPlan((recipe,), sampling_of(settings), settings.k, settings.depth, None, settings.case_timeout)
    gold = "" if any(case.gold for case in dataset.cases) else 'no question names its "gold" documents'
    return [
        Suite("retrieval", "retrieval", lambda _, phase: evaluate_retrieval(dataset, retrieval, phase), recipe, gold),
        Suite("answers", "run", lambda own, phase: evaluate_answers(dataset, _answers(own, settings), phase), GRAPH),
    ]


def _answers(folder: Path, settings: EvalSettings) -> AnswerPlan:
    return AnswerPlan(sampling_of(settings), folder, settings.k, None, settings.concurrency, settings.case_timeout)


def _groundedness(plan: NightPlan) -> Suite:
    marked = plan.settings.marked

    async def measure(_folder: Path, phase: Phase) -> Evaluation:
        phase("judge marked answers", 1)
        if marked is None:
            raise ValueError("there is no marked file")
        return evaluate_groundedness(read_labelled(marked), sampling_of(plan.settings), refit=False)

    absent = "" if marked else "no answers that people marked: EVALS_MARKED=FILE names some"
    return Suite("groundedness", "groundedness", measure, absent=absent)


def _propagation(plan: NightPlan) -> Suite:
    async def measure(folder: Path, phase: Phase) -> Evaluation:
        from stemma.evals.propagation.evaluation import measured, plan_of

        benchmark = plan_of(folder, (), ARMS, None, SESSIONS, SEEDS, None)
        return await measured(benchmark, sampling_of(plan.settings), phase)

    return Suite("propagation", "propagation", measure, Remedy.SUPPORT.value)


def _ragas(plan: NightPlan) -> Suite:
    """Ragas' metrics of tonight's answers, as far as they need no model."""

    async def measure(folder: Path, phase: Phase) -> Evaluation:
        answers = folder.with_name("answers")
        if not (answers / SUMMARY).exists():
            raise NothingToScore("there are no answers of tonight to score", hint="see the suite answers")
        return await evaluate_ragas(answers, RagasPlan(sampling_of(plan.settings), variant=GRAPH), phase)

    absent = "" if "answers" in plan.suites else "it scores the answers, and that suite was left out"
    if not ragas_installed():
        absent = 'Ragas is not installed: pip install "stemma-agents[evals]"'
    return Suite("ragas", "ragas", measure, GRAPH, absent)
