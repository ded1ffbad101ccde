"""A chat message as the protocol tells it: a start, its content block by block, a finish. Pure.

Decides which block a piece of a message belongs to: a provider's index if it gives one, otherwise its kind and how
many of that kind came before it in the piece. Blocks are numbered in the order they began. LangChain's own
`content_blocks` is the one view of content, whatever the provider.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

Data = dict[str, Any]
"""One event's data: langchain_protocol's `MessagesData`."""

ROLES = {"ai": "ai", "AIMessageChunk": "ai", "human": "human", "system": "system"}
"""LangChain's type -> the protocol's role. Others, tool messages first of all, are not on this channel."""
_GROWING = {"text": "text", "reasoning": "reasoning", "tool_call_chunk": "args", "server_tool_call_chunk": "args"}
"""Kind of block -> the field that arrives in pieces."""
_DELTAS = {
    "text": ("text-delta", "text"),
    "reasoning": ("reasoning-delta", "reasoning"),
    "tool_call_chunk": ("tool-call-delta", "args"),
    "server_tool_call_chunk": ("tool-call-delta", "args"),
}
_HEAVY = frozenset({"args", "data", "base64", "output", "transcript", "value", "index"})
"""Left out of a block's start: it comes with the finish."""
_WHOLE = {"tool_call_chunk": "tool_call", "server_tool_call_chunk": "server_tool_call"}


@dataclass(slots=True)
class OpenMessage:
    """A message on its way: what was said of it so far."""

    message_id: str
    role: str = "ai"
    node: str | None = None
    """The step that speaks."""
    started: bool = False
    _blocks: dict[Any, tuple[int, Data]] = field(default_factory=dict)
    _usage: UsageMetadata | None = None
    _about: Data = field(default_factory=dict)

    def add(self, message: BaseMessage, metadata: Mapping[str, Any]) -> list[Data]:
        """What a piece of it adds."""
        said = [] if self.started else [self._start(message, metadata)]
        self.started, self.node = True, metadata.get("langgraph_node")
        self._about.update(message.response_metadata or {})
        usage = getattr(message, "usage_metadata", None)
        if usage:
            self._usage = add_usage(self._usage, usage)
        for key, block in _pieces(message):
            said.extend(self._piece(key, block))
        return [self._own(data) for data in said]

    def finish(self) -> list[Data]:
        """Its last words."""
        said: list[Data] = [
            {"event": "content-block-finish", "index": index, "content": _whole(block)}
            for index, block in self._blocks.values()
        ]
        end: Data = {"event": "message-finish"}
        if self._usage is not None:
            end["usage"] = dict(self._usage)
        if self._about:
            end["metadata"] = self._about
        return [self._own(data) for data in (*said, end)]

    def _start(self, message: BaseMessage, metadata: Mapping[str, Any]) -> Data:
        given = message.response_metadata or {}
        about = {
            "provider": given.get("model_provider") or metadata.get("ls_provider"),
            "model": given.get("model_name") or metadata.get("ls_model_name"),
            "model_type": metadata.get("ls_model_type"),
            "run_id": metadata.get("run_id"),
            "thread_id": metadata.get("thread_id"),
            "langgraph_node": metadata.get("langgraph_node"),
        }
        known = {key: value for key, value in about.items() if isinstance(value, str)}
        return {"event": "message-start", "role": self.role, "metadata": known}

    def _piece(self, key: Any, block: Data) -> Iterator[Data]:
        known = self._blocks.get(key)
        if known is None:
            index = len(self._blocks)
            self._blocks[key] = (index, dict(block))
            yield {"event": "content-block-start", "index": index, "content": _skeleton(block)}
        else:
            index = known[0]
            _grow(known[1], block)
        kind, name = _DELTAS.get(block.get("type", ""), ("", ""))
        if kind and block.get(name):
            yield {"event": "content-block-delta", "index": index, "delta": {"type": kind, name: block[name]}}

    def _own(self, data: Data) -> Data:
        # `id` tells the Python SDK which message an event is of, `run_id` the JavaScript one.
        return {**data, "id": self.message_id, "run_id": self.message_id}


def _pieces(message: BaseMessage) -> Iterator[tuple[Any, Data]]:
    """(what identifies the block within its message, the piece of it)."""
    counts: Counter[str] = Counter()
    for found in message.content_blocks:
        block: Data = dict(found)
        kind = str(block.get("type"))
        yield block["index"] if block.get("index") is not None else (kind, counts[kind]), block
        counts[kind] += 1
    if not isinstance(message, AIMessageChunk):
        for position, call in enumerate(getattr(message, "invalid_tool_calls", ())):
            yield ("invalid_tool_call", position), {**call, "type": "invalid_tool_call"}


def _skeleton(block: Data) -> Data:
    kind = block.get("type", "text")
    growing = _GROWING.get(kind)
    if growing:
        kept = {k: v for k, v in block.items() if k not in ("annotations", growing) and k != "index"}
        chunk = {"id": block.get("id"), "name": block.get("name")} if growing == "args" else {}
        return {**kept, **chunk, growing: ""}
    kept = {k: v for k, v in block.items() if k not in _HEAVY}
    if kind in ("tool_call", "server_tool_call"):
        kept["args"] = {}
    elif kind == "non_standard":
        kept["value"] = {}
    return kept


def _grow(total: Data, piece: Data) -> None:
    growing = _GROWING.get(piece.get("type", ""))
    if growing is None or total.get("type") != piece.get("type"):
        total.update(piece)
        return
    joined = (total.get(growing) or "") + (piece.get(growing) or "")
    total.update({key: value for key, value in piece.items() if value is not None})
    total[growing] = joined


def _whole(block: Data) -> Data:
    kind = block.get("type", "text")
    if kind not in _WHOLE:
        return {key: value for key, value in block.items() if key != "index"}
    named = {"id": block.get("id"), "name": block.get("name")}
    try:
        args = json.loads(block.get("args") or "{}")
    except ValueError:
        why = "Failed to parse tool call arguments as JSON"
        return {"type": "invalid_tool_call", **named, "args": block.get("args"), "error": why}
    return {"type": _WHOLE[kind], **named, "args": args}
