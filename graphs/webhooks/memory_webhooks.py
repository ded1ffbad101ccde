"""`WebhookStore` in a dictionary: the fake beside sqlite_webhooks.py, held by the same contract suite."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from stemma.graphs.runs.model import Run
from stemma.graphs.webhooks.model import Delivery


class MemoryWebhooks:
    """See `WebhookStore`. `known` says whether there is still a run with this id."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._deliveries: dict[str, Delivery] = {}

    def add(self, run: Run) -> None:
        """The run has ended."""
        if run.request.webhook and run.run_id not in self._deliveries:
            made = Delivery(run.run_id, run.thread_id, run.tenant, run.request.webhook, next_attempt=time.time())
            self._deliveries[run.run_id] = made

    def drop(self, run_id: str) -> None:
        """The run is gone."""
        kept = self._deliveries.get(run_id)
        if kept is not None and (kept.next_attempt is None or kept.attempts == 0):
            del self._deliveries[run_id]

    def forget_run(self, run_id: str) -> None:
        """Also one that has begun to be told."""
        self._deliveries.pop(run_id, None)

    async def next_due(self) -> float | None:
        waiting = [one.next_attempt for one in self._deliveries.values() if one.next_attempt is not None]
        return min(waiting, default=None)

    async def claim(self, now: float, until: float, limit: int) -> list[Delivery]:
        waiting = [(one.next_attempt, one) for one in self._deliveries.values() if one.next_attempt is not None]
        due = [one for at, one in sorted(waiting, key=lambda pair: pair[0]) if at <= now][:limit]
        taken = [replace(one, attempts=one.attempts + 1, next_attempt=until) for one in due]
        self._deliveries.update({one.run_id: one for one in taken})
        return taken

    async def keep_body(self, delivery: Delivery, body: bytes) -> None:
        if self._holds(delivery):
            self._deliveries[delivery.run_id] = replace(self._deliveries[delivery.run_id], body=body)

    async def settle(self, delivery: Delivery, outcome: str, retry_at: float | None) -> None:
        if not self._holds(delivery):
            return
        kept = self._deliveries[delivery.run_id]
        body = None if retry_at is None else kept.body
        self._deliveries[delivery.run_id] = replace(kept, outcome=outcome, next_attempt=retry_at, body=body)
        if retry_at is None and not self._known(delivery.run_id):
            del self._deliveries[delivery.run_id]

    def _holds(self, delivery: Delivery) -> bool:
        kept = self._deliveries.get(delivery.run_id)
        return kept is not None and kept.attempts == delivery.attempts

    async def delivery(self, tenant: str, run_id: str) -> Delivery | None:
        kept = self._deliveries.get(run_id)
        return replace(kept, body=None) if kept is not None and kept.tenant == tenant else None

    async def waiting(self) -> int:
        return sum(one.next_attempt is not None for one in self._deliveries.values())
