"""Runs that start from an earlier checkpoint. Decides that the old branch is never touched: a re-run adds a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.graphs.errors import InvalidRequest
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.state import States
from stemma.graphs.runs.submit import Submissions


class Reruns:
    """Replays and forks."""

    def __init__(self, store: RunStore, states: States, submissions: Submissions) -> None:
        self._store, self._states, self._submissions = store, states, submissions

    async def replay(self, actor: Actor, thread_id: str, checkpoint_id: str, idempotency_key: str | None) -> Run:
        """Execute again what came after this checkpoint."""
        request = RunRequest(await self._graph_id(actor, thread_id), checkpoint_id=checkpoint_id)
        return await self._submissions.submit(actor, thread_id, request, idempotency_key, "reject")

    async def fork(
        self, actor: Actor, thread_id: str, checkpoint_id: str, values: Mapping[str, Any], as_node: str | None
    ) -> Run:
        """Edit the state at this checkpoint and run on from there."""
        graph_id = await self._graph_id(actor, thread_id)
        edited = await self._states.update(
            thread_id, values, as_node=as_node, checkpoint_id=checkpoint_id, checkpoint_ns=""
        )
        request = RunRequest(graph_id, checkpoint_id=edited["checkpoint_id"])
        return await self._submissions.submit(actor, thread_id, request, None, "reject")

    async def _graph_id(self, actor: Actor, thread_id: str) -> str:
        await self._store.thread(actor.tenant, thread_id)
        graph_id = await self._store.thread_graph(thread_id)
        if graph_id is None:
            raise InvalidRequest("this thread has not run, so there is nothing to run again", field="thread_id")
        return graph_id
