"""The edges between items and names: columns of numbers that only grow.

Decides how edges are kept, so that adding one costs little and reading all is one numpy operation. It does not know
which of them count for whom (`visible_graph.py`).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class EdgeKind(IntEnum):
    """Why an item and a name belong together."""

    MENTION = 0
    """The item's text says a name that some passage answers to."""
    TITLE = 1
    """The passage answers to the name."""
    SPAN = 2
    """The text holds a capitalised span, which may be no passage's name."""


class EdgeArrays(NamedTuple):
    """All edges as they were, one place an edge; `inside` and `outer` go together, one place a containment."""

    item: NDArray[np.int32]
    name: NDArray[np.int32]
    kind: NDArray[np.int8]
    sentence: NDArray[np.int32]
    """Which of the item's sentences; -1 for a title."""
    first: NDArray[np.bool_]
    """The item's first edge of this kind to this name."""
    strength: NDArray[np.float32]
    inside: NDArray[np.int32]
    """A mention that lies within a longer one …"""
    outer: NDArray[np.int32]
    """… of this name."""


class EdgeTable:
    """Edges by number, in the order they were added."""

    def __init__(self) -> None:
        self.item, self.name, self.sentence, self.start = array("i"), array("i"), array("i"), array("i")
        self.kind, self.first, self.strength = array("b"), array("b"), array("f")
        self.spelling: list[str] = []
        """How the item spells the name; empty for a mention, which is spelt like the title."""
        self._inside, self._outer = array("i"), array("i")
        self._of_item: defaultdict[int, array[int]] = defaultdict(lambda: array("i"))

    def __len__(self) -> int:
        return len(self.item)

    def add(
        self,
        item: int,
        name: int,
        kind: EdgeKind,
        *,
        sentence: int = -1,
        start: int = -1,
        first: bool = True,
        strength: float = 1.0,
        spelling: str = "",
    ) -> int:
        """The new edge's number."""
        edge = len(self.item)
        self.item.append(item)
        self.name.append(name)
        self.sentence.append(sentence)
        self.start.append(start)
        self.kind.append(kind)
        self.first.append(first)
        self.strength.append(strength)
        self.spelling.append(spelling)
        self._of_item[item].append(edge)
        return edge

    def contain(self, edge: int, names: Iterable[int]) -> None:
        """The mention lies within mentions of these longer names."""
        for name in names:
            self._inside.append(edge)
            self._outer.append(name)

    def mentions_of(self, item: int) -> dict[tuple[int, int, int], int]:
        """(sentence, start, name) -> edge, for the mentions in an item's text."""
        return {
            (self.sentence[edge], self.start[edge], self.name[edge]): edge
            for edge in self._of_item[item]
            if self.kind[edge] == EdgeKind.MENTION
        }

    def arrays(self) -> EdgeArrays:
        """A copy of the columns, which later edges leave alone."""
        import numpy as np

        return EdgeArrays(
            np.array(self.item, np.int32),
            np.array(self.name, np.int32),
            np.array(self.kind, np.int8),
            np.array(self.sentence, np.int32),
            np.array(self.first, np.bool_),
            np.array(self.strength, np.float32),
            np.array(self._inside, np.int32),
            np.array(self._outer, np.int32),
        )
