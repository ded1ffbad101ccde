"""Rows of chat messages become events of the channel `messages`.

Decides that a reader whose cursor stands within a message needs only that message's earlier rows: they are looked up
once, when the message goes on. Tool messages are not shown: the channel `tools` has them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.utils import convert_to_messages

from stemma.graphs.protocol.blocks import ROLES, Data, OpenMessage
from stemma.graphs.runs.events import EventName, RunEvent

Earlier = Callable[[RunEvent], AsyncIterator[RunEvent]]
"""The rows of the same run before this one, newest first."""


class Messages:
    """The messages that one reader saw begin and not yet end."""

    def __init__(self, earlier: Earlier, known_from: int) -> None:
        self._earlier = earlier
        self._known_from = known_from
        """Nothing that began before this row is known."""
        self._open: dict[tuple[str, str], OpenMessage] = {}

    async def said(self, row: RunEvent) -> tuple[list[Data], str | None]:
        """What a row says of its message, and the step that spoke."""
        if row.event == EventName.MESSAGES_METADATA:
            for message_id in orjson.loads(row.data):
                self._open[row.run_id, message_id] = OpenMessage(message_id)
            return [], None
        fields, about = orjson.loads(row.data)
        if fields is None:
            message = await self._known(row, str(about["id"]))
            del self._open[row.run_id, message.message_id]
            return message.finish(), message.node
        message_id = str(fields.get("id"))
        if row.event == EventName.MESSAGES_DELTA:
            message = await self._known(row, message_id)
            return message.add(_message(fields), about), message.node
        self._open.pop((row.run_id, message_id), None)
        role = ROLES.get(fields.get("type"))
        if role is None:
            return [], None
        whole = OpenMessage(message_id, role)
        return [*whole.add(_message(fields), about), *whole.finish()], whole.node

    def forget(self, run_id: str) -> None:
        """The run has ended; what it left open stays so."""
        for key in [key for key in self._open if key[0] == run_id]:
            del self._open[key]

    async def _known(self, row: RunEvent, message_id: str) -> OpenMessage:
        key = (row.run_id, message_id)
        message = self._open.get(key)
        if message is None:
            message = self._open[key] = OpenMessage(message_id)
            if self._known_from > 1:
                for fields, about in await self._before(row, message_id):
                    message.add(_message(fields), about)
        return message

    async def _before(self, row: RunEvent, message_id: str) -> list[tuple[dict[str, Any], Mapping[str, Any]]]:
        """What was said of a message that began before this reader's first row."""
        found: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
        async for earlier in self._earlier(row):
            if earlier.event == EventName.MESSAGES_METADATA and message_id in orjson.loads(earlier.data):
                break
            if earlier.event == EventName.MESSAGES_DELTA:
                fields, about = orjson.loads(earlier.data)
                if str(fields.get("id")) == message_id:
                    found.append((fields, about))
        return found[::-1]


def _message(fields: dict[str, Any]) -> BaseMessage:
    given = {key: value for key, value in fields.items() if value is not None}
    if fields.get("type") == "AIMessageChunk":
        # With its position, LangChain would read the last piece of a tool call as a whole one.
        return AIMessageChunk(**{key: value for key, value in given.items() if key != "chunk_position"})
    if fields.get("type") == "ai":
        return AIMessage(**given)
    (message,) = convert_to_messages([fields])
    return message
