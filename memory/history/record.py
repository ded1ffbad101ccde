"""A difference as JSON: what `stemma memory diff --json` prints and the route sends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stemma.memory.history.difference import Changed, Difference
from stemma.memory.lineage.model import Retraction, Status


def difference_record(found: Difference, shown: Sequence[Changed], texts: Mapping[str, str]) -> dict[str, Any]:
    """Of the changes those that are shown, with their texts by id; the counts are of all of them."""
    return {
        "earlier": found.earlier.isoformat(),
        "later": found.later.isoformat(),
        "total": len(found.changed),
        "counts": {
            change.value: {node.value: number for node, number in some.items()} for change, some in found.counts.items()
        },
        "changed": [_changed(one, texts.get(one.id, "")) for one in shown],
        "decisions": [_decision(one) for one in found.decisions],
    }


def _changed(one: Changed, text: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "label": one.node.value,
        "change": one.change.value,
        "before": _flags(one.before) if one.before else None,
        "after": _flags(one.after),
        "text": text,
    }


def _flags(status: Status) -> dict[str, bool]:
    return {"supported": status.supported, "current": status.current, "stale": status.stale}


def _decision(one: Retraction) -> dict[str, Any]:
    return {
        "id": one.id,
        "item_id": one.withdraws,
        "kind": one.kind.value,
        "reason": one.reason,
        "actor": one.actor,
        "at": one.at.isoformat(),
        "lifted_at": one.lifted_at.isoformat() if one.lifted_at else None,
        "lifted_by": one.lifted_by,
    }
