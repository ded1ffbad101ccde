"""What a run's failure says, and what it leaves behind when it was refused before it did anything.

Decides that a strict resume which answers an interrupt that does not wait fails its run and leaves the thread as it
was, so that the interrupts that do wait can still be answered.
"""

from __future__ import annotations

from typing import Any

from langgraph.errors import UnknownInterruptError


def failure(error: BaseException) -> dict[str, Any]:
    """The content of an `error` row: {"error", "message"}, and of a refused resume also what is still waiting."""
    told: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, UnknownInterruptError):
        told |= {"reason": error.reason, "interrupt_ids": error.interrupt_ids, "pending_ids": error.pending_ids}
    return told


def is_refusal(error: BaseException) -> bool:
    """Whether the run failed before it wrote anything, so that the thread stands as it did."""
    return isinstance(error, UnknownInterruptError)
