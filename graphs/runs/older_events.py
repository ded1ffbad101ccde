"""Tool and lifecycle rows as the first streaming protocol shows them. Pure.

They are logged in the shape of the second one (`langchain_protocol`), which says more. The first one's shapes are the
types `ToolsStreamEvent` and `LifecycleStreamEvent` of the JavaScript SDK, whose `useStream` reads them.
"""

from __future__ import annotations

import orjson

from stemma.graphs.runs.rows import to_json

_TOOLS = {
    "tool-started": ("on_tool_start", "input", "input"),
    "tool-output-delta": ("on_tool_event", "data", "delta"),
    "tool-finished": ("on_tool_end", "output", "output"),
    "tool-error": ("on_tool_error", "error", "message"),
}
"""Event -> its older name, what its content is called there, and what it is called in the row."""


def tool_event(data: bytes) -> bytes:
    """{"event", "toolCallId", "name", and "input", "data", "output" or "error"}."""
    row = orjson.loads(data)
    event, content, stored = _TOOLS[row["event"]]
    shown = {"event": event, "toolCallId": row["tool_call_id"], "name": row["tool_name"], content: row.get(stored)}
    return to_json(shown)


def lifecycle_event(data: bytes) -> bytes:
    """{"event", "namespace", "tool_call_id"?, "error"?}."""
    row = orjson.loads(data)
    shown = {"event": row["event"], "namespace": row["namespace"]}
    if "cause" in row:
        shown["tool_call_id"] = row["cause"]["tool_call_id"]
    if "error" in row:
        shown["error"] = row["error"]
    return to_json(shown)
