"""Items and lineages as they were at a moment: the same words, with the flags, reasons and decisions of then. Pure.

Decides what of an item is of its time: its flags, and who had taken it back. What it says, when it came and what it
mentions never changes under its id. An item that was not there then is not shown, and a lineage ends before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stemma.memory.errors import UnknownItem
from stemma.memory.history.model import Past
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge, Retraction, RetractionKind
from stemma.memory.model import Answer, Claim, Entity, Passage, Relation, Source
from stemma.memory.ports import Item


def item_then(item: Item, past: Past) -> Item:
    """The item as it was. Raises `UnknownItem` for one that was not there."""
    if item.id in past.unknown or (isinstance(item, Retraction) and _after(item.at, past.known_at)):
        raise UnknownItem(f"{item.id!r} was not in memory then", hint=f"stemma memory show {item.id}")
    match item:
        case Retraction():
            return decision_then(item, past)
        case Entity():
            return item
    return believed_then(item, past)


def believed_then(item: Source | Passage | Claim | Answer, past: Past) -> Source | Passage | Claim | Answer:
    """What has flags, with those of then; it was there."""
    then = past.then.get(item.id)
    if then is None:
        return item
    held = {one.kind: one for one in past.in_force.get(item.id, ())}
    withdrawn, apart = RetractionKind.WITHDRAWAL in held, held.get(RetractionKind.QUARANTINE)
    match item:
        case Source():
            return replace(
                item,
                supported=then.supported,
                replaced=item.id in past.replaced,
                withdrawn=withdrawn,
                quarantined=apart is not None,
            )
        case Passage():
            return replace(item, supported=then.supported, recallable=then.current)
        case Claim():
            return replace(
                item,
                supported=then.supported,
                recallable=then.current,
                stale=then.stale,
                withdrawn=withdrawn,
                quarantined=apart is not None,
                reason=apart.reason if apart else "",
            )
        case Answer():
            return replace(item, supported=then.supported, stale=then.stale)


def decision_then(decision: Retraction, past: Past) -> Retraction:
    """A decision that was made until then: one that was lifted later still held."""
    if decision.lifted_at and _after(decision.lifted_at, past.known_at):
        return replace(decision, lifted_at=None, lifted_by="")
    return decision


def lineage_then(lineage: Lineage, past: Past) -> Lineage:
    """The lineage as it was: what is reached by what was known then. Raises `UnknownItem` for a root of later."""
    root = item_then(lineage.items[lineage.root], past)
    edges = [edge for edge in lineage.edges if _known(edge, past)]
    reached = _reached(root.id, edges, lineage.direction)
    items = {item_id: believed_then(item, past) for item_id, item in lineage.items.items() if item_id in reached}
    decisions = [
        decision_then(one, past)
        for one in lineage.retractions
        if one.withdraws in reached and not _after(one.at, past.known_at)
    ]
    kept = [edge for edge in edges if edge.dependent in reached and edge.antecedent in reached]
    return replace(lineage, items=items, edges=kept, retractions=decisions)


def _known(edge: LineageEdge, past: Past) -> bool:
    pair = (edge.dependent, edge.antecedent)
    if edge.relation is Relation.SUPERSEDES and pair in past.superseded_later:
        return False
    later = (edge.dependent, edge.justification, edge.antecedent) in past.later
    return not later and past.unknown.isdisjoint(pair)


def _reached(root: str, edges: Sequence[LineageEdge], direction: Direction) -> set[str]:
    """What the edges lead to from the root: up from what rests, and from the older to what stands in its place."""
    beside: dict[str, list[str]] = {}
    for edge in edges:
        newer_first = edge.relation in (Relation.SUPERSEDES, Relation.REPLACES)
        if newer_first is (direction is Direction.DOWNSTREAM):
            beside.setdefault(edge.dependent, []).append(edge.antecedent)
        else:
            beside.setdefault(edge.antecedent, []).append(edge.dependent)
    found, waiting = {root}, [root]
    while waiting:
        new = set(beside.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _after(at: datetime, known_at: datetime | None) -> bool:
    return known_at is not None and at > known_at
