"""How a call proves that it comes from this server: the Standard Webhooks specification, version 1. Pure.

`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; one for each
secret, with spaces between, so that a receiver can change its secret without a gap. `webhook-id` is the run's id, the
same in every attempt: a receiver that has seen it has been told already.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

from stemma.graphs.errors import InvalidSetting

PREFIX = "whsec_"


def keys_of(secret: str) -> list[bytes]:
    """The keys of a setting: texts with commas between, or base64 after `whsec_`. Raises `InvalidSetting`."""
    try:
        return [_key(part) for part in map(str.strip, secret.split(",")) if part]
    except binascii.Error as error:
        hint = "base64 after whsec_, or any text without that prefix"
        raise InvalidSetting("GRAPHS_WEBHOOK_SECRET cannot be read", hint=hint) from error


def _key(text: str) -> bytes:
    if text.startswith(PREFIX):
        return b64decode(text.removeprefix(PREFIX), validate=True)
    return text.encode()


def signed(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that go with a body. `timestamp`: seconds since the epoch."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if keys:
        content = f"{message_id}.{timestamp}.".encode() + body
        marks = [b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
        headers["webhook-signature"] = " ".join(f"v1,{mark}" for mark in marks)
    return headers
