"""What is to be told of a run's end, and how often that was tried."""

from __future__ import annotations

from dataclasses import dataclass

DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook of one run; a run ends once, so its id names the delivery too."""

    run_id: str
    thread_id: str
    tenant: str
    url: str
    attempts: int = 0
    next_attempt: float | None = None
    """Seconds since the epoch; None: it is over."""
    outcome: str = ""
    """Of the last attempt: `delivered`, or why not in a few words. It names no address and no secret."""
    body: bytes | None = None
    """What every attempt sends; None before the first, and when it is over."""

    @property
    def state(self) -> str:
        """`pending`, `delivered` or `failed`."""
        if self.next_attempt is not None:
            return "pending"
        return DELIVERED if self.outcome == DELIVERED else "failed"
