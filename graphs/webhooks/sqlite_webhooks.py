"""`WebhookStore` in the run store's SQLite file, through its group commit.

A claim counts its attempt before it is made, so that an attempt which kills the process is counted as well; the count
is what later writes are fenced by.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_transaction import Transaction
from stemma.graphs.webhooks.model import Delivery

Read = Callable[[str, Sequence[Any]], list[Any]]
"""Runs a named query on the reading connection."""


class SqliteWebhooks:
    """See `WebhookStore`."""

    def __init__(self, group: GroupCommit, read: Read) -> None:
        self._group, self._read = group, read

    async def next_due(self) -> float | None:
        due: float | None = self._read("webhook_next_due", ())[0][0]
        return due

    async def claim(self, now: float, until: float, limit: int) -> list[Delivery]:
        return await self._group.call(Unit(""), partial(_claim, now=now, until=until, limit=limit))

    async def keep_body(self, delivery: Delivery, body: bytes) -> None:
        values = (delivery.run_id, delivery.attempts, body)
        await self._group.call(Unit(""), lambda tx: tx.do("webhook_body", values))

    async def settle(self, delivery: Delivery, outcome: str, retry_at: float | None) -> None:
        call = partial(_settle, delivery=delivery, outcome=outcome, retry_at=retry_at)
        await self._group.call(Unit(""), call)

    async def delivery(self, tenant: str, run_id: str) -> Delivery | None:
        found = self._read("webhook_get", (run_id, tenant))
        return replace(Delivery(*found[0]), body=None) if found else None

    async def waiting(self) -> int:
        return int(self._read("webhook_waiting", ())[0][0])


def _claim(tx: Transaction, now: float, until: float, limit: int) -> list[Delivery]:
    due = [Delivery(*row) for row in tx.all("webhook_due", (now, limit))]
    for delivery in due:
        tx.do("webhook_claim", (delivery.run_id, until))
    return [replace(delivery, attempts=delivery.attempts + 1, next_attempt=until) for delivery in due]


def _settle(tx: Transaction, delivery: Delivery, outcome: str, retry_at: float | None) -> None:
    tx.do("webhook_settle", (delivery.run_id, delivery.attempts, outcome, time.time(), retry_at))
    tx.do("webhook_forget", (delivery.run_id,))
