"""What memory holds, on the wire: items by label, pages, counts. The tenant stays here.

Decides names and shapes only. An item is the record that `stemma memory show --json` prints, without the tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired

from pydantic import RootModel
from typing_extensions import TypedDict

from stemma.memory.item_view import as_record
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Derivation, Statistics
from stemma.memory.ports import Item, RelationPage

Label = Literal["Source", "Passage", "Entity", "Claim", "Answer", "Retraction"]
StandingName = Literal["unsupported", "withdrawn", "quarantined", "stale"]


FlagName = Literal["withdrawn", "in quarantine", "no longer supported", "tainted", "superseded", "replaced", "stale"]
"""Why an item is not to be relied on as it stands, the gravest first."""


_SCOPES = ("scope", "authority")


class ScopeBody(TypedDict, total=False):
    """Whose it is, within the tenant; empty for what everyone in it may see."""

    user: str
    agent: str
    thread: str


class PositionBody(TypedDict):
    """Characters [start, end) of the source's text, and the page, slide or sheet where there are such."""

    start: int
    end: int
    page: int | None
    sheet: str


class SourceItem(TypedDict):
    """Something that came in from outside. `replaced`: a newer version stands in its place."""

    label: Literal["Source"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    kind: str
    uri: str
    title: str
    content_hash: str
    version: int
    added_at: str
    trust: float
    replaced: bool
    supported: bool
    withdrawn: bool
    quarantined: bool
    metadata: dict[str, str]


class PassageItem(TypedDict):
    """A piece of a source that is searched. `recallable`: its source is supported and not replaced."""

    label: Literal["Passage"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    source_id: str
    ordinal: int
    title: str
    text: str
    position: PositionBody
    recallable: bool
    supported: bool


class EntityItem(TypedDict):
    """A thing that passages and claims mention."""

    label: Literal["Entity"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    name: str
    kind: str
    aliases: list[str]


class RelationBody(TypedDict):
    """What a supported claim relates, and the claim that says so."""

    subject_id: str
    subject: str
    predicate: str
    object_id: str
    object: str
    claim_id: str
    text: str


class RelatedEntity(EntityItem):
    """A thing, with a page of what claims relate it to, of the newest claim first, and how many there are in all."""

    relations: list[RelationBody]
    relations_total: int


class DerivationBody(TypedDict):
    """What a claim rests on; rows of one `justification` support it together, each further one alone."""

    claim_id: str
    antecedent_id: str
    justification: str
    quote: str
    start: int
    end: int
    extractor: str
    run_id: str
    step: str


class ClaimItem(TypedDict):
    """A statement that an agent or an extractor derived. `recallable`: supported, and not superseded."""

    label: Literal["Claim"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    text: str
    recorded_at: str
    subject: str
    predicate: str
    object: str
    confidence: float
    quarantined: bool
    reason: str
    withdrawn: bool
    searched: bool
    valid_from: str
    valid_to: str
    expired_at: str
    recallable: bool
    supported: bool
    stale: bool
    derived_from: NotRequired[list[DerivationBody]]


class UseBody(TypedDict):
    """What recall had put before the run; 1 is the first rank."""

    item_id: str
    rank: int
    score: float


class AnswerItem(TypedDict):
    """What a run said. One that is not `supported` is tainted."""

    label: Literal["Answer"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    text: str
    run_id: str
    thread_id: str
    checkpoint_id: str
    question: str
    recorded_at: str
    model: str
    used: list[UseBody]
    asserts: list[str]
    supported: bool
    stale: bool


class RetractionItem(TypedDict):
    """A decision about `item_id`. `actor` is who the credential says; `lifted_at` is null while it holds."""

    label: Literal["Retraction"]
    id: str
    scope: ScopeBody
    flags: list[FlagName]
    item_id: str
    kind: Literal["withdrawal", "quarantine"]
    reason: str
    actor: str
    at: str
    lifted_at: str | None
    lifted_by: str
    authority: ScopeBody | None
    """The wider scope that decided; null when it was the item's own. Nobody below it lifts the decision."""


class AnyItem(RootModel[SourceItem | PassageItem | EntityItem | ClaimItem | AnswerItem | RetractionItem]):
    """An item of any kind; `label` says which. A class, so that its schema is built once and not for every route."""


class ItemPageBody(TypedDict):
    """A page of items, newest first, and how many there are in all."""

    items: list[AnyItem]
    total: int


class StatisticsBody(TypedDict):
    """How much the asker can see, by node label and by relation type."""

    nodes: dict[str, int]
    relations: dict[str, int]


def show_item(
    item: Item, derivations: Sequence[Derivation] | None = None, related: RelationPage | None = None
) -> dict[str, Any]:
    """One item with its flags in words; also what a claim rests on or an entity relates to, when that was looked up."""
    return without_tenant({**as_record(item, derivations, related), "flags": list(flags(item))})


def show_retraction(retraction: Retraction) -> dict[str, Any]:
    """A decision as clients see it."""
    return show_item(retraction)


def without_tenant(record: dict[str, Any]) -> dict[str, Any]:
    """The record of an item; whoever asks knows their tenant, and it is nobody else's business."""
    return {
        name: {part: value for part, value in known.items() if part != "tenant"} if known and name in _SCOPES else known
        for name, known in record.items()
    }


def show_statistics(counts: Statistics) -> dict[str, Any]:
    """The counts as clients see them."""
    return {
        "nodes": {str(node): count for node, count in counts.by_node.items()},
        "relations": {str(relation): count for relation, count in counts.by_relation.items()},
    }
