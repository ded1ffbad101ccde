"""Calls evaluators, and makes scores and labels of what they say, and failures of what they break.

Decides that no evaluator can cost a run: one that raises, takes too long, or says what is no judgement, is a failure in
its own metric and 0 there. What runs on a thread cannot be stopped: an evaluator that never returns keeps the process
from ending, after everything is written.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from stemma.evals.case import Failure, Row, Score
from stemma.evals.evaluator import CaseView, Evaluator, Judgement, Verdict

STAGE = "evaluator"
_THREADS = 32


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one evaluator in one case: a value, or the failure that took its place."""

    metric: str
    value: float | str = 0.0
    """A number in [0, 1] or a label."""
    reason: str = ""
    failure: Failure | None = None


class Judges:
    """Evaluators with the threads they run on."""

    def __init__(self, evaluators: Sequence[Evaluator], pool: ThreadPoolExecutor, timeout: float) -> None:
        self.evaluators = evaluators
        self._pool, self._timeout = pool, timeout

    async def judge(self, view: CaseView) -> tuple[Judged, ...]:
        """What each evaluator says, one after the other; nothing of those that have nothing to say."""
        judged = [await self._one(evaluator, view) for evaluator in self.evaluators]
        return tuple(each for each in judged if each is not None)

    async def _one(self, evaluator: Evaluator, view: CaseView) -> Judged | None:
        call = asyncio.ensure_future(_verdict(evaluator, view, self._pool))
        try:
            done, _ = await asyncio.wait({call}, timeout=self._timeout)
        finally:
            call.cancel()
        if not done:
            call.add_done_callback(_forget)
            return _failed(evaluator, TimeoutError(f"no verdict within {self._timeout:g} s"))
        error = asyncio.CancelledError("it cancelled itself") if call.cancelled() else call.exception()
        return _failed(evaluator, error) if error is not None else _judged(evaluator, call.result())


@contextmanager
def judges(evaluators: Sequence[Evaluator], timeout: float) -> Iterator[Judges]:
    """Ready to judge; a verdict may take `timeout` seconds. Threads that never end are left behind."""
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=STAGE)
    try:
        yield Judges(evaluators, pool, timeout)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def with_judgements(rows: Sequence[Row], judged: Mapping[str, Sequence[Judged]], metrics: Sequence[str]) -> list[Row]:
    """The rows with what was judged (by case id) as scores, labels and failures. Pure.

    A metric in which any number was given is a number everywhere, so that a label in it is a failure. A row without a
    result gets 0 in each metric that is a number, like in any other that was due.
    """
    given = [each for row in judged.values() for each in row]
    labels = {each.metric for each in given if isinstance(each.value, str)}
    labels -= {each.metric for each in given if isinstance(each.value, float) and each.failure is None}
    return [_with(row, judged.get(row.case.id, ()), labels, metrics) for row in rows]


def label_counts(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Metric -> label -> cases, most frequent first; only metrics that are labels."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for metric, label in row.detail.get("labels", {}).items():
            found.setdefault(metric, Counter())[label["label"]] += 1
    return {metric: dict(counts.most_common()) for metric, counts in found.items()}


def _with(row: Row, judged: Sequence[Judged], labels: set[str], metrics: Sequence[str]) -> Row:
    scores: list[Score] = []
    shown: dict[str, dict[str, str]] = {}
    failures: dict[str, Failure] = {}
    for each in judged:
        failure = each.failure
        if failure is None and isinstance(each.value, str) and each.metric not in labels:
            failure = Failure(STAGE, "TypeError", f"the label {each.value!r} where other cases have a number")
        if failure is not None:
            failures[each.metric] = failure
        if each.metric not in labels:
            reason = f"{failure.error}: {failure.message}" if failure else each.reason
            scores.append(Score(each.metric, 0.0 if failure else float(each.value), reason))
        elif failure is None:
            shown[each.metric] = {"label": str(each.value), "reason": each.reason}
    if row.failure is not None:
        zero = f"{row.failure.error}: {row.failure.message}"
        scores += [Score(metric, 0.0, zero) for metric in metrics if metric not in labels]
    detail = {**row.detail, "labels": shown} if shown else row.detail
    return replace(row, scores=(*row.scores, *scores), detail=detail, failed_metrics=failures)


async def _verdict(evaluator: Evaluator, view: CaseView, pool: ThreadPoolExecutor) -> Verdict:
    try:
        said = await asyncio.get_running_loop().run_in_executor(pool, evaluator.evaluate, view)
        return await said if inspect.isawaitable(said) else said
    except SystemExit as problem:  # it would end the loop, and with it everybody's run
        raise RuntimeError(f"it called sys.exit({problem.code!r})") from problem


def _judged(evaluator: Evaluator, said: Any) -> Judged | None:
    if said is None:
        return None
    verdict = said if isinstance(said, Judgement) else Judgement(said)
    value: Any = verdict.value
    if isinstance(value, str) and value.strip():
        return Judged(evaluator.metric, value.strip(), str(verdict.reason))
    if isinstance(value, bool | int | float) and 0 <= value <= 1:
        return Judged(evaluator.metric, float(value), str(verdict.reason))
    return _failed(evaluator, ValueError(f"{value!r} is neither true or false, a number in [0, 1], nor a label"))


def _failed(evaluator: Evaluator, error: BaseException) -> Judged:
    return Judged(evaluator.metric, failure=Failure(STAGE, type(error).__name__, str(error)))


def _forget(call: asyncio.Future[Any]) -> None:
    if not call.cancelled():
        call.exception()
