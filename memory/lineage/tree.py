"""A lineage drawn as a tree of lines: every item and every edge once, whatever the shape of the lineage. Pure.

Decides the order, the indentation and what each line says; the words come from `branches.py` and `captions.py`. An item
that is met again is referred to, so that cycles end. Nothing recurses: what is nested too deep for the width goes on in
a block of its own further down. It knows no colours: each piece of a line has a `Role`, which the shell gives a style.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, StrEnum
from typing import NamedTuple

from rich.cells import cell_len

from stemma.memory.lineage.branches import Branch, branches
from stemma.memory.lineage.captions import Explained, decision, evidence, headline, label, places, repeated
from stemma.memory.lineage.fitting import wrapped
from stemma.memory.lineage.flags import FATAL, flags
from stemma.memory.lineage.model import Direction, Lineage, Retraction
from stemma.memory.model import Relation

_ROOM = 56
"""Columns that are left below the deepest indentation: an id, or what begins an item, and some words."""
_NARROWEST = 16
"""A text with less room than this begins on a line of its own."""
_ROOT_LINES = 6
_NOTE_LINES = 3


class Role(StrEnum):
    """What a piece of a line is, for whoever gives it a colour."""

    FRAME = "frame"
    WORDS = "words"
    LABEL = "label"
    TEXT = "text"
    ID = "id"
    FATAL = "fatal"
    """A flag of something that is not supported."""
    DATED = "dated"
    """A flag of something that is no longer current."""
    NOTE = "note"


class Piece(NamedTuple):
    text: str
    role: Role


Line = list[Piece]


class _Way(Enum):
    """How much of an item is shown where it is met, and the note that says so."""

    OPEN = ""
    LATER = "goes on below"
    """It is nested too deep to go on here."""
    CONTINUED = "continued"
    BELOW = "goes on below "
    """Met again before it goes on."""
    ABOVE = "shown above"


_DETAILED = (_Way.OPEN, _Way.LATER)
_LEADING_ON = (_Way.OPEN, _Way.CONTINUED)


class _Visit(NamedTuple):
    """An item where it is met: by which branch of which other item, and what stands in front of its lines."""

    item_id: str
    branch: Branch | None = None
    parent: str = ""
    first: str = ""
    """In front of its first line."""
    below: str = ""
    """In front of all lines below that."""


class _Look(NamedTuple):
    """What indentation is made of."""

    child: str
    last: str
    bar: str
    space: str


_BOXES = _Look("├─ ", "└─ ", "│  ", "   ")
_PLAIN = _Look("- ", "- ", "  ", "  ")


def drawn(lineage: Lineage, *, width: int, boxes: bool = True) -> Iterator[Line]:
    """The lines of the tree. `width` is in terminal cells; `boxes` joins items with box characters.

    No line is wider than `width`, if that is at least 80.
    """
    return _Drawing(lineage, width, _BOXES if boxes else _PLAIN).lines()


def plain(line: Line) -> str:
    """The line without roles."""
    return "".join(piece.text for piece in line)


class _Drawing:
    """One tree while it is drawn."""

    def __init__(self, lineage: Lineage, width: int, look: _Look) -> None:
        self._lineage = lineage
        self._width = width
        self._look = look
        self._branches = branches(lineage)
        self._expanded: set[str] = set()
        self._waiting: dict[str, None] = {}
        """What goes on further down, in the order it was met."""
        self._decisions: dict[str, list[Retraction]] = {}
        for retraction in lineage.retractions:
            self._decisions.setdefault(retraction.withdraws, []).append(retraction)

    def lines(self) -> Iterator[Line]:
        yield from self._block(self._lineage.root, _Way.OPEN)
        while self._waiting:
            yield []
            yield from self._block(next(iter(self._waiting)), _Way.CONTINUED)
        for item_id in self._lineage.items:
            if item_id not in self._expanded:  # no edge leads to it: a fault of the store, and shown all the same
                yield []
                yield from self._block(item_id, _Way.OPEN)

    def _block(self, start: str, way: _Way) -> Iterator[Line]:
        self._waiting.pop(start, None)
        stack = [_Visit(start)]
        while stack:
            visit = stack.pop()
            way = self._way(visit) if visit.branch else way
            following = self._following(visit) if way in _LEADING_ON else []
            yield from self._item(visit, way, self._look.bar if following else self._look.space)
            if way in _LEADING_ON:
                self._expanded.add(visit.item_id)
            elif way is _Way.LATER:
                self._waiting[visit.item_id] = None
            stack += reversed(following)

    def _way(self, visit: _Visit) -> _Way:
        if visit.item_id in self._expanded:
            return _Way.ABOVE
        if visit.item_id in self._waiting:
            return _Way.BELOW
        too_deep = len(visit.below) > self._width - _ROOM
        return _Way.LATER if too_deep and visit.item_id in self._branches else _Way.OPEN

    def _following(self, visit: _Visit) -> list[_Visit]:
        found = self._branches.get(visit.item_id, [])
        look, below = self._look, visit.below
        visits = [
            _Visit(branch.item_id, branch, visit.item_id, below + look.child, below + look.bar) for branch in found
        ]
        if visits:
            visits[-1] = visits[-1]._replace(first=below + look.last, below=below + look.space)
        return visits

    def _item(self, visit: _Visit, way: _Way, bar: str) -> Iterator[Line]:
        item, front = self._lineage.items[visit.item_id], visit.below + bar
        opening = [Piece(visit.first, Role.FRAME)]
        if visit.branch:
            opening.append(Piece(f"{visit.branch.words} ", Role.WORDS))
        opening.append(Piece(label(item), Role.LABEL))
        if way in _DETAILED:
            shown = [(f" ({flag})", Role.FATAL if flag in FATAL else Role.DATED) for flag in flags(item)]
            opening += [Piece(*pair) for pair in shown]
        else:
            opening.append(Piece(f" ({way.value.strip()})", Role.NOTE))
        opening.append(Piece("  ", Role.TEXT))
        yield from self._texts(opening, headline(item), front, Role.TEXT, 1 if visit.branch else _ROOT_LINES)
        if way in _DETAILED or not visit.branch:
            yield from self._placed(item, front)
        if way is _Way.LATER:
            yield [Piece(front, Role.FRAME), Piece(way.value, Role.NOTE)]
        for note in self._notes(visit):
            yield from self._texts([Piece(front, Role.FRAME)], note, front, Role.NOTE, _NOTE_LINES)
        for retraction in self._decisions.get(visit.item_id, []) if way in _DETAILED else []:
            text = f"{decision(retraction)} (retraction {retraction.id})"
            role = Role.FATAL if retraction.lifted_at is None else Role.NOTE
            yield from self._texts([Piece(front, Role.FRAME)], text, front, role, _NOTE_LINES)

    def _placed(self, item: Explained, front: str) -> Iterator[Line]:
        """The id, whole so that it can be copied, and where the item comes from: beside it if there is room."""
        line, known = [Piece(front, Role.FRAME), Piece(item.id, Role.ID)], places(item)
        beside = "  " + ", ".join(known)
        if cell_len(plain(line) + beside) <= self._width:
            yield [*line, Piece(beside.rstrip(), Role.NOTE)]
            return
        yield line
        for part in known:
            yield from self._texts([Piece(front, Role.FRAME)], part, front, Role.NOTE, _NOTE_LINES)

    def _notes(self, visit: _Visit) -> Iterator[str]:
        """What is known of the edges by which the item was met."""
        if visit.branch is None:
            return
        edges = visit.branch.edges
        yield from evidence(edges)
        yield from (f"rank {edge.rank}, score {edge.score:.3f}" for edge in edges[:1] if edge.relation is Relation.USED)
        if often := repeated(edges):
            yield often
        if self._stands_by_itself(visit.parent, visit.item_id, edges[0].relation):
            yield "it stays supported, by something else"

    def _stands_by_itself(self, parent: str, item_id: str, relation: Relation) -> bool:
        items = self._lineage.items
        downstream = self._lineage.direction is Direction.DOWNSTREAM and relation is Relation.DERIVED_FROM
        return downstream and items[item_id].supported and not items[parent].supported

    def _texts(self, opening: Line, text: str, front: str, role: Role, most: int) -> Iterator[Line]:
        """A text after its opening, on at most `most` lines; those below the first stand under it."""
        used = cell_len(plain(opening))
        if self._width - used < _NARROWEST:
            yield opening
            opening, used = [Piece(front, Role.FRAME)], cell_len(front)
        for number, part in enumerate(wrapped(text, self._width - used, most, cell_len) or [""]):
            indent = front.ljust(used) if number else ""
            yield [Piece(indent, Role.FRAME), Piece(part, role)] if number else [*opening, Piece(part, role)]
