"""What recall needs of others: of the store, how a process learns what changed; of a model, help that may be absent.

`ChangeStore` and `DetailStore` are parts of `MemoryGraph`, held by `tests/contracts/memory_changes.py` and
`memory_sources.py`. `Reranker` and `Decomposer` are asked only where somebody brings them: recall is complete without a
model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from stemma.memory.bundles import SentenceVectors
from stemma.memory.model import Claim, Hit, Node, Passage, Source
from stemma.memory.scope import Scope


class Revision(NamedTuple):
    """How often a tenant's memory was written. Both only grow; equal revisions mean equal contents."""

    number: int = 0
    """Grows with every transaction that writes a source, an answer or a decision of the tenant."""
    erasures: int = 0
    """Grows when something was removed: what a process remembers is then worth nothing."""


class NamedMention(NamedTuple):
    """Characters [start, end) of an item's text that mention an entity."""

    entity_id: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GraphItem:
    """A passage, or a claim that is searched, as the mention graph needs it."""

    id: str
    node: Node
    audience: str
    """`Scope.audience` of whoever may see it."""
    title: str
    text: str
    recallable: bool
    revision: int
    """The tenant's revision number when it last changed, its flags included."""
    mentions: Sequence[NamedMention]
    sentences: SentenceVectors | None
    """None for a claim, and where none were stored."""


class ChangeStore(Protocol):
    """What changed, for caches. These reads see a whole tenant: only `scope.tenant` counts, and the cache's own masks
    by audience decide what a reader is shown."""

    async def revision(self, scope: Scope) -> Revision:
        """Where the tenant stands; `Revision(0, 0)` for one that nothing was written for."""

    async def changed_items(self, scope: Scope, after: int, limit: int) -> list[GraphItem]:
        """The items whose revision is greater than `after`, in order of (revision, id), at least `limit` where there
        are so many: the last revision is always whole, so that the next call can go on after it."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a recall is about to show."""

    passages: Sequence[Passage]
    claims: Sequence[Claim]
    sources: Sequence[Source]
    """Of the passages, each once."""
    also: Mapping[str, int] = field(default_factory=dict)
    """By id of a source or claim: how many others say the same and are not shown; only where there are any."""
    demoted: Collection[str] = ()
    """Ids of the passages and claims that are recalled below the rest."""
    contradicted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By id of a passage or claim: the current claims that contradict it, or what a passage states."""


class DetailStore(Protocol):
    """Everything that is said of hits, in one look: where the store is another process, each look is a way there."""

    async def details(self, scope: Scope, passage_ids: Sequence[str], claim_ids: Sequence[str]) -> Details:
        """Those of the passages and claims that the scope may see, in the order of the ids, and the passages' sources
        in the order in which the passages come to them."""


class Reranker(Protocol):
    """Judges hits by reading them."""

    async def rerank(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """A score in [0, 1] for each hit, in order: how much it helps to answer. It must not drop or add hits.

        A model that cannot be reached may raise a `MemoryFailure`; recall then fails as a whole.
        """


class Decomposer(Protocol):
    """Cuts a question into simpler ones."""

    async def decompose(self, query: str) -> list[str]:
        """Questions that together find what the query asks for, without the query itself; empty for a simple one."""
