"""One row of the event log, and the names it may have.

A thread's rows are numbered 1, 2, 3, … without gaps, by the transaction that writes them. Each row becomes at most
one frame in a stream mode, so a frame's id is its row's number and a reader can be cut anywhere without loss or
repetition.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class EventName(StrEnum):
    """What is logged. `values` and `checkpoints` rows are marks: they name a checkpoint, read where it is stored."""

    METADATA = "metadata"
    """First event of an attempt: {"run_id", "attempt"}."""
    VALUES = "values"
    """Mark: {"checkpoint_id", "checkpoint_ns"}."""
    CHECKPOINTS = "checkpoints"
    """Mark: {"checkpoint_id", "checkpoint_ns"}."""
    UPDATES = "updates"
    CUSTOM = "custom"
    TASKS = "tasks"
    MESSAGES_METADATA = "messages/metadata"
    MESSAGES_DELTA = "messages"
    """[chunk, metadata]; `messages/partial` frames are the running sum of these."""
    MESSAGES_COMPLETE = "messages/complete"
    TOOLS = "tools"
    """What a tool call does: {"event", "tool_call_id", "tool_name", …}, `event` being tool-started, tool-output-delta,
    tool-finished or tool-error (langchain_protocol's ToolsData)."""
    LIFECYCLE = "lifecycle"
    """A subgraph started or ended, in its own namespace (`subgraphs.py`). For the root: `metadata` and `end`."""
    EVENTS = "events"
    """LangChain's own event, of runs that were started with the mode `events`."""
    FEEDBACK = "feedback"
    """{"thread_id", "run_id", "keys"}, of runs that were started with feedback keys."""
    STATE_UPDATE = "state_update"
    """Mark: {"checkpoint_id", "checkpoint_ns"}. Somebody wrote to the state: of no run (its id is empty)."""
    ERROR = "error"
    """{"error", "message"}."""
    END = "end"
    """Last row of a run: {"status"}. Never a v1 frame: a stream simply ends."""
    TRUNCATED = "history_truncated"
    """{"first", "message"}, never stored: what a reader gets in the place of rows that were forgotten."""
    TOMBSTONE = "tombstone"
    """What is left of a deleted run's row."""


class RunEvent(NamedTuple):
    """One row of the log. `data` is JSON, as stored; `namespace` is the path of subgraphs, "" at the root."""

    thread_id: str
    seq: int
    run_id: str
    event: str
    namespace: str
    data: bytes
    at: float = 0.0
    """When it was logged, in seconds since the epoch."""


class Frame(NamedTuple):
    """What one reader gets in one stream mode: a server-sent event before it is written down."""

    id: int | None
    event: str
    data: bytes
