"""A run to accept and what became of it: what the store takes and gives when a client or a cron submits a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stemma.graphs.runs.model import Run
from stemma.graphs.runs.thread_ports import Lifetime


@dataclass(frozen=True, slots=True)
class Submission:
    """A run to accept, and the rules it is accepted by."""

    run: Run
    request: bytes
    first_event: bytes
    create_thread: bool = False
    thread_metadata: Mapping[str, Any] = field(default_factory=dict)
    lifetime: Lifetime = Lifetime.KEPT
    """Of the thread, if it is made for this run."""
    due: float = 0.0
    """It does not begin before, and until then no other run of its thread waits for it."""
    idempotency_key: str | None = None
    fingerprint: str = ""
    """Hash of what was asked; the same key with another fingerprint is a conflict."""
    owner: str | None = None
    """Lease at once for this worker if the thread is free."""
    lease_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a submission. `leased`: the caller's worker executes it now."""

    run: Run
    leased: bool
    cancelled: Sequence[str] = ()
    """Running runs that the multitask strategy asked to stop."""
