"""New weights of a recall recipe from questions that name their documents, beside those in use. No model.

Decides the few values that are tried (a coarse grid: what is tuned finely on some questions is tuned to them), that the
best one is chosen on one half of the questions, and that it is compared with the weights in use on the other half.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from stemma.evals.case import Case
from stemma.evals.corpus import document_id
from stemma.evals.dataset import Dataset
from stemma.evals.errors import NothingToScore
from stemma.evals.gate.pairing import Pairs
from stemma.evals.gate.reports import as_json
from stemma.evals.gate.verdict import Policy, judge
from stemma.evals.metrics.rank import ndcg_at
from stemma.evals.progress import Phase, silent
from stemma.evals.scratch import Scratch, fill, scratch_memory
from stemma.evals.split import Part, part_of
from stemma.evals.summary import Json
from stemma.evals.tuning.proposal import Entry
from stemma.memory.ports import Embedder
from stemma.memory.recall.recipes import Recipe

BONUSES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)
GRIDS: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "graph": {"lexical_share": SHARES, "named_bonus": BONUSES},
    "hybrid": {"named_bonus": BONUSES},
}
"""Recipe -> its numbers and the values that are tried."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What every candidate is asked with."""

    scratch: Scratch
    k: int
    depth: int


async def tune_recipes(
    dataset: Dataset,
    in_use: dict[str, Recipe],
    policy: Policy,
    k: int,
    phase: Phase = silent,
    embedder: Embedder | None = None,
) -> list[Entry]:
    """An entry for each recipe of `GRIDS`; `policy` has the margin of nDCG@k.

    Raises `NothingToScore` when one half has no question with gold, and what memory raises.
    """
    cases = [case for case in dataset.cases if case.gold]
    titles = {document_id(document): document.title for document in dataset.documents}
    dev, test = part_of(cases, Part.DEV, titles), part_of(cases, Part.TEST, titles)
    if not dev or not test:
        raise NothingToScore(f"{len(cases)} questions with gold cannot be cut into two halves without a common source")
    about = {"name": ", ".join(dataset.sets), "hash": dataset.hash, "chosen on": len(dev), "judged on": len(test)}
    entries = []
    with tempfile.TemporaryDirectory(prefix="stemma-tune-") as folder:
        async with scratch_memory(None, Path(folder, "memory.db"), embedder) as scratch:
            await fill(scratch, dataset.documents, phase("ingest", len(dataset.documents)))
            asking = _Asking(scratch, k, max(20, k))
            for name, grid in GRIDS.items():
                best = await _best(asking, list(_candidates(in_use[name], grid)), dev, phase)
                entries.append(await _entry(asking, in_use[name], best, test, policy, dict(about)))
    return entries


def _candidates(recipe: Recipe, grid: Mapping[str, tuple[float, ...]]) -> Iterator[Recipe]:
    """The weights in use first: another one has to be better to be chosen."""
    yield recipe
    for values in product(*grid.values()):
        numbers: Json = dict(zip(grid, values, strict=True))
        yield replace(recipe, **numbers)


async def _best(asking: _Asking, candidates: Sequence[Recipe], cases: Sequence[Case], phase: Phase) -> Recipe:
    """The first of those with the best mean."""
    advance = phase(f"weights of {candidates[0].name}", len(candidates))
    means = []
    for number, candidate in enumerate(candidates, start=1):
        scores = await _scores(asking, candidate, cases)
        means.append(sum(scores) / len(scores))
        advance(number)
    return candidates[means.index(max(means))]


async def _scores(asking: _Asking, recipe: Recipe, cases: Sequence[Case]) -> list[float]:
    found = []
    for case in cases:
        hits = await asking.scratch.memory.recall(asking.scratch.scope, case.question, k=asking.depth, recipe=recipe)
        found.append(ndcg_at([hit.document_id for hit in hits], case.gold, asking.k))
    return found


async def _entry(
    asking: _Asking, old: Recipe, new: Recipe, cases: Sequence[Case], policy: Policy, about: Json
) -> Entry:
    before, after = await _scores(asking, old, cases), await _scores(asking, new, cases)
    metric = f"ndcg@{asking.k}"
    pairs = Pairs(
        metric,
        cases=tuple(case.id for case in cases),
        differences=tuple(now - then for then, now in zip(before, after, strict=True)),
        clusters=tuple(case.gold[0] for case in cases),
        due=len(cases),
        failed=0,
    )
    names = GRIDS[old.name]
    return Entry(
        old.name,
        old={name: getattr(old, name) for name in names},
        new={name: getattr(new, name) for name in names},
        verdict=as_json(judge([pairs], policy)),
        figures={"old": {metric: sum(before) / len(before)}, "new": {metric: sum(after) / len(after)}},
        data=about,
    )
