"""Files, folders and standard input to documents.

Decides what is read, how it is called, and what is reported as unreadable: a bad file is named, never fatal, and the
others go on. It does not decide how a text is split (`split.py`) or stored, and it parses no office format, PDF or
e-mail: a child process does (`conversion.py`).

A file's uri is `file:` and the path as given, normalised with forward slashes: the same command from the same folder
names the same sources, so that ingesting again changes nothing. A corpus row adds `#id`; standard input is `stdin:`
with the start of the text's SHA-256, because two texts from there are two sources and not versions of one. An upload is
`upload:` and the file's name without folders: the same name again is a new version. What is attached to an e-mail adds
`#name` to the mail's uri.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.conversion import CONVERTED, Converted, Converter, children_end_here
from stemma.memory.ingest.corpus_rows import Unreadable, is_row, read_rows
from stemma.memory.ingest.csv_text import csv_text
from stemma.memory.ingest.decoding import clean, decode
from stemma.memory.ingest.html_text import html_text
from stemma.memory.ingest.paged_text import paged_text
from stemma.memory.ingest.readers.parts import Attachment
from stemma.memory.model import Document, SourceKind

SIZE_LIMIT = 20_000_000
"""Bytes of one text file, or of one line of a JSONL corpus; `Limits.size` bounds the files that are converted."""

_TRIAL_ROWS = 100
_MAILS = frozenset({".eml", ".msg"})
_MARKDOWN = frozenset({".docx", ".pptx"})
"""What conversion gives as Markdown."""
_MAILS_WITHIN = 5
"""Mails attached to mails attached to mails."""
_NO_TITLE = re.compile(r"(?:untitled|powerpoint presentation|microsoft \w+ - .*)?", re.IGNORECASE)
"""What programs put into a file's title when nobody gave it one."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


def read_documents(path: str) -> Iterator[Document | Unreadable]:
    """Everything readable under a path, in the order of the names; "-" is standard input.

    Folders are read to the bottom; in them hidden names and other suffixes are passed over. Lazy: one file, or one
    corpus row, at a time. Raises nothing for bad input: what cannot be read comes as `Unreadable`.
    """
    if path == "-":
        yield from read_stream(sys.stdin.buffer)
        return
    target = Path(os.path.normpath(path))
    try:
        is_folder = stat.S_ISDIR(target.stat().st_mode)
    except (OSError, ValueError) as error:
        yield Unreadable(_uri(target), _reason(error))
        return
    with Converter() as converter:
        yield from _read_folder(target, converter) if is_folder else _read_file(target, converter)


def read_stream(stream: BinaryIO) -> Iterator[Document | Unreadable]:
    """A JSONL corpus when the first line is such a row, otherwise one plain text (UTF-8)."""
    first = stream.readline(SIZE_LIMIT + 1)
    if is_row(first):
        yield from read_rows(stream, "stdin:", limit=SIZE_LIMIT, first=first)
        return
    data = first + stream.read(SIZE_LIMIT + 1 - len(first))
    uri = f"stdin:{sha256(data).hexdigest()[:16]}"
    try:
        yield _document(data, uri, "standard input", _plain)
    except UnreadableDocument as error:
        yield Unreadable("stdin:", str(error))


@contextmanager
def upload_reader() -> Iterator[Callable[[str, bytes], Iterator[Document | Unreadable]]]:
    """What reads the files of one request, one after another: `read_upload`, with one child process for all of them.

    Every limit is a file's own, and a bad one is the last one of its child.
    """
    with children_end_here(), Converter() as converter:
        yield partial(read_upload, converter=converter)


def read_upload(name: str, data: bytes, converter: Converter) -> Iterator[Document | Unreadable]:
    """What a file of this name and content holds; the name's suffix says how it is read.

    Raises nothing for bad input: what cannot be read comes as `Unreadable`.
    """
    file = PurePosixPath(clean(name).replace("\\", "/"))
    uri = f"upload:{file.name}"
    try:
        if not file.name:
            raise UnreadableDocument("the upload has no file name")
        yield from _read_content(io.BytesIO(data), uri, file, converter)
    except UnreadableDocument as error:
        yield Unreadable(uri, str(error))


def _read_folder(folder: Path, converter: Converter) -> Iterator[Document | Unreadable]:
    failures: list[OSError] = []
    found = False
    for parent, folders, files in os.walk(folder, onerror=failures.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in SUFFIXES:
                found = True
                yield from _read_file(Path(parent, name), converter)
        while failures:
            found = True
            yield _unlisted(failures.pop(), folder)
    for failure in failures:
        found = True
        yield _unlisted(failure, folder)
    if not found:
        yield Unreadable(_uri(folder), f"no file in it ends in {', '.join(SUFFIXES)}")


def _unlisted(failure: OSError, folder: Path) -> Unreadable:
    return Unreadable(_uri(Path(failure.filename or folder)), _reason(failure))


def _read_file(path: Path, converter: Converter) -> Iterator[Document | Unreadable]:
    uri = _uri(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableDocument("it is not a regular file; pipe it in and read it as -")
        with path.open("rb") as stream:
            yield from _read_content(stream, uri, path, converter)
    except UnreadableDocument as error:
        yield Unreadable(uri, str(error))
    except OSError as error:
        yield Unreadable(uri, _reason(error))


def _read_content(
    stream: BinaryIO, uri: str, file: PurePath, converter: Converter, depth: int = 0
) -> Iterator[Document | Unreadable]:
    """What a file's name promises; `depth` counts the mails around it. Raises `UnreadableDocument`."""
    suffix = file.suffix.lower()
    if suffix and suffix not in SUFFIXES:
        raise UnreadableDocument(f"files ending in {suffix} are not read, only {', '.join(SUFFIXES)}")
    if suffix == ".jsonl":
        yield from _read_corpus(stream, uri)
    elif suffix in CONVERTED:
        if depth > _MAILS_WITHIN:
            raise UnreadableDocument(f"it is attached to the last of {depth} mails within each other")
        converted = converter.convert(suffix, stream)
        yield _of_parts(converted, uri, file)
        for name, attachment in _named(converted.attachments):
            yield from _read_attached(attachment, f"{uri}#{name}", PurePosixPath(name), converter, depth + 1)
    else:
        yield _document(stream.read(SIZE_LIMIT + 1), uri, file.stem, _TEXTS.get(suffix, _plain))


def _read_attached(
    attachment: Attachment, uri: str, file: PurePath, converter: Converter, depth: int
) -> Iterator[Document | Unreadable]:
    """What is attached, if it is of a kind that is read; the mail's text names the others."""
    if file.suffix.lower() not in SUFFIXES:
        return
    try:
        yield from _read_content(io.BytesIO(attachment.data), uri, file, converter, depth)
    except UnreadableDocument as error:
        yield Unreadable(uri, str(error))


def _named(attachments: Sequence[Attachment]) -> Iterator[tuple[str, Attachment]]:
    """Each with a name of its own: of two with one name, the second is called "2-name"."""
    seen: Counter[str] = Counter()
    for attachment in attachments:
        name = " ".join(PurePosixPath(clean(attachment.name).replace("\\", "/")).name.split()) or "unnamed"
        seen[name] += 1
        yield (name if seen[name] == 1 else f"{seen[name]}-{name}"), attachment


def _of_parts(converted: Converted, uri: str, file: PurePath) -> Document:
    suffix = file.suffix.lower()
    text, positions = paged_text(converted.parts)
    if not text:
        raise UnreadableDocument("there is no text in it" + (": are its pages pictures?" if suffix == ".pdf" else ""))
    title = " ".join(clean(converted.details.title).split())
    if _NO_TITLE.fullmatch(title):
        heading = _HEADING.search(text) if suffix in _MARKDOWN else None
        title = heading.group(1) if heading else file.stem
    return Document(
        uri=uri,
        title=title,
        text=text,
        kind=SourceKind.MESSAGE if suffix in _MAILS else SourceKind.DOCUMENT,
        markdown=suffix in _MARKDOWN,
        parts=positions,
        metadata={key: clean(value) for key, value in converted.details.metadata.items()},
    )


def _read_corpus(stream: BinaryIO, uri: str) -> Iterator[Document | Unreadable]:
    """Every row; a file without one good row among its first `_TRIAL_ROWS` is no corpus, and is named once."""
    bad: list[Unreadable] = []
    trial = True
    for row in read_rows(stream, uri, limit=SIZE_LIMIT):
        if trial and isinstance(row, Unreadable):
            bad.append(row)
            if len(bad) == _TRIAL_ROWS:
                break
            continue
        if trial:
            yield from bad
            trial = False
        yield row
    if trial:
        raise UnreadableDocument(f"it has no corpus row; {bad[0].reason}" if bad else "it is empty")


def _document(data: bytes, uri: str, name: str, reader: Callable[[bytes], tuple[str, str, bool]]) -> Document:
    """`name` is the title when the text brings none."""
    if len(data) > SIZE_LIMIT:
        raise UnreadableDocument(f"it is larger than {SIZE_LIMIT} bytes")
    title, text, markdown = reader(data)
    if not text.strip():
        raise UnreadableDocument("there is no text in it")
    return Document(uri=uri, title=" ".join(title.split()) or name, text=text, markdown=markdown)


def _plain(data: bytes) -> tuple[str, str, bool]:
    return "", decode(data), False


def _markdown(data: bytes) -> tuple[str, str, bool]:
    """The title of the front matter or of the first top heading; the front matter is not text."""
    text = decode(data)
    title = ""
    if front := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(front.group(1))
        title = named.group(1).strip("\"'") if named else ""
        text = text[front.end() :]
    heading = _HEADING.search(text)
    return title or (heading.group(1) if heading else ""), text, True


def _html(data: bytes) -> tuple[str, str, bool]:
    title, text = html_text(decode(data, html=True))
    return title, text, True


def _table(data: bytes) -> tuple[str, str, bool]:
    return "", csv_text(decode(data), limit=SIZE_LIMIT), False


def _uri(path: Path) -> str:
    return clean(f"file:{path.as_posix()}")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, PermissionError):
        return "permission denied"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


_TEXTS: dict[str, Callable[[bytes], tuple[str, str, bool]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".csv": _table,
    ".tsv": _table,
}
SUFFIXES = (*_TEXTS, ".jsonl", *CONVERTED)
"""The names of what is read end in one of these."""
