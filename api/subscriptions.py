"""What the subscriptions of one WebSocket share: ids that a later connection can restore, and no event twice.

Decides that an id says what was subscribed to, so that a client that comes back, also to another process, can name its
subscriptions by id; the server keeps nothing about connections that ended.
"""

from __future__ import annotations

import base64
import binascii

import orjson

from stemma.api.json_wire import dumps
from stemma.api.schemas.protocol import EventStreamBody

KEPT = 4096
"""Numbers remembered at most before those that every subscription has passed are forgotten."""


def id_of(body: EventStreamBody, count: int) -> str:
    """The id of the connection's `count`-th subscription."""
    said = dumps(body.model_dump(exclude_none=True, exclude={"since"}))
    return f"{count}.{base64.urlsafe_b64encode(said).decode().rstrip('=')}"


def body_of(subscription_id: str) -> EventStreamBody | None:
    """What was subscribed to under this id; None for one that no server of this kind gave out."""
    text = subscription_id.partition(".")[2]
    try:
        said = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return EventStreamBody.model_validate(said)
    except (binascii.Error, ValueError):
        return None


class Overlap:
    """Which of the events that several subscriptions want were told already.

    A client hands an event to all its subscriptions, so it is told once to those that were there; one that came later
    needs it again.
    """

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._count = 0
        self._joined: dict[str, int] = {}
        self._passed: dict[str, int] = {}

    def join(self, subscription_id: str) -> None:
        self._joined[subscription_id] = self._count

    def leave(self, subscription_id: str) -> None:
        self._joined.pop(subscription_id, None)
        self._passed.pop(subscription_id, None)

    def tells(self, subscription_id: str, seq: int) -> bool:
        """Whether this subscription's event must be told; if so, it counts as told."""
        self._passed[subscription_id] = seq
        if self._told.get(seq, 0) > self._joined[subscription_id]:
            return False
        if len(self._joined) > 1:
            self._count += 1
            self._told[seq] = self._count
            if len(self._told) > KEPT:
                self._forget()
        return True

    def _forget(self) -> None:
        passed = min(self._passed.get(subscription_id, 0) for subscription_id in self._joined)
        self._told = {seq: count for seq, count in self._told.items() if seq > passed}
