"""Two evaluations of the same cases, put beside each other case by case. Pure.

Decides what a pair is (the same case, asked the same, due the same metric), which cases stand in for the same source
document, and what counts as covered: a case of the baseline that is gone, was changed, failed or has no score is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from stemma.evals.summary import Json


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
    failed_metrics: frozenset[str] = frozenset()
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
        failed_metrics=frozenset(record.get("failed_metrics", ())),
    )


def of_variant(records: Iterable[Json], variant: str) -> list[Scored]:
    """The cases of one variant (a recipe, a graph), in order."""
    return [scored(record) for record in records if record["variant"] == variant]


def paired(baseline: Sequence[Scored], candidate: Sequence[Scored], metric: str) -> Pairs:
    """The pairs of one metric. Cases that only the candidate has take no part: nothing stands beside them."""
    now = {case.id: case for case in candidate}
    due = [case for case in baseline if metric in case.scores]
    both = [
        (before, now[before.id])
        for before in due
        if before.id in now and now[before.id].content == before.content and metric in now[before.id].scores
    ]
    return Pairs(
        metric,
        cases=tuple(before.id for before, _ in both),
        differences=tuple(after.scores[metric] - before.scores[metric] for before, after in both),
        clusters=tuple(before.cluster for before, _ in both),
        due=len(due),
        failed=sum(after.failed or metric in after.failed_metrics for _, after in both),
    )


def flaky(repeats: Sequence[Sequence[Scored]], metric: str) -> list[str]:
    """Cases that did not get the same score in repeated evaluations of one and the same configuration."""
    seen: dict[str, set[float]] = {}
    for cases in repeats:
        for case in cases:
            if metric in case.scores:
                seen.setdefault(case.id, set()).add(round(case.scores[metric], 9))
    return sorted(case_id for case_id, values in seen.items() if len(values) > 1)
