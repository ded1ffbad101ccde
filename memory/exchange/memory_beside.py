"""Contradictions and consolidations of the in-memory graph as records, and back. Pure.

Decides nothing about the format: what a field is called stands in `fields.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from stemma.memory.consolidation.model import Consolidation, Demotion, DemotionRule, Duplicate, MergeRule
from stemma.memory.contradictions.model import Conflict, Resolution
from stemma.memory.exchange.fields import Kind, Row
from stemma.memory.memory_rows import Link, TenantRows
from stemma.memory.model import Node, Relation
from stemma.memory.neo4j_rows import instant
from stemma.memory.scope import Scope

BESIDE = frozenset({"contradicts", "consolidation", "duplicates", "demotion"})
"""Kinds that the rows keep apart from items and links."""
_TIMES = ("found_at", "resolved_at", "at", "undone_at")


def beside_records(rows: TenantRows, kind: Kind) -> Iterator[Row]:
    """The records of one of these kinds."""
    match kind.name:
        case "contradicts":
            yield from map(_plain, rows.conflicts.values())
        case "consolidation":
            yield from map(_plain, rows.runs.values())
        case "duplicates":
            for one, run in rows.duplicates.values():
                made = {"id": one.id, "canonical_id": one.canonical, "node": one.node.value, "rule": one.rule.value}
                yield {**made, "consolidation_id": run, "audience": rows.items[one.id].scope.audience}
        case _:
            for low, run in rows.demotions.values():
                made = {"id": low.id, "node": low.node.value, "rule": low.rule.value}
                yield {**made, "consolidation_id": run, "audience": rows.items[low.id].scope.audience}


def put_beside(rows: TenantRows, tenant: str, kind: Kind, row: Row) -> bool:
    """Store a record of one of these kinds; whether it was new."""
    run = row.get("consolidation_id", "")
    match kind.name:
        case "contradicts":
            values = {**_values(tenant, kind, row), "resolution": Resolution(row["resolution"])}
            return rows.conflicts.setdefault(row["id"], made := Conflict(**values)) is made
        case "consolidation":
            found = Consolidation(**_values(tenant, kind, row))
            return rows.runs.setdefault(row["id"], found) is found
        case "duplicates":
            pair = (row["id"], row["canonical_id"])
            is_new = pair not in rows.duplicates
            rows.duplicates.setdefault(pair, (Duplicate(*pair, Node(row["node"]), MergeRule(row["rule"])), run))
            rows.links.setdefault(Link(Relation.DUPLICATES, *pair), row["audience"])
            return is_new
        case _:
            low = Demotion(row["id"], Node(row["node"]), DemotionRule(row["rule"]))
            is_new = (low.id, low.rule) not in rows.demotions
            rows.demotions.setdefault((low.id, low.rule), (low, run))
            return is_new


def _plain(value: Conflict | Consolidation) -> Row:
    named = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "scope"}
    row = {name: instant(one) if isinstance(one, datetime) else one for name, one in named.items()}
    return {**row, "audience": value.scope.audience}


def _values(tenant: str, kind: Kind, row: Row) -> dict[str, Any]:
    values = {name: row[name] for name in kind.shapes if name != "audience"}
    times = {name: datetime.fromisoformat(row[name]) for name in _TIMES if row.get(name)}
    return {**values, **times, "scope": Scope(tenant, *row["audience"].split("\x1f"))}
