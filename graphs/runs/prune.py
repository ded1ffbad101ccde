"""Which checkpoints a thread must keep so that its newest states can still be read. Pure.

The newest of each namespace, and, where a channel stores only differences (LangGraph's DeltaChannel: a version
without a value), its ancestors back to the one that holds the whole value.
"""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.checkpoint.base import CheckpointTuple


def kept(newest_first: Sequence[CheckpointTuple]) -> dict[str, list[str]]:
    """Namespace -> ids of the checkpoints to keep, out of all of one thread's."""
    by_place = {_place(entry): entry for entry in newest_first}
    keep: dict[str, list[str]] = {}
    for entry in newest_first:
        ns, _ = _place(entry)
        if ns in keep:
            continue
        keep[ns] = [_place(entry)[1]]
        missing = _without_value(entry)
        ancestor: CheckpointTuple | None = entry
        while missing and ancestor is not None and ancestor.parent_config is not None:
            parent = ancestor.parent_config["configurable"]
            ancestor = by_place.get((parent.get("checkpoint_ns", ""), parent["checkpoint_id"]))
            if ancestor is not None:
                keep[ns].append(_place(ancestor)[1])
                missing -= set(ancestor.checkpoint["channel_values"])
    return keep


def _place(entry: CheckpointTuple) -> tuple[str, str]:
    configurable = entry.config["configurable"]
    return configurable.get("checkpoint_ns", ""), configurable["checkpoint_id"]


def _without_value(entry: CheckpointTuple) -> set[str]:
    counters = entry.metadata.get("counters_since_delta_snapshot") or {}
    return {channel for channel in counters if channel not in entry.checkpoint["channel_values"]}
