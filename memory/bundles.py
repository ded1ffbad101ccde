"""What is written in one transaction: a version of a source, or an answer, each with all that belongs to it.

Decides what goes together. The derived flags of what is inside (`supported`, `recallable`, `stale`) are not believed:
the store works them out from the lineage, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Answer, Claim, Derivation, Entity, EntityRelation, Mention, Passage, Source
from stemma.memory.recall.term_counts import Words


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """The sentences of one passage: characters [start, end) of its text each, and a unit vector for each."""

    spans: Sequence[tuple[int, int]]
    vectors: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class SourceBundle:
    """One version of one source with all that is stored for it, written in one transaction.

    `vectors` has one row for each passage, in order; so has `sentences`, unless it is empty. `claims` are those that
    were extracted from the passages: none of them is searched by itself (`Claim.searched` is False), and `derivations`
    says where each stands.
    """

    source: Source
    passages: Sequence[Passage]
    vectors: Sequence[Sequence[float]]
    entities: Sequence[Entity] = ()
    mentions: Sequence[Mention] = ()
    replaces: str | None = None
    """Id of the source version that this one replaces."""
    sentences: Sequence[SentenceVectors] = ()
    claims: Sequence[Claim] = ()
    derivations: Sequence[Derivation] = ()
    relations: Sequence[EntityRelation] = ()
    words: Sequence[Words] = ()
    """Of each passage the words that are searched; empty where the store is to work them out."""


@dataclass(frozen=True, slots=True)
class ReadySource:
    """A bundle with what a store makes of it before it writes (`MemoryGraph.ready`)."""

    bundle: SourceBundle
    rows: Any
    """The store's own: nobody else reads it."""


@dataclass(frozen=True, slots=True)
class AnswerBundle:
    """One answer with its lineage, written in one transaction. `vectors` has one row for each claim, in order."""

    answer: Answer
    claims: Sequence[Claim] = ()
    vectors: Sequence[Sequence[float]] = ()
    derivations: Sequence[Derivation] = ()
    entities: Sequence[Entity] = ()
    mentions: Sequence[Mention] = ()
    relations: Sequence[EntityRelation] = ()
    retractions: Sequence[Retraction] = ()
    """What puts new claims into quarantine; one about a claim that is known already is dropped."""
