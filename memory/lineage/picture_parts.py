"""The parts of the picture of a lineage: cards, links, and the style for light and dark. Pure.

Decides how one item looks. All text is escaped here and nowhere else; `picture.py` decides where things stand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from stemma.memory.lineage.captions import Explained, decision, headline, label, places
from stemma.memory.lineage.fitting import fitted, wrapped
from stemma.memory.lineage.flags import FATAL, flags
from stemma.memory.lineage.model import LineageEdge, Retraction
from stemma.memory.model import Passage
from stemma.memory.terminal import printable

CARD_WIDTH = 248.0
_INSET = 14.0
_LINE = 16.0
_TEXT_LINES = 3
_REASON_LINES = 3
_LONGEST_TITLE = 600

STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;fill:#1c2430}
.paper{fill:#f7f8fa}.head{font-size:16px;font-weight:600}.sub{font-size:12px;fill:#5b6675}
.card{fill:#fff;stroke:#c9d1db}.text{font-size:13px}.kind{font-size:11px;font-weight:600;letter-spacing:.04em}
.where{font-size:11px;fill:#5b6675}.bad{font-size:11px;font-weight:600;fill:#b42318}
.aged{font-size:11px;font-weight:600;fill:#92590a}.end{text-anchor:end}
.source .kind{fill:#3a5a8c}.source .edge{fill:#5b7fb8}.passage .kind{fill:#0f6b62}.passage .edge{fill:#2a9d8f}
.claim .kind{fill:#6a3fa0}.claim .edge{fill:#8f63c9}.answer .kind{fill:#8a5a00}.answer .edge{fill:#d39a2c}
.out .card{fill:#fff5f4;stroke:#e3a29b}.out .text{fill:#6b4a47}.old .card{fill:#fffaf0;stroke:#e2c48d}
.root .card{stroke:#1c2430;stroke-width:1.6}
.link{fill:none;stroke:#8b97a6;stroke-width:1.4}.link.broken{stroke:#d0665c;stroke-dasharray:5 4}
.link.place{stroke:#b98a34;stroke-dasharray:2 4}.tip{fill:#8b97a6}.tip.broken{fill:#d0665c}.tip.place{fill:#b98a34}
.more{fill:none;stroke:#8b97a6;stroke-dasharray:3 3}
@media (prefers-color-scheme:dark){
text{fill:#e6eaf0}.paper{fill:#14181e}.sub,.where{fill:#9aa6b5}.card{fill:#1d232c;stroke:#3a4554}
.bad{fill:#ff8f85}.aged{fill:#f0b95e}
.source .kind{fill:#9dbcf0}.passage .kind{fill:#6fd3c6}.claim .kind{fill:#c7a4f5}.answer .kind{fill:#f2c66d}
.out .card{fill:#2d1d1f;stroke:#7a403c}.out .text{fill:#d9bdba}.old .card{fill:#2a2418;stroke:#6e5627}
.root .card{stroke:#e6eaf0}.link{stroke:#66727f}.tip{fill:#66727f}.more{stroke:#66727f}
.link.broken{stroke:#c8564b}.tip.broken{fill:#c8564b}.link.place{stroke:#c79a45}.tip.place{fill:#c79a45}}
"""
"""Colours and fonts; each text has at least 4.5 : 1 contrast with what is behind it, in light and in dark."""


@dataclass(frozen=True, slots=True)
class Card:
    """One item with its lines, and as high as they need."""

    item: Explained
    is_root: bool
    text: Sequence[str]
    places: Sequence[str]
    reasons: Sequence[str]

    @property
    def height(self) -> float:
        lines = 1 + len(self.text) + len(self.places) + len(self.reasons)
        return lines * _LINE + 14


def card_of(
    item: Explained, quotes: Sequence[LineageEdge], retractions: Sequence[Retraction], *, is_root: bool
) -> Card:
    """The card of an item. A passage shows the words that `quotes` (edges that rest on it) name, not its beginning."""
    room = CARD_WIDTH - 2 * _INSET
    said = headline(item)
    quoted = next((edge.quote for edge in quotes if edge.quote), "")
    if isinstance(item, Passage) and quoted:
        title = printable(item.title)
        said = f"{title}: “{printable(quoted)}”" if title else f"“{printable(quoted)}”"
    reasons = [
        line
        for retraction in retractions
        if retraction.lifted_at is None
        for line in wrapped(decision(retraction), room, _REASON_LINES, small_width)
    ]
    text = wrapped(said, room, _TEXT_LINES, text_width)
    return Card(item, is_root, text, [_ending(line, room) for line in places(item)], reasons)


def _ending(text: str, room: float) -> str:
    """The end of a text that is too long: of a file's address, that is its name."""
    return fitted(text[::-1], room, small_width)[::-1] if "/" in text else fitted(text, room, small_width)


def card_markup(card: Card, x: float, y: float) -> str:
    """The card with its upper left corner at (x, y)."""
    item, found = card.item, flags(card.item)
    classes = [label(item)]
    classes += ["out"] if FATAL & set(found) else ["old"] if found else []
    classes += ["root"] if card.is_root else []
    title = fitted(headline(item), _LONGEST_TITLE, len)
    lines = [
        f'<g class="{" ".join(classes)}">',
        f"<title>{escape(title)} ({escape(printable(item.id))})</title>",
        f'<rect class="card" x="{x:.1f}" y="{y:.1f}" width="{CARD_WIDTH:.0f}" height="{card.height:.1f}" rx="7"/>',
        f'<rect class="edge" x="{x:.1f}" y="{y + 7:.1f}" width="4" height="{card.height - 14:.1f}" rx="2"/>',
    ]
    rows = [("text", line) for line in card.text]
    rows += [("where", line) for line in card.places]
    rows += [("bad", line) for line in card.reasons]
    lines.append(text_markup("kind", x + _INSET, y + 19, label(item).upper()))
    if found:
        kind = "bad" if found[0] in FATAL else "aged"
        lines.append(text_markup(f"{kind} end", x + CARD_WIDTH - _INSET, y + 19, ", ".join(found)))
    lines += [text_markup(kind, x + _INSET, y + 19 + _LINE * row, line) for row, (kind, line) in enumerate(rows, 1)]
    return "\n".join([*lines, "</g>"])


def text_markup(kind: str, x: float, y: float, text: str) -> str:
    """One line of text with its base line at y."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def text_width(text: str) -> float:
    """An estimate, on the wide side, of a text's width at 13 px: fonts differ, and a line must never leave its card."""
    return sum(map(_advance, text)) * 13


def small_width(text: str) -> float:
    """The same at 11 px, bold."""
    return sum(map(_advance, text)) * 12.2


def _advance(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.05
    if char in " .,:;'|!ijl()[]":
        return 0.34
    if char in "mwMW@—…" or not char.isascii():
        return 0.95 if char in "mwMW@—…" else 0.75
    return 0.68 if char.isupper() else 0.57
