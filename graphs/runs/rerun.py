"""Runs that start from an earlier checkpoint.

Decides that the old branch is never touched (a re-run adds a new one) and that a re-run is configured as the thread's
latest run was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
        request = replace(await self._like_the_last(actor, thread_id), checkpoint_id=checkpoint_id)
        return await self._submissions.submit(actor, thread_id, request, idempotency_key, "reject")

    async def fork(
        self, actor: Actor, thread_id: str, checkpoint_id: str, values: Mapping[str, Any], as_node: str | None
    ) -> Run:
        """Edit the state at this checkpoint and run on from there."""
        like = await self._like_the_last(actor, thread_id)
        edited = await self._states.update(
            thread_id, values, as_node=as_node, checkpoint_id=checkpoint_id, checkpoint_ns=""
        )
        request = replace(like, checkpoint_id=edited["checkpoint_id"])
        return await self._submissions.submit(actor, thread_id, request, None, "reject")

    async def _like_the_last(self, actor: Actor, thread_id: str) -> RunRequest:
        """The assistant, configuration and context of the thread's latest run."""
        await self._store.thread(actor.tenant, thread_id)
        runs = await self._store.runs(actor.tenant, thread_id, status=None, limit=1, offset=0)
        if runs:
            return RunRequest(runs[0].assistant_id, config=runs[0].request.config, context=runs[0].request.context)
        graph_id = await self._store.thread_graph(thread_id)
        if graph_id is None:
            raise InvalidRequest("this thread has not run, so there is nothing to run again", field="thread_id")
        return RunRequest(graph_id)
