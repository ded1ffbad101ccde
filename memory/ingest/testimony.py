"""What a person says or a tool gives back, as a document to ingest.

Decides the address under which it is kept: who said it, and a digest of what was said, so that the same words of the
same person are one source; and that what is kept holds no control characters, whoever brings it. It refuses what is
said by nobody, and trust outside [0, 1].
"""

from __future__ import annotations

from urllib.parse import quote

from stemma.memory.identifiers import content_hash
from stemma.memory.ingest.decoding import clean
from stemma.memory.model import Document, SourceKind

_DIGEST = 16


def testimony(text: str, *, by: str, title: str, kind: SourceKind, trust: float) -> Document:
    """The document, its text clean and its title on one line. Its uri is "person:ann/3f…" (or "tool:", "message:",
    "document:"). Raises `ValueError` for an empty `by` or trust outside [0, 1].
    """
    text, title, by = clean(text), _one_line(title), _one_line(by)
    if not by:
        raise ValueError("`by` is empty: say whose statement it is")
    if not 0.0 <= trust <= 1.0:
        raise ValueError(f"trust must be in [0, 1], not {trust}")
    digest = content_hash(title, text)[:_DIGEST]
    uri = f"{kind.value}:{quote(by, safe='')}/{digest}"
    return Document(uri, title, text, kind=kind, metadata={"by": by}, trust=trust)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
