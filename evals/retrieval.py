"""Scores recall alone: does it bring the gold documents, how high, and how fast? No graph, no model.

Every recipe is asked every question twice: the first time is its cold latency and gives the ranking, the second time is
its warm latency. Rankings are cut at `depth`, so MRR and MAP see no deeper than that.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.dataset import Dataset
from stemma.evals.errors import NothingToScore
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.metrics.rank import rank_metrics, rank_scores
from stemma.evals.progress import Phase, silent
from stemma.evals.results import Evaluation, run_record
from stemma.evals.scratch import Scratch, carry_on, fill, scratch_memory
from stemma.evals.summary import Json, latency, summarise
from stemma.memory.errors import MemoryFailure
from stemma.memory.model import Hit
from stemma.memory.ports import Embedder
from stemma.memory.recall.recipes import RECIPES, Recipe, recipe_named
from stemma.memory.settings import MemorySettings


@dataclass(frozen=True, slots=True)
class RetrievalPlan:
    """What to ask, and how."""

    recipes: Sequence[str]
    """Recipes to compare; the first one's figures are "the" metrics."""
    sampling: Sampling
    k: int = 5
    depth: int = 20
    memory_url: str | None = None
    case_timeout: float = 300.0
    embedder: Embedder | None = None
    """Instead of the one that MEMORY_EMBEDDER names."""
    graph_titles: bool = True
    """Whether the mention graph of a recipe may see titles; the searches see them in any case."""

    def recipe(self, name: str) -> str | Recipe:
        """What this plan asks memory for: the recipe as memory has it, or one changed here. Raises `UnknownRecipe`."""
        recipe = recipe_named(name)
        if recipe.walk is None or self.graph_titles:
            return name
        # A sentence's vector is made of its title too: without titles it weighs no edge.
        return replace(recipe, walk=replace(recipe.walk, titles=False, attention=0.0))


def recipes_or_all(names: Sequence[str]) -> tuple[str, ...]:
    """The recipes asked for, each once, or all there are; memory's default one first where it is among them."""
    default = MemorySettings().recipe
    return tuple(sorted(dict.fromkeys(names or RECIPES), key=lambda name: name != default))


async def evaluate_retrieval(dataset: Dataset, plan: RetrievalPlan, phase: Phase = silent) -> Evaluation:
    """Ingest the corpus into a scratch memory and ask it every question that names its gold.

    On cancellation (Ctrl-C) what was asked until then is returned, marked interrupted, once the scratch memory is gone.
    Raises `NothingToScore`, `NotMeasured`, and what `open_memory` raises.
    """
    cases = [case for case in dataset.cases if case.gold]
    if not cases:
        raise NothingToScore('no question names its "gold" documents', hint='give queries.jsonl rows "gold": ["id"]')
    for recipe in plan.recipes:
        plan.recipe(recipe)
    rows: list[Row] = []
    facts: Json = {"ingest": None, "embedder": None, "store": None}
    interrupted = False
    try:
        with tempfile.TemporaryDirectory(prefix="stemma-eval-") as folder:
            async with scratch_memory(plan.memory_url, Path(folder, "memory.db"), plan.embedder) as scratch:
                facts |= {"store": scratch.store, "embedder": scratch.embedder()}
                facts["ingest"] = await fill(scratch, dataset.documents, phase("ingest", len(dataset.documents)))
                for recipe in plan.recipes:
                    await _ask_all(scratch, cases, recipe, plan, phase, rows)
    except asyncio.CancelledError:
        interrupted = True
        carry_on()
    run = run_record(
        "retrieval",
        data=dataset.as_json(),
        model=None,
        seed=plan.sampling.seed,
        interval=plan.sampling.as_json(),
        primary=f"recall@{plan.k}",
        k=plan.k,
        depth=plan.depth,
        skipped=len(dataset.cases) - len(cases),
        notes=_notes(plan, len(dataset.cases) - len(cases)),
        **facts,
    )
    return Evaluation(run, rows, _figures(rows, plan), interrupted)


def _notes(plan: RetrievalPlan, skipped: int) -> dict[str, str]:
    """What a reader of the figures should know."""
    notes = {"depth": f"rankings are cut at {max(plan.depth, plan.k)}: MRR and MAP look no deeper"}
    if not plan.graph_titles:
        notes["graph titles"] = "the mention graph saw no titles, nor vectors made with them; the searches did"
    if skipped:
        notes["not asked"] = f"{skipped} of the questions, which name no gold documents"
    return notes


async def _ask_all(
    scratch: Scratch, cases: Sequence[Case], recipe: str, plan: RetrievalPlan, phase: Phase, rows: list[Row]
) -> None:
    advance = phase(f"recall, {recipe}", len(cases))
    for done, case in enumerate(cases, start=1):
        rows.append(await _ask(scratch, case, recipe, plan))
        advance(done)


async def _ask(scratch: Scratch, case: Case, recipe: str, plan: RetrievalPlan) -> Row:
    depth, asked = max(plan.depth, plan.k), plan.recipe(recipe)
    try:
        async with asyncio.timeout(plan.case_timeout):
            started = perf_counter()
            hits = await scratch.memory.recall(scratch.scope, case.question, k=depth, recipe=asked)
            cold = perf_counter()
            await scratch.memory.recall(scratch.scope, case.question, k=depth, recipe=asked)
            warm = perf_counter()
    except (MemoryFailure, TimeoutError) as problem:
        return failed(case, recipe, rank_metrics(plan.k), Failure("recall", type(problem).__name__, str(problem)))
    ranked = tuple(hit.document_id for hit in hits)
    scores = tuple(Score(metric, value) for metric, value in rank_scores(ranked, case.gold, plan.k).items())
    detail = {"warm_ms": (warm - cold) * 1000, "hits": [_shown(hit) for hit in hits[: plan.k]]}
    return Row(case, recipe, scores, ranked, milliseconds=(cold - started) * 1000, detail=detail)


def _shown(hit: Hit) -> Json:
    return {"id": hit.document_id, "title": hit.title, "score": hit.score, "text": hit.text}


def _figures(rows: Sequence[Row], plan: RetrievalPlan) -> Json:
    """The first recipe's figures, and all recipes' beside each other when several were asked."""
    recipes: Json = {}
    for recipe in plan.recipes:
        own = [row for row in rows if row.variant == recipe]
        warm = [row.detail["warm_ms"] for row in own if row.failure is None]
        cold = [row.milliseconds for row in own if row.milliseconds is not None]
        recipes[recipe] = summarise(own, plan.sampling)
        recipes[recipe]["latency_ms"] = {
            "cold": latency(cold),
            "warm": latency(warm),
            "first": cold[0] if cold else None,
        }
    figures = {**recipes[plan.recipes[0]], "recipe": plan.recipes[0]}
    if len(recipes) > 1:
        figures["recipes"] = recipes
    figures["failures"] = sum(row.failure is not None for row in rows)
    return figures
