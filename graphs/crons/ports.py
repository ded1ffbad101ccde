"""What crons need from the place where they are kept, as one Protocol: the part of `RunStore` that concerns them.

Every operation may raise `StoreUnavailable` and its kinds; the docstrings below name what comes on top. Deleting a
thread deletes the crons on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.runs.submission import Accepted, Submission


class CronStore(Protocol):
    """The crons of every tenant."""

    async def create(self, cron: Cron) -> None:
        """Raises `UnknownThread` when it is on a thread that its tenant does not have."""
        ...

    async def get(self, tenant: str, cron_id: str) -> Cron:
        """Raises `UnknownCron`."""
        ...

    async def change(self, tenant: str, cron_id: str, change: CronChange, now: datetime) -> Cron:
        """Raises `UnknownCron`, and what `CronChange.of` raises."""
        ...

    async def delete(self, tenant: str, cron_id: str) -> None:
        """Raises `UnknownCron`."""
        ...

    async def search(self, query: CronQuery) -> list[Cron]: ...

    async def count(self, query: CronQuery) -> int: ...

    async def next_due(self) -> datetime | None:
        """When the next of all crons fires."""
        ...

    async def due(self, now: datetime, limit: int) -> list[Cron]:
        """Those whose time has come, earliest first."""
        ...

    async def fire(self, cron: Cron, upcoming: datetime | None, submission: Submission | None) -> Accepted | None:
        """Set the time of the next firing and accept the run of this one, in one transaction.

        None, and nothing is written, when the cron is no longer as it was read: another process has fired it, or
        somebody changed it. Without a submission only the time is set, and the answer is None too. Raises what
        `RunStore.submit` raises, with nothing written.
        """
        ...
