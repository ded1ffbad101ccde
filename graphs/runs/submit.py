"""Accepting a run: everything that can be wrong with a request is said before it is stored.

Decides what a valid request is and what an idempotency key is bound to. The run, its key and its first event are one
transaction; when `submit` returns, they are on disk.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from langgraph.checkpoint.base.id import uuid6

from stemma.graphs.assistants.assistants import Assistants, inherited
from stemma.graphs.assistants.model import Assistant
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.policy import Actor
from stemma.graphs.runs.auth_user import as_sent
from stemma.graphs.runs.brought import with_brought
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.guard import Guard
from stemma.graphs.runs.model import Run, RunRequest, RunStatus, ThreadTtl
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.resume import to_command
from stemma.graphs.runs.rows import request_json, to_json
from stemma.graphs.runs.state import States
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.tail import Tails
from stemma.graphs.runs.thread_ports import Lifetime
from stemma.graphs.runs.worker import Worker
from stemma.graphs.webhooks.destination import refuse
from stemma.graphs.webhooks.settings import WebhookSettings

STRATEGIES = ("reject", "interrupt", "rollback", "enqueue")
DURABILITIES = (None, "sync", "async", "exit")


LIFETIMES = {"keep": Lifetime.KEPT, "delete": Lifetime.DISCARDED, None: Lifetime.SWEPT}


class Submissions:
    """Checks requests and hands accepted runs to the worker of this process, if it has one."""

    def __init__(
        self,
        store: RunStore,
        graphs: BoundGraphs,
        assistants: Assistants,
        states: States,
        tails: Tails,
        worker: Worker | None,
        webhooks: WebhookSettings,
        thread_ttl: ThreadTtl | None = None,
    ) -> None:
        self._store, self._graphs, self._assistants, self._states = store, graphs, assistants, states
        self._tails, self._worker, self._webhooks = tails, worker, webhooks
        self._thread_ttl = thread_ttl
        self._guard = Guard(store)

    async def submit(
        self,
        actor: Actor,
        thread_id: str | None,
        request: RunRequest,
        idempotency_key: str | None,
        if_not_exists: Literal["create", "reject"],
        assistant: Assistant | None = None,
    ) -> Run:
        """See `Runtime.submit`. `assistant`: one that a client could not name, of a graph of Stemma's own."""
        submission = await self._prepare(actor, thread_id, request, idempotency_key, if_not_exists, assistant)
        return await self._accept(submission)

    async def submit_all(self, actor: Actor, requests: Sequence[RunRequest]) -> list[Run]:
        """Runs without a thread: all of them, or none when one of them is not valid."""
        prepared = [await self._prepare(actor, None, request, None, "reject") for request in requests]
        waiting = [replace(submission, owner=None) for submission in prepared]  # the worker takes what it has room for
        return await asyncio.gather(*(self._accept(submission) for submission in waiting))

    async def _prepare(
        self,
        actor: Actor,
        thread_id: str | None,
        request: RunRequest,
        idempotency_key: str | None,
        if_not_exists: Literal["create", "reject"],
        assistant: Assistant | None = None,
    ) -> Submission:
        if thread_id is not None and request.on_completion == "delete":
            raise InvalidRequest("only the thread of a run without one is deleted", field="on_completion")
        assistant = assistant or await self._assistants.usable(actor, request.assistant_id)
        asked = request_json(request)
        request = await self._guard.run(actor, thread_id, request, assistant.assistant_id, if_not_exists)
        request = with_brought(inherited(request, assistant))
        request = replace(request, config=as_sent(request.config), auth_user=actor.profile)
        self._check(request, assistant.graph_id)
        if request.checkpoint_id:
            if thread_id is None:
                raise InvalidRequest("a run without a thread has no checkpoints to start from", field="checkpoint_id")
            await self._store.thread(actor.tenant, thread_id)
            await self._states.known(thread_id, request.checkpoint_id, request.checkpoint_ns)
        lifetime = LIFETIMES[request.on_completion] if thread_id is None else Lifetime.KEPT
        now = datetime.now(UTC)
        run = _new_run(actor, thread_id, request, assistant, now)
        return Submission(
            run,
            request_json(request),
            first_event=to_json({"run_id": run.run_id, "attempt": 1}),
            create_thread=thread_id is None or if_not_exists == "create",
            thread_metadata={
                **(run.metadata if actor.rules else {}),  # by it the thread will be found again
                "graph_id": assistant.graph_id,
                "assistant_id": assistant.assistant_id,
            },
            lifetime=lifetime,
            ttl=self._thread_ttl if lifetime is Lifetime.KEPT else None,
            idempotency_key=idempotency_key,
            fingerprint=_fingerprint(actor, thread_id, asked),
            due=now.timestamp() + request.after_seconds if request.after_seconds else 0.0,
            owner=self._worker.owner if self._worker is not None and self._worker.has_room else None,
            lease_until=self._worker.lease_until() if self._worker is not None else 0.0,
        )

    async def _accept(self, submission: Submission) -> Run:
        run = submission.run
        with self._tails.hold(run.thread_id):  # so that a reader finds the first event without asking the store
            accepted = await self._store.submit(submission)
            self._hand_over(accepted, run.request)
        return accepted.run

    def _hand_over(self, accepted: Accepted, request: RunRequest) -> None:
        if self._worker is None:
            return
        if accepted.leased:
            self._worker.run(accepted.run)
        for run_id in accepted.cancelled:
            self._worker.cancel(run_id, "rollback" if request.multitask_strategy == "rollback" else "interrupt")
        if not accepted.leased:
            self._worker.look()

    def _check(self, request: RunRequest, graph_id: str) -> None:
        """Raises `InvalidRequest`, naming the field."""
        known = self._graphs.steps(graph_id)
        if request.webhook is not None:
            refuse(request.webhook, self._webhooks)
        if request.multitask_strategy not in STRATEGIES:
            raise InvalidRequest(f"one of {', '.join(STRATEGIES)}", field="multitask_strategy")
        if request.on_completion not in LIFETIMES:
            raise InvalidRequest("one of delete, keep", field="on_completion")
        if request.durability not in DURABILITIES:
            raise InvalidRequest("one of sync, async, exit", field="durability")
        if request.command is not None:
            if request.input is not None:
                raise InvalidRequest("a run takes an input or a command, not both", field="command")
            to_command(request.command)
        limit = request.config.get("recursion_limit")
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise InvalidRequest("recursion_limit is a whole number above 0", field="config.recursion_limit")
        for field, steps in (
            ("interrupt_before", request.interrupt_before),
            ("interrupt_after", request.interrupt_after),
        ):
            unknown = [step for step in steps if known is not None and step not in known] if steps != "*" else []
            if unknown:
                raise InvalidRequest(f"the graph has no step {unknown[0]!r}", field=field)


def _new_run(actor: Actor, thread_id: str | None, request: RunRequest, assistant: Assistant, now: datetime) -> Run:
    return Run(
        run_id=str(uuid6()),
        thread_id=thread_id or str(uuid6()),
        tenant=actor.tenant,
        user=actor.user,
        assistant_id=assistant.assistant_id,
        graph_id=assistant.graph_id,
        created_at=now,
        updated_at=now,
        status=RunStatus.PENDING,
        metadata=dict(request.metadata),
        request=request,
    )


def _fingerprint(actor: Actor, thread_id: str | None, asked: bytes) -> str:
    # Where rules tell a tenant's users apart, one of them must not get another one's run for the same key.
    whose = f"{actor.user}\n" if actor.rules else ""
    return hashlib.sha256(f"{thread_id or ''}\n{whose}".encode() + asked).hexdigest()
