"""What a line of an export holds: the kinds of records, and the fields of each. The one list that all stores follow.

Decides the names of the fields (docs/reference/export-format.md), how each is written as JSON, and in which order kinds
come: what is named stands before what names it. A test compares it with the columns of the SQLite schema, so that a new
column is either here or among those that are not exported. It reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stemma.memory.model import Node, Relation
from stemma.memory.store.model import decoded, encoded

Row = dict[str, Any]
"""A record as a store has it: fields by name, texts as they are stored, flags as truth values, vectors as bytes."""


class Shape(StrEnum):
    """How a field is stored and written."""

    PLAIN = "plain"
    """Text or a number, the same in both; None where there is nothing."""
    REAL = "real"
    FLAG = "flag"
    JSON = "json"
    """A mapping of texts."""
    NAMES = "names"
    """A list of texts, in no order: written sorted."""
    AUDIENCE = "audience"
    """Stored as one text, written as [user, agent, thread]."""
    NAMESPACE = "namespace"
    """Stored as one text, written as a list of labels."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record."""

    name: str
    """Of the record and of its SQLite table."""
    label: Node | Relation | None
    """None for an item of a store, and for what consolidation found."""
    shapes: Mapping[str, Shape]
    """Every field by name, vectors apart."""
    key: tuple[str, ...]
    """The fields that tell two records of a tenant apart; a store gives records in this order."""
    ends: tuple[str, ...] = ()
    """Fields that name an item; a record is stored only where all of them are there."""
    searched: bool = False
    """It may have a vector."""

    def has(self, shape: Shape) -> list[str]:
        """The names of the fields of one shape."""
        return [name for name, one in self.shapes.items() if one is shape]


def _kind(
    label: Node | Relation | None,
    name: str,
    fields: str,
    *,
    key: str = "id",
    ends: str = "",
    searched: bool = False,
) -> Kind:
    """`fields` are words, "name" or "name:shape"."""
    pairs = [word.partition(":") for word in fields.split()]
    shapes = {field: Shape(shape or Shape.PLAIN) for field, _, shape in pairs}
    shapes["audience"] = Shape.AUDIENCE
    return Kind(name, label, shapes, tuple(key.split()), tuple(ends.split()), searched)


KINDS = (
    _kind(
        Node.SOURCE,
        "source",
        "id kind uri title content_hash version added_at trust:real replaces metadata:json supported:flag"
        " withdrawn:flag quarantined:flag",
        key="version id",
    ),
    _kind(
        Node.PASSAGE,
        "passage",
        "id source_id ordinal title text start end page sheet supported:flag recallable:flag",
        ends="source_id",
        searched=True,
    ),
    _kind(Node.ENTITY, "entity", "id name kind aliases:names"),
    _kind(
        Node.CLAIM,
        "claim",
        "id text recorded_at subject predicate object confidence:real reason valid_from valid_to expired_at"
        " searched:flag supported:flag recallable:flag stale:flag withdrawn:flag quarantined:flag",
        searched=True,
    ),
    _kind(
        Node.ANSWER,
        "answer",
        "id text run_id thread_id checkpoint_id question recorded_at model supported:flag stale:flag",
    ),
    _kind(
        Relation.MENTIONS,
        "mentions",
        "item_id entity_id start end",
        key="item_id entity_id start",
        ends="item_id entity_id",
    ),
    _kind(
        Relation.RELATES_TO,
        "relates_to",
        "entity_id other_id claim_id predicate",
        key="entity_id other_id claim_id",
        ends="entity_id other_id claim_id",
    ),
    _kind(
        Relation.DERIVED_FROM,
        "derived_from",
        "claim_id justification antecedent_id quote start end extractor run_id step recorded_at",
        key="claim_id justification antecedent_id start end",
        ends="claim_id antecedent_id",
    ),
    _kind(
        Relation.USED,
        "used",
        "answer_id item_id rank score:real",
        key="answer_id item_id",
        ends="answer_id item_id",
    ),
    _kind(
        Relation.ASSERTS,
        "asserts",
        "answer_id claim_id ordinal",
        key="answer_id claim_id",
        ends="answer_id claim_id",
    ),
    _kind(
        Relation.SUPERSEDES,
        "supersedes",
        "claim_id older_id recorded_at",
        key="claim_id older_id",
        ends="claim_id older_id",
    ),
    _kind(
        Relation.CONTRADICTS,
        "contradicts",
        "id claim_id other_id slot ours theirs about our_quote their_quote detector found_at resolution resolved_by"
        " resolved_at reason decision",
        ends="claim_id other_id",
    ),
    _kind(
        Node.RETRACTION,
        "retraction",
        "id item_id kind reason actor at lifted_at lifted_by authority:audience",
        ends="item_id",
    ),
    _kind(
        None,
        "consolidation",
        "id actor at sources claims demoted undone_at undone_by",
    ),
    _kind(
        None,
        "duplicates",
        "id canonical_id node rule consolidation_id",
        key="id canonical_id",
        ends="id canonical_id",
    ),
    _kind(
        None,
        "demotion",
        "id rule node consolidation_id",
        key="id rule",
        ends="id",
    ),
    _kind(
        None,
        "store_item",
        "namespace:namespace key source_id created_at updated_at ttl:real expires_at",
        key="audience namespace key",
        ends="source_id",
    ),
)
"""In the order in which they stand in an export."""

OPTIONAL = frozenset(("replaces", "page", "resolved_at", "lifted_at", "authority", "ttl", "undone_at"))
"""Fields that may hold nothing; elsewhere nothing is the empty text."""
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
NODES = tuple(kind for kind in KINDS if isinstance(kind.label, Node))


_EMPTY: Mapping[str, None] = dict.fromkeys(OPTIONAL)
_WRITTEN: Mapping[Shape, Callable[[Any], Any]] = {
    Shape.PLAIN: lambda value: value,
    Shape.REAL: float,
    Shape.FLAG: bool,
    Shape.JSON: lambda value: dict(sorted(value.items())),
    Shape.NAMES: sorted,
    Shape.AUDIENCE: lambda value: value.split("\x1f"),
    Shape.NAMESPACE: lambda value: list(decoded(value)),
}
_READ: Mapping[Shape, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    Shape.PLAIN: ((str, int), lambda value: value),
    Shape.REAL: ((int, float), float),
    Shape.FLAG: (bool, bool),
    Shape.JSON: (dict, lambda value: value),
    Shape.NAMES: (list, lambda value: sorted(map(str, value))),
    Shape.AUDIENCE: (list, lambda value: "\x1f".join(map(str, value))),
    Shape.NAMESPACE: (list, lambda value: encoded(list(map(str, value)))),
}


def written(kind: Kind, row: Mapping[str, Any]) -> Row:
    """A record's fields as JSON values."""
    return {
        name: _EMPTY.get(name, "") if row.get(name) is None else _WRITTEN[shape](row[name])
        for name, shape in kind.shapes.items()
    }


def read(kind: Kind, values: Mapping[str, Any]) -> Row:
    """The way back. Raises `ValueError` that names the field: one that is not known, missing, or of another type."""
    for name in values.keys() - kind.shapes.keys():
        raise ValueError(f"{kind.name} has no field {name!r}")
    row: Row = {}
    for name, shape in kind.shapes.items():
        if name not in values:
            raise ValueError(f"{kind.name} lacks the field {name!r}")
        value = values[name]
        known, convert = _READ[shape]
        if value is not None and (
            not isinstance(value, known) or (shape is not Shape.FLAG and isinstance(value, bool))
        ):
            raise ValueError(f"the field {name!r} of {kind.name} is of another type")
        if value is None and name in (*kind.key, *kind.ends, "audience"):
            raise ValueError(f"the field {name!r} of {kind.name} is empty")
        row[name] = None if value is None else convert(value)
    if row["audience"].count("\x1f") != 2:
        raise ValueError(f"the audience of {kind.name} is not [user, agent, thread]")
    return row
