"""Rows of properties as values: the way back of `neo4j_rows.py`. Pure; no record of the driver leaves the adapter.

Decides which query of read.cypher gives the rows of a label, and which flag a standing asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from stemma.memory.lineage.model import Retraction, RetractionKind, Standing, Status
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    Node,
    Passage,
    Position,
    Scope,
    Scored,
    Source,
    SourceKind,
    Use,
)
from stemma.memory.neo4j_rows import Row
from stemma.memory.ports import Item
from stemma.memory.recall.ports import GraphItem, NamedMention
from stemma.memory.recall.sentence_blob import unpack


def derivation(row: Mapping[str, Any]) -> Derivation:
    return Derivation(**row)


def scored(row: Row) -> Scored:
    # Neo4j's cosine score is (1 + cos) / 2: the vector searches undo that, the text search does not need to.
    return Scored(row["id"], row["score"], Node(row["kind"]), row["title"] or "")


def source(tenant: str, row: Row) -> Source:
    special = ("scope", "kind", "added_at", "metadata")
    return Source(
        scope=_scope(tenant, row),
        kind=SourceKind(row["kind"]),
        added_at=datetime.fromisoformat(row["added_at"]),
        metadata=json.loads(row["metadata"]),
        **{each.name: row[each.name] for each in fields(Source) if each.name not in special},
    )


def passage(tenant: str, row: Row) -> Passage:
    position = Position(row["start"], row["end"], row["page"], row["sheet"])
    names = ("id", "source_id", "ordinal", "title", "text", "recallable", "supported")
    return Passage(scope=_scope(tenant, row), position=position, **{name: row[name] for name in names})


def claim(tenant: str, row: Row) -> Claim:
    rest = {name: value for name, value in row.items() if name not in ("audience", "recorded_at")}
    return Claim(scope=_scope(tenant, row), recorded_at=datetime.fromisoformat(row["recorded_at"]), **rest)


def entity(tenant: str, row: Row) -> Entity:
    return Entity(row["id"], _scope(tenant, row), row["name"], row["kind"], tuple(sorted(row["aliases"])))


def answer(tenant: str, row: Row) -> Answer:
    special = ("audience", "recorded_at", "used", "asserts")
    return Answer(
        scope=_scope(tenant, row),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        used=tuple(Use(**use) for use in row["used"]),
        asserts=tuple(row["asserts"]),
        **{name: value for name, value in row.items() if name not in special},
    )


def retraction(tenant: str, row: Row) -> Retraction:
    lifted, authority = row.get("lifted_at"), row.get("authority")
    return Retraction(
        scope=_scope(tenant, row),
        at=datetime.fromisoformat(row["at"]),
        kind=RetractionKind(row["kind"]),
        lifted_at=datetime.fromisoformat(lifted) if lifted else None,
        authority=None if authority is None else _scope(tenant, {"audience": authority}),
        **{name: row[name] for name in ("id", "withdraws", "reason", "actor", "lifted_by")},
    )


def graph_item(row: Sequence[Any]) -> GraphItem:
    """From a row in the order of the value's fields, the label as text and sentences packed."""
    item_id, label, audience, title, text, recallable, revision, mentions, blob = row
    named = sorted(
        (NamedMention(*mention) for mention in mentions), key=lambda one: (one.start, one.end, one.entity_id)
    )
    sentences = unpack(blob) if blob else None
    return GraphItem(item_id, Node(label), audience, title, text, recallable, revision, named, sentences)


READERS: dict[Node, tuple[str, Callable[[str, Row], Item]]] = {
    Node.SOURCE: ("sources", source),
    Node.PASSAGE: ("passages", passage),
    Node.ENTITY: ("entities", entity),
    Node.CLAIM: ("claims", claim),
    Node.ANSWER: ("answers", answer),
    Node.RETRACTION: ("retractions", retraction),
}
"""Label -> the query of read.cypher that gives its rows by id, and what a row becomes."""

_UNSUPPORTED = dict.fromkeys((Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER), ("supported", False))
FLAGS: dict[Standing, dict[Node, tuple[str, bool]]] = {
    Standing.UNSUPPORTED: _UNSUPPORTED,
    Standing.WITHDRAWN: dict.fromkeys((Node.SOURCE, Node.CLAIM), ("withdrawn", True)),
    Standing.QUARANTINED: dict.fromkeys((Node.SOURCE, Node.CLAIM), ("quarantined", True)),
    Standing.STALE: {
        Node.SOURCE: ("replaced", True),
        Node.CLAIM: ("stale", True),
        Node.ANSWER: ("stale", True),
    },
}
"""Standing -> label -> the property that says so, and its value; a label that has none is never in that standing."""


NODES = {node.value: node for node in Node}
"""Label as text -> label."""


def status(node: Node, supported: bool, recallable: bool, replaced: bool, stale: bool) -> Status:
    """The flags of a label's row; those that it does not have are None, and are not looked at."""
    match node:
        case Node.SOURCE:
            return Status(supported, supported and not replaced, stale=False)
        case Node.PASSAGE:
            return Status(supported, recallable, stale=False)
        case Node.CLAIM:
            return Status(supported, recallable, stale)
        case _:
            return Status(supported, supported, stale)


def node_of(labels: list[str]) -> Node:
    """Which of our labels it is: a node may carry others, in any order."""
    return next(node for node in Node if node.value in labels)


def _scope(tenant: str, row: Row) -> Scope:
    return Scope(tenant, *row["audience"].split("\x1f"))
