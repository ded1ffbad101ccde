"""Two evaluations of the same cases, put beside each other case by case. Pure.

Decides what a pair is (the same case, asked the same, due the same metric), which cases stand in for the same source
document, and what counts as covered: a case of the baseline that is gone, was changed, failed or has no score is not.

Of a candidate that was evaluated several times a case has the mean of its scores. A case that is below the baseline in
one repeat and not in another is *flaky*: it is named, and its loss is no evidence of a regression.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from statistics import fmean

from stemma.evals.summary import Json

ROUNDING = 1e-9
"""Scores this close are the same."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One case of one evaluation, as results.jsonl keeps it."""

    id: str
    content: str
    """A hash of question, gold and answers: a case that was reworded is another case."""
    cluster: str
    """The first document its answer needs, or the case itself: cases of one document are no independent evidence."""
    scores: Mapping[str, float]
    failed: bool
    failed_metrics: tuple[str, ...] = ()
    """Metrics that could not be worked out, though the case was answered."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """One metric over the cases that both evaluations scored."""

    metric: str
    cases: tuple[str, ...]
    differences: tuple[float, ...]
    """Candidate minus baseline, one for each case."""
    clusters: tuple[str, ...]
    due: int
    """Cases of the baseline with this metric."""
    failed: int
    """Of the paired cases, those that the candidate failed: they count with their 0."""
    flaky: tuple[str, ...] = ()
    """Below the baseline in one repeat and not in another."""

    @property
    def coverage(self) -> float:
        """Share of the due cases that the candidate really scored, in [0, 1]."""
        return (len(self.cases) - self.failed) / self.due if self.due else 0.0


def scored(record: Json) -> Scored:
    """From a "case" record of results.jsonl."""
    content = [record["question"], record["gold"], record["answers"], record["answerable"]]
    return Scored(
        id=record["id"],
        content=sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16],
        cluster=record["gold"][0] if record["gold"] else record["id"],
        scores=dict(record["scores"]),
        failed=record["failure"] is not None,
        failed_metrics=tuple(record.get("failed_metrics", ())),
    )


def of_variant(records: Iterable[Json], variant: str) -> list[Scored]:
    """The cases of one variant (a recipe, a graph), in order."""
    return [scored(record) for record in records if record["variant"] == variant]


def paired(
    baseline: Sequence[Scored], candidate: Sequence[Scored], metric: str, again: Sequence[Sequence[Scored]] = ()
) -> Pairs:
    """The pairs of one metric. Cases that only the candidate has take no part: nothing stands beside them.

    `again` are further evaluations of the candidate's very configuration. A repeat that lacks a case leaves it to the
    others; one that failed it makes it a failed case.
    """
    repeats = [{case.id: case for case in cases} for cases in (candidate, *again)]
    due = [case for case in baseline if metric in case.scores]
    both: list[tuple[Scored, list[Scored]]] = []
    for before in due:
        now = [cases.get(before.id) for cases in repeats]
        same = [after for after in now if after and after.content == before.content and metric in after.scores]
        if same and same[0] is now[0]:
            both.append((before, same))
    return Pairs(
        metric,
        cases=tuple(before.id for before, _ in both),
        differences=tuple(fmean(after.scores[metric] for after in now) - before.scores[metric] for before, now in both),
        clusters=tuple(before.cluster for before, _ in both),
        due=len(due),
        failed=sum(any(after.failed or metric in after.failed_metrics for after in now) for _, now in both),
        flaky=tuple(before.id for before, now in both if _flips(before, now, metric)),
    )


def _flips(before: Scored, now: Sequence[Scored], metric: str) -> bool:
    return len({after.scores[metric] < before.scores[metric] - ROUNDING for after in now}) > 1
