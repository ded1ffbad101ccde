"""Runs that a clock submits: checked like any other, and accepted by the transaction that moves their cron on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.submit import Submissions

Door = Callable[[Submission], Awaitable[Accepted | None]]
"""Accepts a run, or answers None when somebody else has."""


class Firings(Submissions):
    """What crons need of `Submissions`, besides what a client needs."""

    async def checked(self, actor: Actor, thread_id: str | None, request: RunRequest) -> Run:
        """Such a run, when it could be submitted now. Raises what `submit` raises before it stores."""
        return (await self._prepare(actor, thread_id, request, None, "reject")).run

    async def fire(self, actor: Actor, thread_id: str | None, request: RunRequest, door: Door) -> None:
        """Submit a run through a door of the store. A thread that is made for it names the cron in its metadata."""
        submission = await self._prepare(actor, thread_id, request, None, "reject")
        if thread_id is None:
            metadata = {**submission.thread_metadata, **request.metadata}
            submission = replace(submission, thread_metadata=metadata)
        with self._tails.hold(submission.run.thread_id):
            accepted = await door(submission)
            if accepted is not None:
                self._hand_over(accepted, submission.run.request)
