"""The body of POST /memory/sources: files of a form, or one text as JSON.

Decides how a form is read: into memory, never to disk, so many files and no more, each under a plain name. Sizes are
bounded before (`limits.py`). A name is a label: no path and no address from a request is ever opened.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import NamedTuple

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from stemma.api.json_wire import loads
from stemma.api.schemas.memory_writes import TextSource
from stemma.api.settings import ApiSettings
from stemma.graphs.errors import InvalidRequest
from stemma.memory.ingest.decoding import clean

_LONGEST_NAME = 255


class Upload(NamedTuple):
    """One file: its name without folders, and what is in it."""

    name: str
    data: bytes


class _InMemoryParser(MultiPartParser):
    spool_max_size = sys.maxsize  # the body's limit bounds it; a full disk must not matter


async def read_body(request: Request, settings: ApiSettings) -> TextSource | list[Upload]:
    """The text or the files. Raises `InvalidRequest`, `RequestValidationError`, and 408 when they do not arrive."""
    try:
        async with asyncio.timeout(settings.upload_seconds):
            if request.headers.get("content-type", "").lower().startswith("multipart/"):
                return await _files(request, settings.max_upload_files)
            body = await request.body()
    except TimeoutError:
        raise HTTPException(408, f"the body took longer than {settings.upload_seconds:g} seconds") from None
    return _text(body)


def _text(body: bytes) -> TextSource:
    try:
        return TextSource.model_validate(loads(body))
    except json.JSONDecodeError as error:
        details = {"type": "json_invalid", "loc": ("body",), "msg": "JSON decode error", "ctx": {"error": error.msg}}
        raise RequestValidationError([details]) from None
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**row, "loc": ("body", *row["loc"])} for row in errors]) from None


async def _files(request: Request, max_files: int) -> list[Upload]:
    parser = _InMemoryParser(request.headers, request.stream(), max_files=max_files, max_fields=0)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidRequest(f"the form cannot be read: {error.message}", field="files") from None
    except ValueError:
        # Some of Python's codecs, which a form's charset may name, raise more than the parser expects.
        raise InvalidRequest("the form's names cannot be decoded", field="files") from None
    try:
        found = [(field, part) for field, part in form.multi_items() if not isinstance(part, str)]
        uploads = [Upload(_plain_name(part.filename or ""), await part.read()) for _, part in found]
    finally:
        await form.close()
    if not uploads or any(field != "files" for field, _ in found):
        raise InvalidRequest("an upload is one or more parts named files, each with a file name", field="files")
    _refuse_twins(uploads)
    return uploads


def _plain_name(name: str) -> str:
    last = clean(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return " ".join(last.split())[-_LONGEST_NAME:] or "unnamed"


def _refuse_twins(uploads: Sequence[Upload]) -> None:
    # The second would silently become the next version of the first.
    names = [upload.name for upload in uploads]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidRequest(f"two files are called {twins[0]!r}; names tell sources apart", field="files")
