"""What differs between Neo4j's lines: 2026.08 and newer filter inside the vector index, 5.26 LTS does not.

Decides by the server's version which query file serves vectors, and how many more than wanted to ask for first. It
refuses servers older than 5.26. It also knows the two slots of vectors: those that recall uses and, while another
embedder takes over, those that it will use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from neo4j.vector import Vector

from stemma.memory.errors import MemoryTooOld
from stemma.memory.queries import Queries, load_queries

OLDEST = (5, 26)
FILTERING = (2026, 8)
"""The first version whose vector index filters; what lies between is served like 5.26."""


class Slot(StrEnum):
    """Which of an item's two vectors, and which of the two indexes. In query files it is SLOT, the other one FREE."""

    A = "a"
    B = "b"

    @property
    def other(self) -> Slot:
        return Slot.B if self is Slot.A else Slot.A

    def into(self, query: str) -> str:
        """The query for this slot: neither an index nor a property can be a parameter everywhere."""
        return query.replace("SLOT", self.value).replace("FREE", self.other.value)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one line of servers is asked."""

    vectors: Queries
    """The queries `index` and `nearest`."""
    overfetch: Sequence[float]
    """So many times what is wanted is asked of the vector index, one after another while it comes short."""
    sent: Callable[[Sequence[float]], object]
    """A vector as a parameter."""


def _packed(vector: Sequence[float]) -> Vector:
    """32-bit floats in one piece, which both ends take far less time for than for a list of numbers."""
    import numpy as np

    return Vector(np.asarray(vector, ">f4").tobytes(), "f32")


_FILTERING = Dialect(load_queries("cypher/vectors.cypher"), (1.25, 10), _packed)
# A tenant may own 1% of the database: the second step finds its nearest in most cases, an exact look in the others.
_LTS = Dialect(load_queries("cypher/vectors_5.cypher"), (4, 32), list)


def dialect_of(version: str) -> Dialect:
    """The dialect of a server, whose version is "2026.08.1" or "5.26.25". Raises `MemoryTooOld` before `OLDEST`."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        raise MemoryTooOld(
            f"Neo4j {version} is too old: memory needs 5.26 LTS or newer.",
            hint="upgrade the server, or run one here: stemma neo4j start",
        )
    return _FILTERING if numbers >= FILTERING else _LTS
