"""LangGraph's checkpoint saver over the run store: checkpoints ride in the same transactions as runs and events.

Decides how a checkpoint is cut into rows: small plain values stay inside it, any other channel value becomes a blob
that is written once for each version. Deserialising is strict always: only LangGraph's list of safe types and the
types a graph's own schemas name are ever built; a crafted row runs nothing. Four oddities are meant:

1. Versions are counter * 2**24 + random, so that two branches of a thread never share a (channel, version).
2. Inside a run, `aput_writes` returns before its commit: nothing waits for it but the next checkpoint, which
   commits it too, and lingering 2 ms lets it share that commit or its siblings'.
3. A checkpoint that only takes the input in is not waited for: the run's row holds the input, and a crash begins anew.
   Nor is the one that no step follows: the run's end follows, is waited for, and comes after it in the same order.
4. The lease travels in the config under a name that LangGraph neither stores nor shows.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from inspect import signature
from typing import Any, TypeVar

import orjson
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from stemma.graphs.runs.auth_user import USER_ID
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.ports import CheckpointRow, RunStore, Unit, WriteRow
from stemma.graphs.runs.prune import kept
from stemma.graphs.runs.rows import to_json

Function = TypeVar("Function", bound=Callable[..., Any])
LEASE_KEY = "__stemma_lease"
"""Where a run's `Unit` travels in `configurable`."""
DURABILITY_KEY = "__pregel_durability"
"""LangGraph's own name for the run's durability."""
_INLINE = (str, int, float, bool, type(None))
_INLINE_CHARACTERS = 256


def _remember_signature(function: Function) -> Function:
    """LangGraph asks `aput_writes` for its signature in every run; working it out again takes 60 us of processor."""
    vars(function)["__signature__"] = signature(function)
    return function


class RunSaver(BaseCheckpointSaver[int]):
    """See `BaseCheckpointSaver`. Raises what `RunStore` raises, and `LostLease` for a run that was taken over."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self.store = store

    def get_next_version(self, current: int | None, channel: None = None) -> int:
        del channel  # versions do not depend on it
        return (((current >> 24) + 1 if current else 1) << 24) | random.getrandbits(24)

    # --- writing ----------------------------------------------------------------------------------------------------
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        configurable = config["configurable"]
        thread_id, ns = str(configurable["thread_id"]), configurable.get("checkpoint_ns", "")
        lease: Unit | None = configurable.get(LEASE_KEY)
        unit = lease or Unit(thread_id)
        body: dict[str, Any] = dict(checkpoint)
        values = body.pop("channel_values")
        inline = self._put_blobs(unit, ns, values, checkpoint["channel_versions"], new_versions)
        if inline:
            body["channel_values"] = inline
        stored: dict[str, Any] = {**get_checkpoint_metadata(config, metadata)}
        stored.pop(USER_ID, None)  # LangGraph copies any text of the config, and clients see what is stored here
        row = CheckpointRow(
            thread_id,
            ns,
            checkpoint["id"],
            configurable.get("checkpoint_id"),
            stored.get("run_id"),
            self.serde.dumps_typed(body)[1],
            to_json(stored),
        )
        self.store.put_checkpoint(unit, row)
        if lease is not None:
            self._mark(lease, ns, checkpoint, stored)
        if lease is None or not (
            configurable.get(DURABILITY_KEY) == "async"
            or _only_input(lease, ns, checkpoint, metadata)
            or _last(lease, ns, checkpoint)
        ):
            await self.store.committed(unit)
        return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ns, "checkpoint_id": checkpoint["id"]}}

    def _put_blobs(
        self, unit: Unit, ns: str, values: dict[str, Any], versions: ChannelVersions, new: ChannelVersions
    ) -> dict[str, Any]:
        """Write what changed, and return what stays inside the checkpoint."""
        inline = {}
        for channel, value in values.items():
            small = type(value) in _INLINE and not (type(value) is str and len(value) > _INLINE_CHARACTERS)
            if small or channel not in versions:
                inline[channel] = value
            elif channel in new:
                kind, data = self.serde.dumps_typed(value)
                self.store.put_blob(unit, ns, channel, int(new[channel]), kind, data)
        return inline

    def _mark(self, lease: Unit, ns: str, checkpoint: Checkpoint, metadata: Mapping[str, Any]) -> None:
        """Log that there is a checkpoint: `checkpoints` and `values` frames are read from it."""
        lease.heads[ns] = checkpoint["id"]
        mark = {"checkpoint_id": checkpoint["id"], "checkpoint_ns": ns, "step": metadata.get("step")}
        data = orjson.dumps(mark)
        if metadata.get("source") != "input":
            self.store.log(lease, EventName.VALUES.value, ns, data)
        self.store.log(lease, EventName.CHECKPOINTS.value, ns, data)

    @_remember_signature
    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        configurable = config["configurable"]
        lease: Unit | None = configurable.get(LEASE_KEY)
        unit = lease or Unit(str(configurable["thread_id"]))
        ns, checkpoint_id = configurable.get("checkpoint_ns", ""), configurable["checkpoint_id"]
        for position, (channel, value) in enumerate(writes):
            index = WRITES_IDX_MAP.get(channel, position)
            kind, data = self.serde.dumps_typed(value)
            row = WriteRow(task_id, channel, kind, data)
            self.store.put_write(unit, ns, checkpoint_id, index, task_path, row, replace=index < 0)
        if lease is None:
            await self.store.committed(unit)

    # --- reading ----------------------------------------------------------------------------------------------------
    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        configurable = config["configurable"]
        thread_id, checkpoint_id = str(configurable["thread_id"]), get_checkpoint_id(config)
        lease: Unit | None = configurable.get(LEASE_KEY)
        ns = configurable.get("checkpoint_ns", "")
        if lease is not None and lease.new_thread and ns not in lease.heads:
            return None
        await self.store.settled(thread_id)
        row = self.store.checkpoint(thread_id, ns, checkpoint_id)
        if row is None:
            return None
        if lease is not None:
            lease.heads.setdefault(row.ns, row.checkpoint_id)
        return self._tuple(row, config if checkpoint_id else None)

    def _tuple(self, row: CheckpointRow, config: RunnableConfig | None = None) -> CheckpointTuple:
        body = self.serde.loads_typed(("msgpack", row.checkpoint))
        values = body.pop("channel_values", {})
        wanted = [(channel, version) for channel, version in body["channel_versions"].items() if channel not in values]
        for channel, kind, data in self.store.blobs(row.thread_id, row.ns, wanted):
            values[channel] = self.serde.loads_typed((kind, data))
        body["channel_values"] = values
        pending = [
            (write.task_id, write.channel, self.serde.loads_typed((write.kind, write.value)))
            for write in self.store.writes(row.thread_id, row.ns, row.checkpoint_id)
        ]
        return CheckpointTuple(
            config or _config(row, row.checkpoint_id),
            body,
            orjson.loads(row.metadata),
            _config(row, row.parent_id) if row.parent_id else None,
            pending,
        )

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the name is LangGraph's
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        configurable = config["configurable"] if config else {}
        thread_id = str(configurable["thread_id"]) if "thread_id" in configurable else None
        if thread_id is not None:
            await self.store.settled(thread_id)
        rows = self.store.checkpoints(
            thread_id,
            configurable.get("checkpoint_ns"),
            get_checkpoint_id(config) if config else None,
            get_checkpoint_id(before) if before else None,
        )
        given = 0
        for row in rows:
            if limit is not None and given >= limit:
                return
            if filter:
                metadata = orjson.loads(row.metadata)
                if any(metadata.get(key) != value for key, value in filter.items()):
                    continue
            given += 1
            yield self._tuple(row)

    # --- deleting and copying ---------------------------------------------------------------------------------------
    async def adelete_thread(self, thread_id: str) -> None:
        await self.store.delete_checkpoints(str(thread_id))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        if run_ids:
            await self.store.delete_for_runs(run_ids)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await self.store.copy_checkpoints(str(source_thread_id), str(target_thread_id))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        for thread_id in map(str, thread_ids):
            if strategy == "delete":
                await self.store.delete_checkpoints(thread_id)
            else:
                await self.store.settled(thread_id)
                rows = self.store.checkpoints(thread_id, None, None, None)
                await self.store.prune(thread_id, kept([self._tuple(row) for row in rows]))


def _only_input(lease: Unit, ns: str, checkpoint: Checkpoint, metadata: CheckpointMetadata) -> bool:
    """Whether nothing was done yet but taking the input in (LangGraph's `__start__`), which the run's own row holds."""
    taken = checkpoint["versions_seen"].get("__start__", {}).get("__start__")
    if metadata.get("source") == "input":
        lease.inputs[ns] = taken
        return True
    return ns in lease.inputs and taken != lease.inputs.pop(ns)


def _last(lease: Unit, ns: str, checkpoint: Checkpoint) -> bool:
    """Whether nothing changed that would make a step of the root graph run."""
    updated = checkpoint.get("updated_channels")
    return not ns and bool(lease.triggers) and updated is not None and lease.triggers.isdisjoint(updated)


def _config(row: CheckpointRow, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": row.thread_id, "checkpoint_ns": row.ns, "checkpoint_id": checkpoint_id}}
