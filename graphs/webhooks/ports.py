"""What webhooks need from the place where runs are kept, as one Protocol: the part of `RunStore` that concerns them.

The transaction that ends a run with a webhook adds its delivery. Deleting a run or its thread also deletes its
delivery, unless an attempt was made and more are to come. Every operation may raise `StoreUnavailable` and its kinds.
"""

from __future__ import annotations

from typing import Protocol

from stemma.graphs.webhooks.model import Delivery


class WebhookStore(Protocol):
    """The deliveries of every tenant."""

    async def next_due(self) -> float | None:
        """When the next attempt of any delivery is due."""
        ...

    async def claim(self, now: float, until: float, limit: int) -> list[Delivery]:
        """Take up to `limit` due deliveries, and count an attempt of each; nobody else gets them before `until`."""
        ...

    async def keep_body(self, delivery: Delivery, body: bytes) -> None:
        """What every later attempt sends too. Nothing happens when somebody else has claimed it since."""
        ...

    async def settle(self, delivery: Delivery, outcome: str, retry_at: float | None) -> None:
        """The attempt is over, and with None the delivery too: its body goes, and all of it when its run is gone.

        Nothing happens when somebody else has claimed it since.
        """
        ...

    async def delivery(self, tenant: str, run_id: str) -> Delivery | None:
        """That of a run, once it has ended; without the body."""
        ...

    async def waiting(self) -> int:
        """How many are not over."""
        ...
