"""The ids of a WebSocket's subscriptions, which a later connection can restore.

Decides that an id says what was subscribed to, so that a client that comes back, also to another process, can name its
subscriptions by id; the server keeps nothing about connections that ended.
"""

from __future__ import annotations

import base64
import binascii

import orjson

from stemma.api.json_wire import dumps
from stemma.api.schemas.protocol import EventStreamBody


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
