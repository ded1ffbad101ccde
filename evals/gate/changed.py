"""The cases behind a verdict: which scored otherwise than in the baseline, and the run to open. Pure.

Decides what a person is shown first: per metric the losses, the largest first, then the gains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from stemma.evals.gate.pairing import ROUNDING, Pairs
from stemma.evals.summary import Json


@dataclass(frozen=True, slots=True)
class Changed:
    """One case in one metric."""

    metric: str
    id: str
    question: str
    difference: float
    """Candidate minus baseline."""
    flaky: bool
    failure: str
    """What it failed with; empty where it did not."""
    run_id: str
    thread_id: str

    def as_json(self) -> Json:
        return asdict(self)


def changed_cases(pairs: Sequence[Pairs], records: Sequence[Json]) -> list[Changed]:
    """The changed cases of every metric; `records` are the candidate's rows of results.jsonl, of one variant."""
    known = {record["id"]: record for record in records}
    return [changed for each in pairs for changed in _of_metric(each, known)]


def _of_metric(pairs: Pairs, known: dict[str, Json]) -> Iterator[Changed]:
    order = sorted(zip(pairs.differences, pairs.cases, strict=True))
    for difference, case_id in order:
        if abs(difference) <= ROUNDING and case_id not in pairs.flaky:
            continue
        record = known[case_id]
        failure = record["failure"] or record.get("failed_metrics", {}).get(pairs.metric)
        yield Changed(
            pairs.metric,
            case_id,
            record["question"],
            difference,
            case_id in pairs.flaky,
            f"{failure['error']}: {failure['message']}" if failure else "",
            record["run_id"],
            record["thread_id"],
        )
