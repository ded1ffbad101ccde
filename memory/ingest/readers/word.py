"""Word files (.docx) to Markdown, with markitdown.

Decides that pictures are left out, also linked ones, which nothing fetches. A Word file has no pages: they arise where
it is laid out, so none is told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from markitdown import DocumentConverter, StreamInfo
from markitdown.converters import DocxConverter

from stemma.memory.ingest.readers.package import check_package
from stemma.memory.ingest.readers.parts import Details, Item, Part

_CONVERTER: type[DocumentConverter] = DocxConverter
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")


def read_word(data: bytes, *, pages: int) -> Iterator[Item]:
    """Its text as Markdown. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    del pages
    check_package(data, "Word", "word/document.xml")
    yield Details(metadata={"format": "docx"})
    result = _CONVERTER().convert(io.BytesIO(data), StreamInfo(extension=".docx"))
    yield Part(_PICTURE.sub(r"\1", result.markdown))
