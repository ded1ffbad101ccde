"""A run to accept and what became of it: what the store takes and gives when a client or a cron submits a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stemma.graphs.errors import NotWaiting, ThreadBusy
from stemma.graphs.runs.model import Run, ThreadTtl
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
    ttl: ThreadTtl | None = None
    """Of that thread."""
    due: float = 0.0
    """It does not begin before, and until then no other run of its thread waits for it."""
    idempotency_key: str | None = None
    fingerprint: str = ""
    """Hash of what was asked; the same key with another fingerprint is a conflict."""
    owner: str | None = None
    """Lease at once for this worker if the thread is free."""
    lease_until: float = 0.0

    def admit(self, interrupts: Mapping[str, Sequence[Mapping[str, Any]]], active: bool) -> None:
        """Say no to what the thread has no place for now. `interrupts`: those it waits for, by task.

        Raises `ThreadBusy`, `NotWaiting`.
        """
        thread_id, answers = self.run.thread_id, self.run.request.answers
        if answers:
            waiting = {entry.get("id") for raised in interrupts.values() for entry in raised}
            for interrupt_id in answers:
                if active or interrupt_id not in waiting:
                    raise NotWaiting(f"interrupt {interrupt_id} does not wait for an answer on thread {thread_id}")
        if active and self.run.request.multitask_strategy == "reject":
            raise ThreadBusy(f"thread {thread_id} has an active run", hint="wait for it, or use another strategy")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a submission. `leased`: the caller's worker executes it now."""

    run: Run
    leased: bool
    cancelled: Sequence[str] = ()
    """Running runs that the multitask strategy asked to stop."""
