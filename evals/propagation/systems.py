"""The interface by which another memory system is put through the benchmark, and how the graph reads from it.

Decides what such a system has to do: write a text and recall texts; take texts back, if it can. What comes from outside
and what the agent writes back look the same to it, as they do in a plain store: that is what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol, runtime_checkable

from stemma.memory.learning import LearnedClaim
from stemma.memory.model import Answer, Hit, Node, Scope


class Recalled(Protocol):
    """A text that a system found; a higher score is better."""

    @property
    def id(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def score(self) -> float: ...


class MemorySystem(Protocol):
    """Another memory. Both functions are all it takes."""

    async def write(self, text: str, *, title: str = "") -> str:
        """Keep a text; its id."""

    async def recall(self, question: str, k: int) -> Sequence[Recalled]:
        """The k best texts, best first."""


@runtime_checkable
class Retracting(Protocol):
    """A system that can also take texts back."""

    async def retract(self, ids: Sequence[str]) -> None:
        """Forget these texts; unknown ids are harmless."""


@dataclass(slots=True)
class Note:
    """What was written into a plain system, and when."""

    id: str
    text: str
    derived: bool
    """The agent wrote it."""
    session: int
    rests_on: tuple[str, ...] = ()
    """What the agent wrote it from, as far as that is known: the benchmark keeps it, the system does not."""


class PlainMemory:
    """A plain system as the answer graph's memory: learned claims are written like any other text."""

    def __init__(
        self,
        system: MemorySystem,
        *,
        sources_first: bool = False,
        time_to_live: int = 0,
        missing: float = 0.0,
        seed: int = 0,
    ) -> None:
        """`sources_first` puts what came from outside before what the agent wrote; `time_to_live` is how many sessions
        the agent's notes last, 0 for ever; `missing` the share of edges that is not kept beside it."""
        self.system = system
        self.notes: dict[str, Note] = {}
        self.session = 0
        self.kept = self.lost = 0
        """Edges."""
        self._missing = missing
        self._draw = Random(f"{seed}/edges")
        self._sources_first = sources_first
        self._time_to_live = time_to_live

    async def recall(self, scope: Scope, query: str, *, k: int = 5, recipe: str | None = None) -> list[Hit]:
        """Twice as many are asked for, because expired notes are left out here."""
        del scope, recipe
        found = [item for item in await self.system.recall(query, 2 * k) if not self._expired(item.id)]
        if self._sources_first:
            found.sort(key=lambda item: self.notes[item.id].derived)
        return [_hit(item, rank) for rank, item in enumerate(found[:k], start=1)]

    async def learn(self, scope: Scope, answer: Answer, claims: Sequence[LearnedClaim]) -> Answer:
        for claim in claims:
            if not claim.quarantined:
                await self.conclude(claim.text, [each.antecedent_id for each in claim.antecedents])
        return replace(answer, scope=scope)

    async def write(self, text: str, *, title: str = "") -> str:
        """What came from outside."""
        key = await self.system.write(text, title=title)
        self.notes[key] = Note(key, text, False, self.session)
        return key

    async def conclude(self, text: str, rests_on: Sequence[str]) -> str:
        """What the agent wrote. The same text again is a note of its own, as it is in a plain store."""
        known = tuple(each for each in rests_on if self._draw.random() >= self._missing)
        self.kept += len(known)
        self.lost += len(rests_on) - len(known)
        key = await self.system.write(text)
        self.notes[key] = Note(key, text, True, self.session, known)
        return key

    def below(self, keys: Sequence[str]) -> list[str]:
        """Every note that rests on one of these in one of its edges, however far."""
        found = set(keys)
        waiting = True
        while waiting:
            more = {key for key, note in self.notes.items() if key not in found and not found.isdisjoint(note.rests_on)}
            found |= more
            waiting = bool(more)
        return sorted(found - set(keys))

    async def forget(self, keys: Sequence[str]) -> None:
        """Take texts back where the system can; where it cannot, nothing happens, and that is measured too."""
        if isinstance(self.system, Retracting):
            await self.system.retract(keys)
            for key in keys:
                self.notes.pop(key, None)

    def _expired(self, key: str) -> bool:
        note = self.notes[key]
        return bool(self._time_to_live) and note.derived and self.session - note.session >= self._time_to_live


def _hit(item: Recalled, rank: int) -> Hit:
    return Hit(
        id=item.id,
        kind=Node.PASSAGE,
        text=item.text,
        title=item.title,
        score=item.score,
        parts={"plain": item.score},
        source_id=item.id,
        uri=f"plain:{item.id}",
        rank=rank,
    )
