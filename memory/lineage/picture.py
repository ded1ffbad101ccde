"""The picture of a lineage: one self-contained SVG, from what came in on the left to what was said on the right. Pure.

Decides where things stand and how lines run. It is bounded (`excerpt.py` leaves out what does not fit and counts it),
holds no script and no reference to anything outside, and can be read in light and in dark.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from xml.sax.saxutils import escape

from stemma.memory.lineage.branches import ends
from stemma.memory.lineage.captions import counted, headline, label
from stemma.memory.lineage.excerpt import Excerpt, excerpt
from stemma.memory.lineage.fitting import fitted
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.layers import Link, layout
from stemma.memory.lineage.links import Arrival, arrivals
from stemma.memory.lineage.model import Direction, Lineage
from stemma.memory.lineage.picture_parts import CARD_WIDTH, STYLE, Card, card_markup, card_of, text_markup, text_width

_COLUMN_GAP = 92.0
_ROW_GAP = 20.0
_MARGIN = 24.0
_HEAD = 74.0
_FOOT = 40.0
_NARROWEST = 620.0
_JOIN = 26.0
"""How far in front of a card the antecedents of one justification meet."""
_MORE_WIDTH, _MORE_HEIGHT = 104.0, 26.0
_LEGEND = {
    "": "A line leads from what supports to what rests on it.",
    "joined": "A dot joins what is needed together.",
    "broken": "Dashed: taken back.",
    "place": "Dotted: stands in its place.",
}


def svg(lineage: Lineage) -> str:
    """The picture as an SVG document. Shows at most 48 items; of the others it says how many there are, and where."""
    return _Picture(lineage).markup()


class _Picture:
    """One picture while it is drawn."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._excerpt = excerpt(lineage)
        self._cards = _cards(lineage, self._excerpt)
        self._upstream = lineage.direction is Direction.UPSTREAM
        chips = {f"more {owner}": owner for owner in self._excerpt.more}
        self._depths = {**self._excerpt.layers, **{chip: self._excerpt.layers[at] + 1 for chip, at in chips.items()}}
        links = [ends(edge, lineage.direction) for edge in self._excerpt.edges]
        heights = {item_id: card.height for item_id, card in self._cards.items()}
        heights |= dict.fromkeys(chips, _MORE_HEIGHT)
        links += [(owner, chip) for chip, owner in chips.items()]
        self._layout = layout(self._depths, links, heights, gap=_ROW_GAP)
        self._columns = max(self._depths.values()) + 1
        self._arrivals = arrivals(self._excerpt.edges, lineage.items)
        self._ports = self._arranged()

    def markup(self) -> str:
        body = [*self._lines(), *self._chips()]
        body += [card_markup(card, self._left(item), self._top(item)) for item, card in self._cards.items()]
        inside = self._columns * (CARD_WIDTH + _COLUMN_GAP) - _COLUMN_GAP
        width, height = max(inside + 2 * _MARGIN, _NARROWEST), self._layout.height + _HEAD + _FOOT
        title, summary = self._title(), self._summary()
        room = width - 2 * _MARGIN
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
                f'height="{height:.0f}" role="img" aria-labelledby="title summary">',
                f'<title id="title">{escape(title)}</title>',
                f'<desc id="summary">{escape(summary)}</desc>',
                f"<style>{STYLE}</style>",
                f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
                text_markup("head", _MARGIN, 34, fitted(title, room / 1.4, text_width)),
                text_markup("sub", _MARGIN, 54, fitted(summary, room, text_width)),
                *body,
                text_markup("sub", _MARGIN, height - 16, self._legend()),
                "</svg>",
            ]
        )

    def _title(self) -> str:
        root = self._lineage.items[self._lineage.root]
        verb = "rests on" if self._upstream else "reached"
        return f"What this {label(root)} {verb}: {fitted(headline(root), 120, len)}"

    def _summary(self) -> str:
        others = [item for item_id, item in self._lineage.items.items() if item_id != self._lineage.root]
        kinds = [counted(number, kind) for kind, number in Counter(map(label, others)).items()]
        found = Counter(flag for item in self._lineage.items.values() for flag in flags(item))
        parts = [", ".join(kinds) or "nothing", *(f"{number:,} {flag}" for flag, number in found.items())]
        parts += [f"{left:,} not drawn"] if (left := sum(self._excerpt.more.values())) else []
        parts += ["and more than was looked at"] if self._lineage.truncated else []
        return "; ".join(parts)

    def _legend(self) -> str:
        kinds = {arrival.kind for arrival in self._arrivals}
        kinds |= {"joined"} if any(len(arrival.tails) > 1 for arrival in self._arrivals) else set()
        return " ".join(text for kind, text in _LEGEND.items() if kind in kinds)

    def _left(self, node: str) -> float:
        return self._column_left(self._depths[node])

    def _column_left(self, depth: int) -> float:
        place = self._columns - 1 - depth if self._upstream else depth
        return _MARGIN + place * (CARD_WIDTH + _COLUMN_GAP)

    def _middle(self, node: str) -> float:
        return _HEAD + self._layout.middles[node]

    def _top(self, item_id: str) -> float:
        return self._middle(item_id) - self._cards[item_id].height / 2

    def _arranged(self) -> Mapping[int, float]:
        """For each arrival, by its number, the height where it reaches its card, in the order of where they start."""
        reaching: defaultdict[str, list[int]] = defaultdict(list)
        for number, arrival in enumerate(self._arrivals):
            reaching[arrival.head].append(number)
        ports = {}
        for head, numbers in reaching.items():
            numbers.sort(key=lambda number: fmean(self._last(tail, head) for tail in self._arrivals[number].tails))
            for place, number in enumerate(numbers, 1):
                ports[number] = self._top(head) + self._cards[head].height * place / (len(numbers) + 1)
        return ports

    def _last(self, tail: str, head: str) -> float:
        """The height from which a line comes to the column of its head."""
        route = self._route(tail, head)
        return route[-1] if route else self._middle(tail)

    def _route(self, tail: str, head: str) -> Sequence[float]:
        """The heights at which a line passes the columns between, from left to right."""
        link: Link = (head, tail) if self._upstream else (tail, head)
        heights = [_HEAD + height for height in self._layout.routes.get(link, ())]
        return heights[::-1] if self._upstream else heights

    def _lines(self) -> Iterator[str]:
        for number, arrival in enumerate(self._arrivals):
            x, y, kind = self._left(arrival.head), self._ports[number], arrival.kind
            joined = len(arrival.tails) > 1
            for tail in arrival.tails:
                yield f'<path class="link {kind}" d="{self._curve(tail, arrival, x - _JOIN if joined else x - 6, y)}"/>'
            if joined:
                yield f'<path class="link {kind}" d="M{x - _JOIN:.1f} {y:.1f}H{x - 6:.1f}"/>'
                yield f'<circle class="tip {kind}" cx="{x - _JOIN:.1f}" cy="{y:.1f}" r="4"/>'
            yield f'<path class="tip {kind}" d="M{x - 8:.1f} {y - 4:.1f}l7 4l-7 4Z"/>'

    def _curve(self, tail: str, arrival: Arrival, x: float, y: float) -> str:
        here, level = self._left(tail) + CARD_WIDTH, self._middle(tail)
        parts = [f"M{here:.1f} {level:.1f}"]
        route = self._route(tail, arrival.head)
        step = CARD_WIDTH + _COLUMN_GAP
        for place, height in enumerate(route, 1):
            left = self._left(tail) + place * step
            parts.append(f"{_bend(here, level, left, height)}H{left + CARD_WIDTH:.1f}")
            here, level = left + CARD_WIDTH, height
        return "".join([*parts, _bend(here, level, x, y)])

    def _chips(self) -> Iterator[str]:
        for owner, number in self._excerpt.more.items():
            chip = f"more {owner}"
            y = self._middle(chip)
            x = self._left(chip) + (CARD_WIDTH - _MORE_WIDTH if self._upstream else 0)
            start, end = (x + _MORE_WIDTH, self._left(owner)) if self._upstream else (self._left(owner) + CARD_WIDTH, x)
            from_y, to_y = (y, self._middle(owner)) if self._upstream else (self._middle(owner), y)
            yield f'<path class="more" d="M{start:.1f} {from_y:.1f}{_bend(start, from_y, end, to_y)}"/>'
            yield (
                f'<rect class="more" x="{x:.1f}" y="{y - _MORE_HEIGHT / 2:.1f}" width="{_MORE_WIDTH:.0f}" '
                f'height="{_MORE_HEIGHT:.0f}" rx="13"/>'
            )
            yield text_markup("sub", x + 14, y + 4, f"… {number:,} more")


def _cards(lineage: Lineage, shown: Excerpt) -> dict[str, Card]:
    decisions = defaultdict(list)
    for retraction in lineage.retractions:
        decisions[retraction.withdraws].append(retraction)
    quotes = defaultdict(list)
    for edge in shown.edges:
        quotes[edge.antecedent].append(edge)
    return {
        item_id: card_of(lineage.items[item_id], quotes[item_id], decisions[item_id], is_root=item_id == lineage.root)
        for item_id in shown.layers
    }


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that leaves and arrives horizontally, also where it has to go back."""
    reach = max(abs(to_x - x) / 2, 40.0)
    return f"C{x + reach:.1f} {y:.1f} {to_x - reach:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
