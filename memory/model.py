"""The values memory is made of: frozen, comparable, free of I/O.

Decides what a source, passage, entity, claim, answer and retraction *is*, and who may see it. It does not decide how
they are stored (`ports.py`, the adapters), ranked (`recall/`) or taken back (`lineage/`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stemma.memory.labels import Node as Node
from stemma.memory.labels import Relation as Relation
from stemma.memory.scope import DEFAULT_TENANT as DEFAULT_TENANT
from stemma.memory.scope import EVERYONE as EVERYONE
from stemma.memory.scope import Scope as Scope
from stemma.memory.values import Value

FAR_FUTURE = "9999-12-31T00:00:00+00:00"
"""An open end in time, stored as a date and never as null, so that an index can filter on it."""


class SourceKind(StrEnum):
    """How a source came in from outside; `STORE`: an item that a graph or client keeps under a key (`store/`)."""

    DOCUMENT = "document"
    MESSAGE = "message"
    TOOL = "tool"
    PERSON = "person"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Source(Value):
    """Something that came in from outside: a document, a message, a tool result, a person's statement."""

    id: str
    scope: Scope
    kind: SourceKind
    uri: str
    """Where it came from; with the scope it names the source across its versions."""
    title: str
    content_hash: str
    """SHA-256 (hex) of title and text: the same hash is the same content, and is not stored twice."""
    version: int
    """1 for the first content seen under this uri, then 2, 3, …"""
    added_at: datetime
    trust: float = 1.0
    """In [0, 1]; 1 is trusted fully."""
    replaced: bool = False
    """Derived: a newer supported version exists, so its passages are no longer recalled. It is not withdrawn."""
    supported: bool = True
    """Derived: neither withdrawn nor in quarantine."""
    withdrawn: bool = False
    quarantined: bool = False
    """Set by decisions (`Retraction`), like `withdrawn`."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position(Value):
    """Where a passage stands in its source: characters [start, end) of its text, and a page where there are pages."""

    start: int
    end: int
    page: int | None = None
    """A page or slide, from 1."""
    sheet: str = ""
    """The sheet of a workbook."""


@dataclass(frozen=True, slots=True)
class Passage(Value):
    """A piece of a source that is searched."""

    id: str
    source_id: str
    scope: Scope
    ordinal: int
    """0 for the first passage of its source."""
    title: str
    text: str
    position: Position
    recallable: bool = True
    """Derived: its source is supported and not replaced, so it is current. Never edited by hand."""
    supported: bool = True
    """Derived: its source is."""


@dataclass(frozen=True, slots=True)
class Entity(Value):
    """A thing that passages and claims mention. Resolved within a tenant, never wider than what mentions it."""

    id: str
    scope: Scope
    name: str
    kind: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention(Value):
    """`(Passage|Claim)-[:MENTIONS]->(Entity)`: characters [start, end) of the item's text."""

    item_id: str
    entity_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EntityRelation(Value):
    """`(Entity)-[:RELATES_TO]->(Entity)`, as one claim has it. It holds as long as the claim is supported."""

    claim_id: str
    subject_id: str
    predicate: str
    """The claim's words for it: "owns", "is the capital of"."""
    object_id: str


@dataclass(frozen=True, slots=True)
class Derivation(Value):
    """`(Claim)-[:DERIVED_FROM]->(Passage|Claim|Answer)`: one antecedent of one justification.

    Derivations of a claim that share `justification` support it together; each further justification supports it alone.
    """

    claim_id: str
    antecedent_id: str
    justification: str
    quote: str
    start: int
    """Characters [start, end) of the quote in the antecedent's text."""
    end: int
    extractor: str
    run_id: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Claim(Value):
    """A statement that an agent or an extractor derived."""

    id: str
    scope: Scope
    text: str
    recorded_at: datetime
    subject: str = ""
    predicate: str = ""
    object: str = ""
    confidence: float = 1.0
    """In [0, 1]."""
    quarantined: bool = False
    """Kept for a person to look at, never recalled: the groundedness check rejected it, or somebody put it there."""
    reason: str = ""
    """Why it is in quarantine."""
    withdrawn: bool = False
    searched: bool = True
    """False for a claim that says what a sentence of a passage says: it has no vector, and the passage is searched."""
    valid_from: str = ""
    valid_to: str = FAR_FUTURE
    """When it holds in the world (ISO 8601)."""
    expired_at: str = FAR_FUTURE
    """When the store stopped believing it (ISO 8601)."""
    recallable: bool = True
    """Derived: current, that is supported and superseded by no supported claim. Never edited by hand."""
    supported: bool = True
    """Derived: not taken back, and one of its justifications has only supported antecedents (`lineage/support.py`)."""
    stale: bool = False
    """Derived: current, but every justification rests on something that is no longer current."""


@dataclass(frozen=True, slots=True)
class Use:
    """`(Answer)-[:USED]->(Passage|Claim)`: what recall had put before the run, 1 = first rank."""

    item_id: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run said."""

    id: str
    scope: Scope
    text: str
    run_id: str
    thread_id: str
    checkpoint_id: str
    """The checkpoint that the answering step started from."""
    question: str
    recorded_at: datetime
    model: str = ""
    used: tuple[Use, ...] = ()
    asserts: tuple[str, ...] = ()
    """Ids of the claims it states."""
    supported: bool = True
    """Derived: everything that it used or states is. An answer that is not is *tainted*."""
    stale: bool = False
    """Derived: supported, but something that it used or states is no longer current."""


@dataclass(frozen=True, slots=True)
class Document:
    """What ingestion takes: one readable text from outside, not yet a source."""

    uri: str
    title: str
    text: str
    kind: SourceKind = SourceKind.DOCUMENT
    markdown: bool = False
    """Split along Markdown structure."""
    whole: bool = False
    """Already a passage (a corpus row): keep it in one piece."""
    parts: Sequence[Position] = ()
    """The ranges of its pages, slides or sheets, in order, where it has any: no passage goes beyond one."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    trust: float = 1.0
    """Becomes the source's (`Source.trust`)."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An item found by one search, with that search's score: higher is better, comparable only within the search."""

    id: str
    score: float
    kind: Node = Node.PASSAGE
    """A passage or a claim."""
    title: str = ""
    """A passage's title, which ranking looks at; the text is looked up for the few that are shown."""


class PathStep(NamedTuple):
    """One step of a walk: from this item, by what it and the next one mention."""

    item_id: str
    title: str
    entity: str
    """The name that leads to the next item, or to the hit."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One recalled memory: a passage or a claim, why it is there, and where it came from."""

    id: str
    kind: Node
    text: str
    title: str
    score: float
    """The recipe's final score; hits come highest first."""
    parts: Mapping[str, float]
    """What the score was made of, for example {"lexical": 7.1, "dense": 0.62}."""
    source_id: str
    uri: str
    rank: int
    """1 for the best hit."""
    position: Position | None = None
    document_id: str = ""
    """The id a corpus row brought with it (`Source.metadata["id"]`), otherwise empty."""
    path: tuple[PathStep, ...] = ()
    """How the walk came here, from a passage that a search found; empty where being found counts for more."""
    also: int = 0
    """How many other sources, or claims, say the same and are not shown beside it (`consolidation/`)."""
    contradicted_by: tuple[str, ...] = ()
    """Ids of the current claims that contradict it, or what a passage states (`contradictions/`)."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much a scope can see. `by_node` has a count for each node label, `by_relation` for each relation type."""

    by_node: Mapping[str, int]
    by_relation: Mapping[str, int]
