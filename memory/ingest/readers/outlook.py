"""Outlook's mail files (.msg), with olefile.

Decides which of a message's properties are read (MS-OXPROPS names them by number): subject, sender, recipients, time,
text, attachments.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import olefile

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.html_text import html_text
from stemma.memory.ingest.readers.mail import ATTACHMENTS, mail_items
from stemma.memory.ingest.readers.package import OLE
from stemma.memory.ingest.readers.parts import Attachment, Item

_SUBJECT, _FROM_NAME, _FROM_ADDRESS, _FROM_SMTP, _TO, _CC = "0037", "0C1A", "0C1F", "5D01", "0E04", "0E03"
_BODY, _HTML = "1000", "1013"
_FILE_DATA, _LONG_NAME, _SHORT_NAME = "3701", "3707", "3704"
_PROPERTIES = "__properties_version1.0"
_HEADER = 32
"""Bytes before the first entry of the property stream, which has 16 bytes for each: tag, flags, value."""
_SENT, _CODE_PAGE = 0x00390040, 0x3FFD0003
_ENCODINGS = {20127: "ascii", 28591: "latin-1", 28605: "iso8859-15", 65001: "utf-8", 20866: "koi8-r", 54936: "gb18030"}
"""Windows code pages that Python does not call "cp" and the number."""
_WINDOWS_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read_outlook(data: bytes, *, pages: int) -> Iterator[Item]:
    """Subject, text and attachments. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    del pages
    if not data.startswith(OLE):  # olefile's own check takes short bytes for the name of a file
        raise UnreadableDocument("it is damaged, or no Outlook message")
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        if not file.exists(_PROPERTIES):
            raise UnreadableDocument("it is no Outlook message")
        message = _Message(file)
        name, address = message.text(_FROM_NAME), message.text(_FROM_SMTP) or message.text(_FROM_ADDRESS)
        shown = {
            "from": f"{name} <{address}>" if name and "@" in address and name != address else name or address,
            "to": message.text(_TO),
            "cc": message.text(_CC),
            "date": message.sent,
        }
        body = message.text(_BODY) or message.page()
        yield from mail_items(message.text(_SUBJECT), shown, body, message.attachments(), {"format": "msg"})


class _Message:
    """The properties of one message."""

    def __init__(self, file: olefile.OleFileIO) -> None:
        self._file = file
        properties = file.openstream(_PROPERTIES).read()
        entries = {
            tag: value for tag, _, value in struct.iter_unpack("<IIQ", properties[_HEADER : len(properties) // 16 * 16])
        }
        page = entries.get(_CODE_PAGE, 1252) & 0xFFFFFFFF
        self._encoding = _ENCODINGS.get(page, f"cp{page}")
        sent = entries.get(_SENT, 0)
        self.sent = (_WINDOWS_EPOCH + timedelta(microseconds=sent // 10)).isoformat(" ", "minutes") if sent else ""

    def text(self, tag: str, folder: str = "") -> str:
        """A text property, whichever of the two forms it is stored in; "" when it is not there."""
        for form, encoding in (("001F", "utf-16-le"), ("001E", self._encoding)):
            if data := self._stream(f"{folder}__substg1.0_{tag}{form}"):
                return _decoded(data, encoding).strip("\x00").strip()
        return ""

    def page(self) -> str:
        """The text of the HTML form; "" when there is none."""
        data = self._stream(f"__substg1.0_{_HTML}0102")
        return html_text(_decoded(data, self._encoding))[1] if data else self.text(_HTML)

    def attachments(self) -> list[Attachment]:
        """The attached files. A message attached to the message is named, but not opened: it is no file."""
        folders = sorted({path[0] for path in self._file.listdir() if path[0].startswith("__attach_version1.0_")})
        if len(folders) > ATTACHMENTS:
            raise UnreadableDocument(f"it has {len(folders)} attachments, more than {ATTACHMENTS}")
        return [
            Attachment(
                self.text(_LONG_NAME, f"{folder}/") or self.text(_SHORT_NAME, f"{folder}/") or "unnamed",
                self._stream(f"{folder}/__substg1.0_{_FILE_DATA}0102"),
            )
            for folder in folders
        ]

    def _stream(self, name: str) -> bytes:
        return bytes(self._file.openstream(name).read()) if self._file.exists(name) else b""


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableDocument(f"its text is not in the encoding it names ({encoding})") from error
