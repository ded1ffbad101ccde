"""JSON in and out: orjson, with the limits that keep bad input a 422.

A body is refused here, before anything is stored, when it could not be written down again: a number beyond 64 bits,
nesting deeper than `MAX_DEPTH`, half a surrogate pair, NaN. Routes answer with `Json`, which serialises once and skips
FastAPI's second validation of data that this program made itself; their declared models feed the OpenAPI document and
are checked by the tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

MAX_DEPTH = 100
"""Levels of nesting. orjson writes at most 254, and an answer wraps what a request brought."""

_LONG_NUMBER = re.compile(rb"\d{19}")
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def dumps(content: Any) -> bytes:
    """Serialise anything a graph may return; what JSON does not know becomes its model's dump or its text."""
    try:
        return orjson.dumps(content, default=_plain, option=_OPTIONS)
    except TypeError:
        # Half a surrogate pair or a number beyond 64 bits, from a graph: the standard library escapes both.
        return json.dumps(content, default=_plain).encode()


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump") and not isinstance(value, type):
        return value.model_dump()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def loads(body: bytes) -> Any:
    """Parse a request's body. Raises `json.JSONDecodeError` for what is not JSON or could not be stored."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # The document is not repeated in the error: it may hold secrets, and it may be large.
        raise json.JSONDecodeError(error.msg, "", 0) from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise json.JSONDecodeError(f"nested deeper than {MAX_DEPTH} levels", "", 0)
    if _LONG_NUMBER.search(body):
        json.loads(body, parse_int=_within_64_bits)
    return value


def _within_64_bits(digits: str) -> int:
    # Without this check a longer number would silently become a rounded float.
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise json.JSONDecodeError("a number does not fit into 64 bits", "", 0)
    return int(digits)


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth - 1


class Json(Response):
    """An answer whose content is serialised as it is."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return dumps(content)


class _JsonRequest(Request):
    async def json(self) -> Any:
        return loads(await self.body())


class JsonRoute(APIRoute):
    """A route whose body is parsed by `loads`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def parsed_here(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return parsed_here
