"""What of a run can drift, cut into yes-or-no features of both windows pooled. Pure.

Decides the families, where a number is cut (at quantiles of both windows together), and which names are looked at (the
most frequent). A column that is the same for all runs, or the same as (or the opposite of) another one, is left out.
Nothing here knows which window a run is in, besides the words: what was asked before both windows is their vocabulary,
and only what came after it is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stemma.memory.text import content_terms, words

Column = NDArray[np.bool_]
SHARES = {"mix": 0.5, "scores": 0.25, "inputs": 0.15, "words": 0.1}
"""Family -> its part of alpha. The mix has the most: it has the most features."""
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_NAMES = 12
"""Steps and tools, and routes, that are looked at: the most frequent."""
_ROUTES = 5


@dataclass(frozen=True, slots=True)
class Observation:
    """One ended run, as far as drift looks at it."""

    asked: str = ""
    """Its input as text."""
    graph: str = ""
    steps: tuple[str, ...] = ()
    """Names of the steps it took and of the tools it called, in order, with repetitions."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Anything it was measured by: "abstained" and "failed" (0 or 1), support, citations, seconds, …"""


@dataclass(frozen=True, slots=True)
class Feature:
    """One yes-or-no question about a run, answered for each."""

    family: str
    name: str
    column: Column
    """The reference window's runs, then the recent ones."""
    recent: int
    """How many of them are recent; at least 1."""


def features(reference: Sequence[Observation], recent: Sequence[Observation]) -> list[Feature]:
    """All features of two windows that are not empty."""
    runs = [*reference, *recent]
    found = [Feature("inputs", *each, len(recent)) for each in _inputs(runs)]
    found += [Feature("mix", *each, len(recent)) for each in _mix(runs)]
    found += [Feature("scores", *each, len(recent)) for each in _scores(runs)]
    half = len(reference) // 2
    found += [Feature("words", *each, len(recent)) for each in _unknown(runs[:half], runs[half:])]
    return list(_distinct(found))


def _distinct(found: Sequence[Feature]) -> Iterator[Feature]:
    """Without the constant ones and those that say what another one of the family said already."""
    seen: set[tuple[str, bytes]] = set()
    for feature in found:
        if feature.column.all() or not feature.column.any():
            continue
        column = feature.column if feature.column[0] else ~feature.column
        key = (feature.family, np.packbits(column).tobytes())
        if key not in seen:
            seen.add(key)
            yield feature


def _inputs(runs: Sequence[Observation]) -> Iterator[tuple[str, Column]]:
    yield from _cut("words asked", [len(words(run.asked)) for run in runs])


def _unknown(before: Sequence[Observation], runs: Sequence[Observation]) -> Iterator[tuple[str, Column]]:
    """The share of a question's content words that nobody had asked with before both windows."""
    known = {term for run in before for term in content_terms(run.asked)}
    shares = []
    for run in runs:
        terms = set(content_terms(run.asked))
        shares.append(len(terms - known) / len(terms) if terms else 0.0)
    yield from _cut("share of new words", shares)


def _mix(runs: Sequence[Observation]) -> Iterator[tuple[str, Column]]:
    counts = [Counter(run.steps) for run in runs]
    for name in _most(Counter(name for count in counts for name in count), _NAMES):
        taken = np.array([count[name] for count in counts])
        yield name, taken >= 1
        for least in sorted({int(value) for value in np.quantile(taken, _QUANTILES)} - {0, 1}):
            yield f"{name}, {least} times or more", taken >= least
    routes = [" > ".join(run.steps) for run in runs]
    for route in _most(Counter(routes), _ROUTES):
        yield f"route {route or 'without a step'}", np.array([each == route for each in routes])
    graphs = [run.graph for run in runs]
    for graph in _most(Counter(graphs), _ROUTES):
        yield f"graph {graph}", np.array([each == graph for each in graphs])


def _scores(runs: Sequence[Observation]) -> Iterator[tuple[str, Column]]:
    names = Counter(name for run in runs for name in run.scores)
    for name in _most(names, _NAMES):
        values = np.array([run.scores.get(name, np.nan) for run in runs], dtype=float)
        yield f"{name} is there", ~np.isnan(values)
        for label, column in _cut(name, values[~np.isnan(values)]):
            whole = np.zeros(len(runs), dtype=bool)
            whole[~np.isnan(values)] = column
            yield label, whole


def _cut(name: str, values: Sequence[float] | NDArray[np.float64]) -> Iterator[tuple[str, Column]]:
    """The numbers cut at their quantiles, and above their least one."""
    numbers = np.asarray(values, dtype=float)
    if numbers.size == 0:
        return
    yield f"{name} over {numbers.min():.4g}", numbers > numbers.min()
    for cut in sorted(set(np.quantile(numbers, _QUANTILES, method="inverted_cdf").tolist())):
        yield f"{name} of {cut:.4g} or more", numbers >= cut


def _most(counts: Counter[str], most: int) -> list[str]:
    """The most frequent names; equally frequent ones by name, so that order plays no part."""
    return sorted(counts, key=lambda name: (-counts[name], name))[:most]
