"""The ZIP packages that Office files are: is it safe to open this one?

Decides by the package's own table, before anything is unpacked. The sizes stated there bind: Python's zipfile gives no
byte beyond them.
"""

from __future__ import annotations

import io
import zipfile

from stemma.memory.errors import UnreadableDocument

ENTRIES = 20_000
UNPACKED = 300_000_000
"""Bytes, all entries together: three times what a file may have, and text that grows a hundred times still passes."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file of Microsoft's older format starts, and an encrypted one of the newer."""


def check_package(data: bytes, kind: str, main: str) -> None:
    """Raises `UnreadableDocument` unless this is a package of reasonable size that holds the entry `main`.

    `kind` is what it should be, in a person's words ("Word").
    """
    if data.startswith(OLE):
        raise UnreadableDocument(
            f"it is encrypted, or of the old {kind} format: save it without a password in today's format"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except zipfile.BadZipFile as error:
        raise UnreadableDocument(f"it is damaged, or no {kind} file: {error}") from error
    if len(entries) > ENTRIES:
        raise UnreadableDocument(f"it holds {len(entries)} entries, more than {ENTRIES}")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED:
        raise UnreadableDocument(f"unpacked it would have {unpacked} bytes, more than {UNPACKED}")
    if main not in {entry.filename for entry in entries}:
        raise UnreadableDocument(f"it is no {kind} file")
