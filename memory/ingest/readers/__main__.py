"""The child process that reads files: one request after another on standard input, lines of JSON on standard output.

Decides what a reader may use while it reads: so much memory, so much processor time for each page, no network, no other
program, no file but Python's own modules. `conversion.py` starts it, and it ends with the first file that it cannot
read: the next one gets a process that nothing has touched. It guards against documents, not against the libraries:
Python's audit events are no wall for native code.

A request is a line, `{"suffix": ".pdf", "size": 123}`, and that many bytes.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import TracebackType
from typing import BinaryIO

import orjson

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.readers.limits import Limits
from stemma.memory.ingest.readers.parts import ENDED, Attachment, Item, Part, failed_line, to_line

Reader = Callable[..., Iterator[Item]]
_READERS = {
    ".pdf": ("pdf", "read_pdf"),
    ".docx": ("word", "read_word"),
    ".pptx": ("slides", "read_slides"),
    ".xlsx": ("workbook", "read_workbook"),
    ".eml": ("mail", "read_mail"),
    ".msg": ("outlook", "read_outlook"),
}
_EXTRA = frozenset({"pypdfium2", "mammoth", "pptx", "openpyxl", "olefile"})
_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MODULES = (".py", ".pyc", ".so", ".pyd", ".dylib")


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; the parent decides, and kills
    limits = Limits(**orjson.loads(sys.argv[1]))
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not write between the lines
    sys.excepthook = _reporter(sink, limits)
    guard = _Guard()
    sys.addaudithook(guard.hear)
    while request := source.readline():
        wanted = orjson.loads(request)
        data = source.read(wanted["size"])
        read = _reader(wanted["suffix"])
        _bound(resource.RLIMIT_AS, limits.memory)
        _bound(resource.RLIMIT_CORE, 0)
        _allow(limits.part_seconds)
        guard.closed = True
        _write(sink, read(data, pages=limits.pages), limits)
        guard.closed = False


def _reader(suffix: str) -> Reader:
    module, name = _READERS[suffix]
    reader: Reader = getattr(import_module(f"stemma.memory.ingest.readers.{module}"), name)
    return reader


def _write(sink: BinaryIO, items: Iterator[Item], limits: Limits) -> None:
    characters = attached = 0
    for item in items:
        characters += len(item.text) if isinstance(item, Part) else 0
        attached += len(item.data) if isinstance(item, Attachment) else 0
        if characters > limits.characters:
            raise UnreadableDocument(f"it holds more than {limits.characters} characters of text")
        if attached > limits.size:
            raise UnreadableDocument(f"its attachments are larger than {limits.size} bytes")
        sink.write(to_line(item))
        _allow(limits.part_seconds)
    sink.write(ENDED)
    sink.flush()


def _allow(seconds: int) -> None:
    """So much more processor time; the kernel ends the process that uses it up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + seconds)


def _bound(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    try:
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    except (ValueError, OSError):
        if sys.platform != "darwin":  # which has no limit on memory
            raise


class _Guard:
    """While closed, refuses what no reader needs. The reader's own imports come before, and may write their cache."""

    closed = False

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.closed:
            return
        if event.startswith(_REFUSED) or (event == "open" and not _opens_module(*arguments)):
            raise PermissionError(f"a reader of files may not do this: {event}")


def _opens_module(path: object, mode: object, flags: object) -> bool:
    del mode
    return isinstance(path, str) and path.endswith(_MODULES) and isinstance(flags, int) and not flags & _WRITING


def _reporter(sink: BinaryIO, limits: Limits) -> Callable[..., None]:
    """What happens with an exception nobody caught, which ends the process: its reason is the last line."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        del kind, trace
        sink.write(failed_line(_reason(error, limits)))
        sink.flush()

    return report


def _reason(error: BaseException, limits: Limits) -> str:
    if isinstance(error, UnreadableDocument):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in _EXTRA:
        return f'reading it needs {error.name}: pip install "stemma-agents[ingest]"'
    if isinstance(error, MemoryError):
        return f"it needs more than {limits.memory >> 20} MB of memory to be read"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    said = " ".join(str(error).split())[:200]
    return f"it is damaged, or not what its name says ({type(error).__name__}{': ' if said else ''}{said})"


if __name__ == "__main__":
    main()
