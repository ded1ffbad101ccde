"""What the benchmark does to a memory, said once for Stemma's own and for a plain one.

Decides how a document, a tool's result and a thing that the agent wrote get in, what can be recalled at a moment, and
how each way of containment is carried out. What is bad is told to it (the oracle); finding it is not its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import mul
from time import perf_counter
from typing import Protocol

from stemma.evals.propagation.systems import PlainMemory
from stemma.evals.propagation.world import Page
from stemma.graphs.answer.context import AgentMemory
from stemma.memory.errors import AlreadyTakenBack
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.lineage.model import Direction
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Passage, Scope, SourceKind
from stemma.memory.ports import Embedder

_PAGE = 500
_NEAR = 0.80
"""Similarity purge: notes this close to a bad text go."""
_REASON = "the benchmark's oracle says that it is false"


class Remedy(StrEnum):
    """What is done about the falsehoods once they are known."""

    NOTHING = "nothing"
    DELETE_SOURCE = "delete the source"
    SIMILARITY_PURGE = "purge by similarity"
    CLOSURE = "lineage closure"
    SUPPORT = "lineage with alternative support"


@dataclass(slots=True)
class Roots:
    """What came in false, as the memory under test knows it."""

    sources: list[str] = field(default_factory=list)
    """Ids of documents and tool results."""
    statements: list[str] = field(default_factory=list)
    """Ids of what the agent made up."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that can be recalled."""

    id: str
    text: str
    derived: bool


class Subject(Protocol):
    """A memory under test."""

    scope: Scope

    @property
    def agent(self) -> AgentMemory:
        """What the answer graph reads and writes."""

    async def add(self, pages: Sequence[Page], kind: SourceKind = SourceKind.DOCUMENT) -> list[str]:
        """Take in documents or tool results; the same address again is a new version. Ids of what came in."""

    async def add_statement(self, text: str, rests_on: Sequence[str]) -> str:
        """Let the agent write something back, past every gate, as if it rested on these items; its id."""

    async def passages_of(self, source: str) -> list[str]:
        """Ids of what is recalled of something that came in."""

    async def statements(self) -> list[Statement]:
        """Everything that can be recalled now."""

    async def contain(self, remedy: Remedy, roots: Roots) -> list[float]:
        """Do what the remedy says; seconds of each single withdrawal, where they are single.

        Raises ValueError for a remedy that this memory has no means for.
        """

    def begin_session(self, session: int) -> None:
        """Tell the time."""


class StemmaSubject:
    """Stemma's own memory."""

    def __init__(self, memory: LongTermMemory, scope: Scope, agent: AgentMemory | None = None) -> None:
        """`agent` stands between the graph and the memory, where one is given."""
        self.memory = memory
        self.scope = scope
        self.agent: AgentMemory = agent or memory

    async def add(self, pages: Sequence[Page], kind: SourceKind = SourceKind.DOCUMENT) -> list[str]:
        documents = [Document(page.uri, page.title, page.text, kind=kind, whole=True) for page in pages]
        return (await self.memory.ingest(self.scope, documents)).source_ids

    async def add_statement(self, text: str, rests_on: Sequence[str]) -> str:
        items = [await self.memory.item(self.scope, item_id) for item_id in rests_on]
        texts = {item.id: item.text for item in items if isinstance(item, Passage | Claim)}
        antecedents = [Antecedent(item_id, quote, 0, len(quote)) for item_id, quote in texts.items()]
        run = f"written back: {text} / {', '.join(rests_on)}"
        answer = Answer("", self.scope, text, run, "", "", text, datetime.now(UTC), model="benchmark")
        stored = await self.agent.learn(self.scope, answer, [LearnedClaim(text, antecedents, extractor="benchmark")])
        return stored.asserts[0]

    async def passages_of(self, source: str) -> list[str]:
        lineage = await self.memory.lineage(self.scope, source, Direction.DOWNSTREAM, limit=10)
        return [item.id for item in lineage.items.values() if isinstance(item, Passage)]

    async def statements(self) -> list[Statement]:
        found: list[Statement] = []
        for node in (Node.PASSAGE, Node.CLAIM):
            offset, total = 0, 1
            while offset < total:
                page = await self.memory.items(self.scope, node, limit=_PAGE, offset=offset)
                found += [_statement(item) for item in page.items if _recallable(item)]
                offset, total = offset + _PAGE, page.total
        return found

    async def contain(self, remedy: Remedy, roots: Roots) -> list[float]:
        if remedy is Remedy.NOTHING:
            return []
        if remedy not in (Remedy.CLOSURE, Remedy.SUPPORT):
            raise ValueError(f"{remedy.value} is what plain memories do")
        chosen = [*roots.sources, *roots.statements]
        if remedy is Remedy.CLOSURE:
            chosen += [item for root in chosen for item in await self._claims_below(root)]
        took = []
        for item in dict.fromkeys(chosen):
            started = perf_counter()
            try:
                await self.memory.retract(self.scope, item, reason=_REASON, actor="benchmark")
            except AlreadyTakenBack:
                continue
            took.append(perf_counter() - started)
        return took

    def begin_session(self, session: int) -> None:
        """Stemma needs no telling."""

    async def _claims_below(self, root: str) -> list[str]:
        below = await self.memory.lineage(self.scope, root, Direction.DOWNSTREAM, limit=100_000)
        return [item.id for item in below.items.values() if isinstance(item, Claim)]


class PlainSubject:
    """A plain system: everything is a text of its own."""

    def __init__(self, memory: PlainMemory, embedder: Embedder, scope: Scope) -> None:
        self.memory = memory
        self.scope = scope
        self._embedder = embedder
        self._of_page: dict[str, str] = {}

    @property
    def agent(self) -> AgentMemory:
        return self.memory

    async def add(self, pages: Sequence[Page], kind: SourceKind = SourceKind.DOCUMENT) -> list[str]:
        del kind
        added = []
        for page in pages:
            if old := self._of_page.get(page.uri):
                await self.memory.forget([old])
            self._of_page[page.uri] = await self.memory.write(page.text, title=page.title)
            added.append(self._of_page[page.uri])
        return added

    async def add_statement(self, text: str, rests_on: Sequence[str]) -> str:
        return await self.memory.conclude(text, rests_on)

    async def passages_of(self, source: str) -> list[str]:
        return [source]

    async def statements(self) -> list[Statement]:
        return [Statement(note.id, note.text, note.derived) for note in self.memory.notes.values()]

    async def contain(self, remedy: Remedy, roots: Roots) -> list[float]:
        if remedy is Remedy.NOTHING:
            return []
        chosen = [*roots.sources, *roots.statements]
        match remedy:
            case Remedy.SIMILARITY_PURGE:
                chosen += await self._near(chosen)
            case Remedy.CLOSURE:
                chosen += self.memory.below(chosen)
            case Remedy.SUPPORT:
                raise ValueError(f"{remedy.value} is what a plain memory has no means for")
        await self.memory.forget(list(dict.fromkeys(chosen)))
        return []

    def begin_session(self, session: int) -> None:
        self.memory.session = session

    async def _near(self, bad: Sequence[str]) -> list[str]:
        notes = list(self.memory.notes.values())
        vectors = await self._embedder.embed([note.text for note in notes])
        worst = [vector for note, vector in zip(notes, vectors, strict=True) if note.id in bad]
        return [
            note.id
            for note, vector in zip(notes, vectors, strict=True)
            if note.derived and any(sum(map(mul, vector, other)) > _NEAR for other in worst)
        ]


def _recallable(item: object) -> bool:
    return (isinstance(item, Passage) and item.recallable) or (
        isinstance(item, Claim) and item.recallable and item.searched
    )


def _statement(item: object) -> Statement:
    if not isinstance(item, Passage | Claim):
        raise TypeError(f"{item!r} is nothing that is recalled")
    return Statement(item.id, item.text, isinstance(item, Claim))
