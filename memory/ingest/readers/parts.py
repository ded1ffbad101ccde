"""What a reader of files gives: details, texts with their place, attachments; and their form as lines of JSON.

Decides the wire between the child process that reads a file and the parent that asked for it. It reads no file.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson


@dataclass(frozen=True, slots=True)
class Details:
    """What a file says about itself. Comes first, where there is any."""

    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """The next text. Parts of one page, slide or sheet that follow each other belong together."""

    text: str
    page: int | None = None
    """From 1."""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the file."""

    name: str
    data: bytes


Item = Details | Part | Attachment


def to_line(item: Item) -> bytes:
    """One line of JSON. A lone surrogate, which JSON cannot hold, becomes "?"."""
    if isinstance(item, Attachment):
        return _line({"name": item.name, "data": b64encode(item.data).decode("ascii")})
    if isinstance(item, Details):
        return _line({"title": item.title, "metadata": dict(item.metadata)})
    return _line({"text": item.text, "page": item.page, "sheet": item.sheet})


def failed_line(reason: str) -> bytes:
    """The last line about a file that cannot be read."""
    return _line({"failed": reason})


ENDED = b'{"ended":true}\n'
"""The last line about a file that was read to its end."""


def from_line(line: bytes) -> Item | str | None:
    """The item, the reason of a failure, or None at the end.

    Raises: `EOFError` for a line that breaks off, as a process leaves it that was killed while writing.
    """
    if not line.endswith(b"\n"):
        raise EOFError
    match orjson.loads(line):
        case {"ended": True}:
            return None
        case {"failed": str(reason)}:
            return reason
        case {"name": str(name), "data": str(data)}:
            return Attachment(name, b64decode(data))
        case {"title": str(title), "metadata": dict(metadata)}:
            return Details(title, {str(key): str(value) for key, value in metadata.items()})
        case {"text": str(text), "page": int() | None as page, "sheet": str(sheet)}:
            return Part(text, page, sheet)
    raise EOFError


def _line(record: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(record) + b"\n"
    except TypeError:
        clean = {
            key: value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
            for key, value in record.items()
        }
        return orjson.dumps(clean) + b"\n"
