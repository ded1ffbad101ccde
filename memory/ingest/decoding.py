"""Bytes to clean text, or a stated reason why not.

Decides which encodings are accepted and which characters a stored text may hold. It never guesses an encoding and never
replaces what it cannot decode: a wrong text would be cited as if it were the document's.
"""

from __future__ import annotations

import codecs
import re

from stemma.memory.errors import UnreadableDocument

_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_HTML_ENCODINGS = frozenset(
    {"utf-8", "ascii", "iso8859-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"}
    | {"shift_jis", "euc_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5"}
)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")


def decode(data: bytes, *, html: bool = False) -> str:
    """The clean text of UTF-8 bytes, or of UTF-16 ones with a byte order mark; HTML may declare another encoding.

    Raises: `UnreadableDocument` when the bytes are not text in that encoding.
    """
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif html and (declared := _DECLARED.search(data, 0, 2048)):
        encoding = _allowed(declared.group(1).decode("ascii"))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(f"byte {error.start} is not {encoding.upper()} text") from error
    return clean(text)


def _allowed(name: str) -> str:
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if encoding not in _HTML_ENCODINGS:
        raise UnreadableDocument(f"it declares the encoding {name}, which is not read")
    return encoding


def clean(text: str) -> str:
    """The text with "\\n" line ends, without control characters other than newline and tab.

    A lone surrogate, which no store can encode, becomes U+FFFD.
    """
    text = _FORBIDDEN.sub("", _LINE_END.sub("\n", text.removeprefix("\ufeff")))
    return _SURROGATE.sub("\ufffd", text)
