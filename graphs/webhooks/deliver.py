"""Tells the ends of runs to those who asked for it.

Decides when an attempt is made, and when there is no point in another. What is to be told is on disk since the run's
end; a process that dies during an attempt leaves it to whoever looks after the claim has run out. So a receiver may
be told twice, never not at all while attempts remain.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stemma.graphs.errors import (
    GraphFailure,
    InvalidSetting,
    StoreUnavailable,
    UnknownRun,
    WebhookFailed,
    WebhookRefused,
)
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.rounds import LONGEST_SECONDS, Rounds
from stemma.graphs.webhooks.body import body_of
from stemma.graphs.webhooks.model import DELIVERED, Delivery
from stemma.graphs.webhooks.secret import kept_secret
from stemma.graphs.webhooks.settings import WebhookSettings
from stemma.graphs.webhooks.signature import keys_of, signed

if TYPE_CHECKING:  # its HTTP client is loaded with the first call
    from stemma.graphs.webhooks.call import Caller

log = logging.getLogger(__name__)
CLAIM_SECONDS = 30.0
"""Beyond the call's own time: for the store, before and after it."""
LONGEST_RETRY_SECONDS = 6 * 3600.0
GONE = 410
"""The receiver says that it wants no more."""


class Deliverer:
    """Started by `start`. `look` wakes it: a run may have ended. `values` reads what a run came to."""

    def __init__(
        self, store: RunStore, values: Callable[[Run], Awaitable[Any]], settings: WebhookSettings, kept: Path
    ) -> None:
        """`kept`: where the secret is, or will be, when none is set. Raises `InvalidSetting` for one that is none."""
        self._store, self._values, self._settings, self._kept = store, values, settings, kept
        self._keys = keys_of(settings.secret.get_secret_value()) if settings.secret else []
        self._rounds = Rounds("webhooks", self._take)
        self.start, self.look = self._rounds.start, self._rounds.ring
        self._attempts: dict[asyncio.Task[None], Delivery] = {}
        self.delivered = 0
        """Calls of this process that were taken."""
        self.failed = 0
        """Attempts of this process that were not."""

    @cached_property
    def _caller(self) -> Caller:
        from stemma.graphs.webhooks.call import Caller

        return Caller(self._settings)

    async def stop(self) -> None:
        """Let go of attempts under way; whoever comes next makes them again at once."""
        await self._rounds.stop()
        under_way = dict(self._attempts)
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        for task, delivery in under_way.items():
            if task.cancelled():
                with contextlib.suppress(StoreUnavailable):  # its claim runs out
                    await self._store.webhooks.settle(delivery, delivery.outcome, time.time())

    async def of(self, run: Run) -> Delivery | None:
        """How far telling this run's end has come; None while it runs, or when nobody asked."""
        return await self._store.webhooks.delivery(run.tenant, run.run_id) if run.request.webhook else None

    async def waiting(self) -> int:
        """How many deliveries are not over, of all tenants and processes."""
        return await self._store.webhooks.waiting()

    async def _take(self) -> float:
        """Begin what is due; seconds until there may be more."""
        due, now = await self._store.webhooks.next_due(), time.time()
        room = self._settings.concurrency - len(self._attempts)
        if due is None or not room:
            return LONGEST_SECONDS
        if due > now:
            return due - now
        until = now + self._settings.timeout_seconds + CLAIM_SECONDS
        for delivery in await self._store.webhooks.claim(now, until, room):
            task = asyncio.ensure_future(self._attempt(delivery))
            self._attempts[task] = delivery
            task.add_done_callback(self._over)
        return 0.0

    def _over(self, task: asyncio.Task[None]) -> None:
        self._attempts.pop(task, None)
        self.look()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a webhook could not be called; it is tried again", exc_info=error)

    async def _attempt(self, delivery: Delivery) -> None:
        if delivery.attempts > self._settings.attempts:
            await self._settle(delivery, delivery.outcome or "the server stopped during every attempt", retry=False)
            return
        try:
            delivery = await self._with_body(delivery)
            status = await self._call(delivery)
        except UnknownRun:
            await self._settle(delivery, "the run was deleted", retry=False)
        except WebhookRefused as refusal:
            await self._settle(delivery, str(refusal), retry=False)
        except (WebhookFailed, InvalidSetting) as failure:
            await self._settle(delivery, str(failure), retry=True)
        else:
            taken = 200 <= status < 300
            await self._settle(delivery, DELIVERED if taken else f"HTTP {status}", retry=not taken and status != GONE)

    async def _with_body(self, delivery: Delivery) -> Delivery:
        """With what every attempt sends. Raises `UnknownRun`."""
        if delivery.body is not None:
            return delivery
        run = await self._store.run(delivery.tenant, delivery.thread_id, delivery.run_id)
        try:
            values = await self._values(run)
        except StoreUnavailable:
            raise
        except GraphFailure as failure:  # its graph is no longer served
            log.warning("the values of run %s cannot be read for its webhook: %s", run.run_id, failure)
            values = None
        body = body_of(run, values)
        await self._store.webhooks.keep_body(delivery, body)
        return replace(delivery, body=body)

    async def _call(self, delivery: Delivery) -> int:
        body = delivery.body or b""
        if not self._keys:
            self._keys = keys_of(kept_secret(self._kept))
        own = {name: value.get_secret_value() for name, value in self._settings.headers.items()}
        marks = signed(self._keys, delivery.run_id, int(time.time()), body)
        headers = {"user-agent": "stemma", **own, "content-type": "application/json", **marks}
        return await self._caller.post(delivery.url, headers, body)

    async def _settle(self, delivery: Delivery, outcome: str, *, retry: bool) -> None:
        retry = retry and delivery.attempts < self._settings.attempts
        retry_at = time.time() + self._pause(delivery.attempts) if retry else None
        await self._store.webhooks.settle(delivery, outcome, retry_at)
        if outcome == DELIVERED:
            self.delivered += 1
            return
        self.failed += 1
        # Never the whole address: its path and query may be secret.
        host, number = urlsplit(delivery.url).hostname, delivery.attempts
        rest = "it is tried again" if retry else "it is given up"
        log.warning("webhook of run %s to %s, attempt %d: %s; %s", delivery.run_id, host, number, outcome, rest)

    def _pause(self, attempts: int) -> float:
        longest = min(self._settings.retry_seconds * 4.0 ** (attempts - 1), LONGEST_RETRY_SECONDS)
        return longest * secrets.SystemRandom().uniform(0.8, 1.0)
