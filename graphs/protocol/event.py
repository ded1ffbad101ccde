"""One event of the thread-centric protocol, and its place on its thread.

Decides what an event is known by. Its number grows along the thread, is the same on every connection and after a
restart, and is computed from the row of the event log it tells of: row times `ROOM`, plus its place within the row. So
a reader can be cut between any two events, and a cursor is found in the log without a second log.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from stemma.graphs.runs.events import RunEvent

ROOM = 10_000
"""Numbers that one row of the log has for its events: 2^53 holds those of 900 billion rows."""


class ProtocolEvent(NamedTuple):
    """One event, before it is written down. `data` is JSON."""

    seq: int
    event_id: str
    method: str
    namespace: tuple[str, ...]
    timestamp: int
    """When its row was logged, in milliseconds since the epoch."""
    data: bytes
    node: str | None = None
    """The step that spoke, of `messages`."""
    name: str | None = None
    """Of `custom` events that have one: they are on the channel `custom:<name>` too."""

    @property
    def channel(self) -> str:
        """What a subscriber asks for to get it."""
        return "input" if self.method.startswith("input.") else self.method

    def encode(self) -> bytes:
        """The event as JSON, in the shape of langchain_protocol's `Event`."""
        params: dict[str, Any] = {
            "namespace": self.namespace,
            "timestamp": self.timestamp,
            "data": orjson.Fragment(self.data),
        }
        if self.node is not None:
            params["node"] = self.node
        return orjson.dumps(
            {
                "type": "event",
                "event_id": self.event_id,
                "seq": self.seq,
                "method": self.method,
                "params": params,
            }
        )


def event_of(row: RunEvent, place: int, method: str, data: bytes, **more: Any) -> ProtocolEvent:
    """An event of this row. `place`: below `ROOM`, the same whenever the row is read; `more`: other fields."""
    seq = row.seq * ROOM + min(place, ROOM - 1)
    fields = {"event_id": f"{seq}", "namespace": path_of(row.namespace), **more}
    return ProtocolEvent(seq=seq, method=method, timestamp=int(row.at * 1000), data=data, **fields)


def path_of(namespace: str) -> tuple[str, ...]:
    """A namespace as the log has it, as the protocol's list of segments."""
    return tuple(namespace.split("|")) if namespace else ()


def row_before(seq: int) -> int:
    """The row after which to read the log for what comes after this event: its own row may have more."""
    row, place = divmod(seq, ROOM)
    return row if place == ROOM - 1 else max(row - 1, 0)


def before_row(row: int) -> int:
    """The number that everything before this row has, and nothing of it or after it."""
    return row * ROOM - 1


def seq_of(event_id: str) -> int | None:
    """The number of the event with this id; None for an id that no event has."""
    number = event_id.rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 17 else None
