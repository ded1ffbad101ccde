"""The commands of the thread-centric protocol: each is one operation of the runtime, or a few.

Decides what a command means where the protocol leaves it open: an answer is taken once, a fork and an answer run as
the thread's latest run did, a message is put in as the input of a run that waits for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from stemma.graphs.errors import InvalidRequest, NotSupported, RunFailed, UnknownNamespace
from stemma.graphs.policy import Actor
from stemma.graphs.protocol.event import ProtocolEvent, before_row
from stemma.graphs.protocol.reading import DIGEST
from stemma.graphs.protocol.subscription import Subscription
from stemma.graphs.protocol.tree import agent_tree
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.model import Run, RunRequest, ThreadStatus
from stemma.graphs.runs.runtime import Runtime

STOP_SECONDS = 10.0
"""How long an answer waits for steps beside the one that asked; after that it is refused, and may be sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's result, in the protocol's shape."""

    result: Mapping[str, Any]
    applied_through: int | None = None
    """The number after which the thread's events are of what the command started."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a command changes of how the thread's latest run was configured."""

    config: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Protocol:
    """The thread-centric protocol over a runtime. Raises what the runtime raises."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def admit(self, actor: Actor, thread_id: str) -> None:
        """Raises `UnknownThread`, and `Forbidden`, for a thread that the actor may not follow."""
        await self._runtime.require_thread(actor, thread_id)

    async def events(self, actor: Actor, thread_id: str, wanted: Subscription) -> AsyncGenerator[ProtocolEvent, None]:
        """What the subscription wants of the thread: what is past, then live. Raises as `admit`."""
        await self.admit(actor, thread_id)
        async with aclosing(self._runtime.thread_events.follow(actor.tenant, thread_id, wanted)) as events:
            async for event in events:
                yield event

    async def start(self, actor: Actor, thread_id: str, request: RunRequest) -> Outcome:
        """Run the graph, on a new thread if there is none with this id."""
        configurable = dict(request.config.get("configurable") or {})
        checkpoint_id = configurable.pop("checkpoint_id", None)
        if checkpoint_id is not None:
            config = {**request.config, "configurable": configurable}
            request = replace(request, config=config, checkpoint_id=str(checkpoint_id))
        return _begun(await self._runtime.submit(actor, thread_id, request, if_not_exists="create"))

    async def respond(
        self,
        actor: Actor,
        thread_id: str,
        answers: Mapping[str, Any],
        overrides: Overrides,
        *,
        update: Mapping[str, Any] | None = None,
        goto: Any = None,
    ) -> Outcome:
        """Answer interrupts by id. Raises `NotWaiting` unless all of them wait now: an answer is taken once."""
        resume: Any = dict(answers)
        if not all(DIGEST.fullmatch(interrupt_id) for interrupt_id in answers):
            if len(answers) > 1:
                raise NotSupported("interrupts with ids of their own are answered one at a time", field="responses")
            (resume,) = answers.values()
        command = {"resume": resume, "update": update, "goto": goto}
        last = await self._last(actor, thread_id)
        await self._stopped(actor, last, answers)
        request = replace(
            _like(last, overrides),
            command={key: value for key, value in command.items() if value is not None or key == "resume"},
            answers=tuple(answers),
        )
        return _begun(await self._runtime.submit(actor, thread_id, request))

    async def inject(
        self, actor: Actor, thread_id: str, namespace: Sequence[str], message: Mapping[str, Any]
    ) -> Outcome:
        """Put a message in: the input of a run that begins when the thread is free."""
        if namespace:
            raise NotSupported("a message goes to the graph itself, not into a subgraph", field="namespace")
        thread = await self._runtime.get_thread(actor, thread_id)
        if thread.status is ThreadStatus.INTERRUPTED:
            raise InvalidRequest("the thread waits for an answer", field="message", hint="use input.respond")
        last = await self._last(actor, thread_id)
        if not self._runtime.thread_events.takes_messages(last.graph_id):
            raise NotSupported("the state of this graph has no messages", field="message")
        request = replace(_like(last, Overrides()), input={"messages": [dict(message)]})
        return replace(_begun(await self._runtime.submit(actor, thread_id, request)), result={})

    async def tree(self, actor: Actor, thread_id: str, run_id: str | None) -> Outcome:
        """A run and its subgraphs; none named: the latest."""
        if run_id is None:
            run = await self._last(actor, thread_id)
        else:
            run = await self._runtime.get_run(actor, thread_id, run_id)
        rows = await self._runtime.thread_events.of_run(run)
        return Outcome({"tree": agent_tree(rows, run.graph_id, run.status.value)})

    async def state(
        self, actor: Actor, thread_id: str, namespace: Sequence[str], keys: Sequence[str] | None
    ) -> Outcome:
        """The values in a namespace; no keys: all of them."""
        found = await self._runtime.get_state(actor, thread_id, checkpoint_ns="|".join(namespace))
        if namespace and found.created_at is None:
            raise UnknownNamespace(f"thread {thread_id} has no state in {'|'.join(namespace)}")
        values = found.values
        if keys is not None:
            values = {key: values[key] for key in keys if key in values} if isinstance(values, Mapping) else {}
        checkpoint_id = found.checkpoint.get("checkpoint_id")
        where = {"checkpoint": {"id": checkpoint_id, "ns": "|".join(namespace)}} if checkpoint_id else {}
        return Outcome({"values": values, **where})

    async def checkpoints(
        self, actor: Actor, thread_id: str, namespace: Sequence[str], limit: int, before: str | None
    ) -> Outcome:
        """Newest first; `before` is a checkpoint's id."""
        found = await self._runtime.history(
            actor, thread_id, limit=limit + 1, before=before, checkpoint_ns="|".join(namespace)
        )
        listed = []
        for snapshot, parent in zip(found, [*found[1:], None], strict=False):
            summary = {
                "id": snapshot.checkpoint["checkpoint_id"],
                "timestamp": snapshot.created_at,
                "step": snapshot.metadata.get("step", -1),
                "metadata": snapshot.metadata,
            }
            if parent is not None and len(parent.next) == 1:
                summary["node_name"] = parent.next[0]
            listed.append(summary)
        return Outcome({"checkpoints": listed[:limit]})

    async def fork(self, actor: Actor, thread_id: str, checkpoint_id: str, given: Any, overrides: Overrides) -> Outcome:
        """Run on from a checkpoint, on a new branch, with an input or with what the checkpoint has."""
        like = _like(await self._last(actor, thread_id), overrides)
        request = replace(like, checkpoint_id=checkpoint_id, input=given, multitask_strategy="reject")
        begun = _begun(await self._runtime.submit(actor, thread_id, request))
        return replace(begun, result={**begun.result, "thread_id": thread_id})

    async def _stopped(self, actor: Actor, run: Run, answers: Iterable[str]) -> None:
        """Wait for the end of a run that has asked: a question is told before its run has stopped at it, and who
        answers at once must not be told that nothing waits."""
        if run.status.ended:
            return
        asked = [row.data for row in await self._runtime.thread_events.of_run(run) if row.event == EventName.TASKS]
        if all(any(interrupt_id.encode() in data for data in asked) for interrupt_id in answers):
            with suppress(TimeoutError, RunFailed):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._runtime.join(actor, run.thread_id, run.run_id)

    async def _last(self, actor: Actor, thread_id: str) -> Run:
        runs = await self._runtime.list_runs(actor, thread_id, limit=1)
        if not runs:
            raise InvalidRequest("this thread has not run", field="thread_id", hint="use run.start")
        return runs[0]


def _like(last: Run, overrides: Overrides) -> RunRequest:
    """The assistant, configuration and context of the thread's latest run, changed as asked."""
    config = {**last.request.config, **overrides.config}
    asked = [given.get("configurable") or {} for given in (last.request.config, overrides.config)]
    if any(asked):
        config["configurable"] = {**asked[0], **asked[1]}
    return RunRequest(last.assistant_id, config=config, context=last.request.context, metadata=overrides.metadata)


def _begun(run: Run) -> Outcome:
    return Outcome({"run_id": run.run_id}, before_row(run.first_seq))
