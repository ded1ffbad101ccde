"""Between stored columns and the values of model.py; JSON that never fails.

Decides how a run's request is written down and how any value a graph produces becomes JSON: what JSON cannot say is
said as text. It refuses nothing, because an event that cannot be logged would end a run that is fine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from langgraph.types import Interrupt

from stemma.graphs.runs.model import Run, RunRequest, RunStatus, Thread, ThreadStatus, ThreadTtl

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATACLASS


def _plain(value: Any) -> Any:
    if isinstance(value, Interrupt):
        schema = {"response_schema": value.response_schema} if value.response_schema is not None else {}
        return {"value": value.value, "id": value.id, **schema}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple) or hasattr(value, "popleft"):
        return list(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    named = getattr(value, "_asdict", None)
    return named() if callable(named) else str(value)


def to_json(value: Any) -> bytes:
    """JSON of any value: models as objects, sets as lists, what JSON has no word for as text."""
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        text = json.dumps(_deep(value), ensure_ascii=True, default=str)
        return text.encode()


def _deep(value: Any) -> Any:
    """For what orjson refuses: integers beyond 64 bits, lone surrogates, odd keys."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(k).encode("utf-8", "replace").decode(): _deep(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(v) for v in value]
    return _deep(_plain(value))


def when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def request_json(request: RunRequest) -> bytes:
    """A request as it is stored; also what an idempotency key's fingerprint is taken of."""
    return to_json(request)


def to_request(data: bytes) -> RunRequest:
    fields = orjson.loads(data)
    return RunRequest(**{k: v for k, v in fields.items() if k in RunRequest.__dataclass_fields__})


def to_run(row: Sequence[Any]) -> Run:
    """A run from the columns of `run_get`."""
    return Run(
        run_id=row[0],
        thread_id=row[1],
        tenant=row[2],
        assistant_id=row[3],
        graph_id=row[4],
        created_at=when(row[5]),
        updated_at=when(row[6]),
        status=RunStatus(row[7]),
        metadata=orjson.loads(row[8]),
        request=to_request(row[9]),
        epoch=row[10],
        attempt=row[11],
        error=row[12],
        user=row[13],
    )


def to_thread(row: Sequence[Any]) -> Thread:
    """A thread, without values, from the columns of `thread_get`."""
    return Thread(
        thread_id=row[0],
        tenant=row[1],
        created_at=when(row[2]),
        updated_at=when(row[3]),
        metadata=orjson.loads(row[4]),
        status=ThreadStatus(row[5]),
        interrupts=orjson.loads(row[6]),
        ttl=ThreadTtl(row[7], row[8]) if row[7] is not None else None,
    )
