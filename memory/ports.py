"""What memory needs from others, as small Protocols. Each has one contract suite in `tests/contracts/`.

`MemoryGraph` is the store (SQLite, Neo4j, an in-memory fake). `Embedder` turns text into vectors. A port's docstring
names what may be raised; anything else that escapes an adapter is a bug of the adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stemma.memory.bundles import AnswerBundle, ReadySource, SourceBundle
from stemma.memory.consolidation.ports import ConsolidationStore
from stemma.memory.contradictions.ports import ConflictStore
from stemma.memory.exchange.ports import ExchangeStore
from stemma.memory.history.ports import HistoryStore
from stemma.memory.lineage.model import Retraction, Standing
from stemma.memory.lineage.ports import LineageStore
from stemma.memory.model import Answer, Claim, Derivation, Entity, Node, Passage, Scope, Scored, Source, Statistics
from stemma.memory.recall.ports import ChangeStore, DetailStore
from stemma.memory.store.ports import ItemStore

Item = Source | Passage | Entity | Claim | Answer | Retraction
"""Whatever has an id and is listed."""


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """Which embedder made a vector. An index holds vectors of one identity only."""

    name: str
    """For example "minilm" or "hashing"."""
    dimension: int


class Embedder(Protocol):
    """Turns texts into unit vectors (L2 norm 1), one row a text, in order.

    Raises `EmbedderUnavailable` when its model cannot be loaded or reached.
    """

    @property
    def identity(self) -> EmbedderIdentity: ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]: ...


@dataclass(frozen=True, slots=True)
class Unindexed:
    """An item to embed again: `title` is empty for a claim, `spans` are the sentences that have vectors."""

    tenant: str
    id: str
    title: str
    text: str
    spans: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class NewVectors:
    """The vectors of an item by a new embedder; `sentences` has one row for each span."""

    tenant: str
    id: str
    vector: Sequence[float]
    sentences: Sequence[Sequence[float]]


EARLIER = 8
"""How many versions back a document's words are looked for."""


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """What a supported claim relates: two entities by id and name, and the claim that says so."""

    subject_id: str
    subject: str
    predicate: str
    object_id: str
    object: str
    claim_id: str
    text: str
    """The claim's."""


@dataclass(frozen=True, slots=True)
class RelationPage:
    """Some relations, of the newest claim first, and how many there are in all."""

    relations: Sequence[StatedRelation]
    total: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some items of one label in a stable order (newest first), and how many there are in all."""

    items: Sequence[Item]
    total: int


class MemoryGraph(
    LineageStore,
    ChangeStore,
    DetailStore,
    HistoryStore,
    ItemStore,
    ConsolidationStore,
    ExchangeStore,
    ConflictStore,
    Protocol,
):
    """The graph-and-vector store. Every operation takes a `Scope`; nothing crosses a tenant.

    Reads see what the scope's `audiences()` may see; writes carry their scope in the items. All methods may raise
    `MemoryUnavailable`, `MemoryBusy`, `MemoryFull`; `open` also `MemoryTooNew`, `MemoryTooOld`, `MemoryCorrupt`.
    Every write is one transaction and idempotent: writing the same ids again changes nothing.
    """

    async def open(self) -> None:
        """Connect, migrate, and check the server's version. Called once before anything else."""

    async def close(self) -> None:
        """Release everything. Calling it twice is harmless."""

    async def embedder(self) -> EmbedderIdentity | None:
        """Which embedder filled this store; None while it holds no vectors."""

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        """Settle this store's embedder and build its vector indexes; the same one again is harmless.

        Raises `EmbedderMismatch` when another one filled it.
        """

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        """By uri, the newest version stored under exactly this scope (not a wider one); unknown uris are left out."""

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        """Store versions of sources in one transaction; for each, in order, whether it was stored.

        Each is taken or refused by itself, as if they were written one after another: refused, and nothing of it
        written, when it is not the next version after the newest one under its scope and uri (it is there already, or
        another writer won). With `replaces`, the older version is no longer current while the newer
        one is supported. A claim id that exists gains the new derivations, an entity the new aliases (sorted, each
        once), and nothing else of them changes. A relation is stored for a claim of the bundle's own audience, between
        entities of that audience or a wider one. When the store fails, nothing of the batch is written.
        """

    async def ready(self, bundles: Sequence[SourceBundle]) -> list[ReadySource]:
        """The first half of `put_sources`: all that the store can make of bundles without a look at what it holds.

        So it may be done while other bundles are put, and in vain; one for each bundle, in order.
        """

    async def put_ready(self, sources: Sequence[ReadySource]) -> list[bool]:
        """The other half of `put_sources`, for what this very store made ready."""

    async def put_answers(self, bundles: Sequence[AnswerBundle]) -> list[bool]:
        """Store answers with their claims and lineage in one transaction; for each, in order, whether it was new.

        As if they were written one after another: an answer may rest on what an earlier one of the batch brings. A
        claim id that exists keeps its text, confidence and decisions, and gains the new derivations. An antecedent
        or used item that the answer's scope cannot see raises `UnknownItem`, and one that the audience of the claim it
        is to support cannot see raises `WiderItem`; nothing of the batch is written then.
        """

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        """Store one answer, as `put_answers` does; False when this answer id is there already."""

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        """The k best recallable passages and claims for any of the terms (plain words), by BM25 over title and text.

        Terms are data: nothing in them is read as query syntax. The title counts more than the text.
        """

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        """The k nearest recallable passages and claims; score = cosine similarity in [-1, 1].

        Raises `EmbedderMismatch` when the vector's size is not the store's.
        """

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        """Those of the passages that the scope may see, in the order of `ids`."""

    async def earlier_passages(self, scope: Scope, quotes: Sequence[tuple[str, str]]) -> list[Passage]:
        """For pairs of a source's id and a quote: passages that hold the quote, character for character, in versions
        which that source replaces, up to `EARLIER` versions back, as far as the scope may see; by id, each once.
        """

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        """Those of the claims that the scope may see, in the order of `ids`."""

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        """Those of the sources that the scope may see, in the order of `ids`."""

    async def sources_under(self, scope: Scope, prefix: str, *, limit: int, offset: int = 0) -> ItemPage:
        """A page of the sources that the scope may see whose uri begins with these characters (case counts)."""

    async def entities_called(self, scope: Scope, aliases: Sequence[str]) -> list[Entity]:
        """The entities that the scope may see and that have one of these aliases, as written; by name, then id."""

    async def relations(self, scope: Scope, entity_id: str, *, limit: int, offset: int = 0) -> RelationPage:
        """A page of what claims that the scope may see, and that are supported, relate an entity to, from either end.

        None for what is no entity, or none that the scope may see.
        """

    async def item(self, scope: Scope, item_id: str) -> Item:
        """Any one item by its id. Raises `UnknownItem`."""

    async def items(
        self, scope: Scope, node: Node, *, limit: int, offset: int = 0, standing: Standing | None = None
    ) -> ItemPage:
        """A page of items with this label, narrowed to a standing; where a label has no such flag there are none."""

    async def begin_reindex(self, identity: EmbedderIdentity) -> None:
        """Make room for the vectors of another embedder beside those there are; the same one again goes on with it.

        Raises `EmbedderMismatch` when the store is filled by this one already, or another reindexing is under way
        that some process has written to; `abandon_reindex` ends that one.
        """

    async def unindexed(self, limit: int) -> list[Unindexed]:
        """Items of any tenant that still need a vector of the new embedder, fewer than `limit` only at the end."""

    async def unindexed_count(self) -> int:
        """How many items of any tenant still need a vector of the new embedder; 0 without a reindexing."""

    async def put_vectors(self, rows: Sequence[NewVectors]) -> None:
        """Store vectors of the new embedder; recall still uses the old ones. Unknown ids are left out.

        Without a reindexing under way nothing is stored. Raises `EmbedderMismatch` for a vector of another size.
        """

    async def finish_reindex(self) -> bool:
        """Switch to the new embedder in one transaction; False, and nothing changed, while items are unindexed.

        It raises every tenant's `Revision.erasures`: what a process remembers was made with other vectors.
        """

    async def abandon_reindex(self) -> None:
        """Drop what a reindexing has made so far; harmless when there is none."""

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        """Upstream of claims: every DERIVED_FROM of those that the scope may see."""

    async def statistics(self, scope: Scope) -> Statistics:
        """Counts of what the scope may see."""

    async def erase(self, scope: Scope) -> None:
        """Remove everything of the scope's tenant whose audience is the scope's own or narrower.

        Of a tenant as a whole its name and `Revision` stay, and nothing else: by them the caches of other processes
        know that what they remember is worth nothing (decision 15).
        May take several transactions; after a crash in between, calling it again removes the rest.
        """

    async def backup(self, target: str) -> None:
        """Write a consistent copy to a file while in use. Raises `MemoryUnavailable` where the server does its own."""
