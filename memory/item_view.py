"""One item of memory as a line, as lines, and as a JSON object. Pure.

Decides which of an item's properties a person sees first. All text goes through `printable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from stemma.memory.lineage.captions import decision
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Answer, Claim, Derivation, Entity, Passage, Scope, Source
from stemma.memory.ports import Item, RelationPage, StatedRelation
from stemma.memory.terminal import printable, shortened

NOTHING_RELATED = RelationPage((), 0)
_OWN_LINES = ("label", "derived_from", "used", "asserts")
_DECISION_FIELDS = {"withdraws": "item_id"}
"""Field -> its name in a record, where that differs."""


def summary(item: Item) -> str:
    """One line: the id, and what it is about."""
    match item:
        case Source():
            text = f"{shortened(item.title or item.uri, 60)}  (version {item.version}; {printable(item.uri)})"
        case Passage():
            text = f"{shortened(item.title, 40)}  {shortened(item.text, 80)}"
        case Entity():
            text = f"{shortened(item.name, 100)}" + (f"  ({printable(item.kind)})" if item.kind else "")
        case Claim():
            text = shortened(item.text, 110)
        case Answer():
            text = f"{shortened(item.question, 50)}  {shortened(item.text, 70)}"
        case Retraction():
            text = f"{item.withdraws}  {shortened(decision(item), 110)}"
    found = flags(item)
    return f"{item.id}  {text}" + (f"  ({', '.join(found)})" if found else "")


def details(item: Item, derivations: Sequence[Derivation] = (), related: RelationPage = NOTHING_RELATED) -> list[str]:
    """All of an item, one property a line, then what it rests on, or what it is related to."""
    lines = [type(item).__name__.lower() + "".join(f", {flag}" for flag in flags(item))]
    for name, value in as_record(item).items():
        if name not in _OWN_LINES and value not in ("", None, [], (), {}):
            lines.append(f"  {name:14} {printable(_plain(value))}")
    if isinstance(item, Answer):
        lines += [f"  used {use.rank:<9} {use.item_id}  {use.score:.3f}" for use in item.used]
        lines += [f"  asserts        {claim_id}" for claim_id in item.asserts]
    lines += [f'  derived from   {row.antecedent_id}  "{shortened(row.quote, 100)}"' for row in derivations]
    lines += [f"  relation       {_relation(row)}" for row in related.relations]
    if (more := related.total - len(related.relations)) > 0:
        lines.append(f"  and {more:,} more relations")
    return lines


def _relation(row: StatedRelation) -> str:
    said = " ".join(shortened(part, 60) for part in (row.subject, row.predicate, row.object))
    return f"{said}  (claim {row.claim_id})"


def as_record(
    item: Item, derivations: Sequence[Derivation] | None = None, related: RelationPage | None = None
) -> dict[str, Any]:
    """What `--json` prints: `label`, the item's own fields, and when they were looked up, for a claim `derived_from`,
    for an entity `relations` and how many there are in all."""
    record: dict[str, Any] = {"label": type(item).__name__}
    for name, value in asdict(item).items():
        record[_DECISION_FIELDS.get(name, name)] = value.isoformat() if isinstance(value, datetime) else value
    record["scope"] = _scope(item.scope)
    if isinstance(item, Retraction):
        record["authority"] = _scope(item.authority) if item.authority else None
    if isinstance(item, Claim) and derivations is not None:
        record["derived_from"] = [asdict(row) for row in derivations]
    if isinstance(item, Entity) and related is not None:
        record["relations"] = [asdict(row) for row in related.relations]
        record["relations_total"] = related.total
    return record


def _scope(scope: Scope) -> dict[str, str]:
    return {name: value for name, value in asdict(scope).items() if value}


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
