"""A lineage, and what a decision changes, as JSON objects: what `--json` prints, in the same shape as the API sends.

Decides names and shape. It shortens nothing. Pure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from stemma.memory.item_view import as_record
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.model import Effect, Lineage


def lineage_record(lineage: Lineage) -> dict[str, Any]:
    """`root`, `direction`, `truncated`, and the lists `items` (nearest first, each with its `flags` in words), `edges`
    (`dependent` rests on `antecedent`; those of one `justification` support together) and `retractions`."""
    return {
        "root": lineage.root,
        "direction": lineage.direction.value,
        "items": [{**as_record(item), "flags": list(flags(item))} for item in lineage.items.values()],
        "edges": [{**asdict(edge), "relation": edge.relation.value} for edge in lineage.edges],
        "retractions": [as_record(retraction) for retraction in lineage.retractions],
        "truncated": lineage.truncated,
    }


def effect_record(effect: Effect, *, dry_run: bool) -> dict[str, Any]:
    """`counts` by label, every item in `affected` with its flags before and after, how many are `hidden` in narrower
    scopes, and the `retraction` itself, whose id lifts it (null for a supersession, and while nothing is decided)."""
    return {
        "dry_run": dry_run,
        "retraction": as_record(effect.retraction) if effect.retraction else None,
        "counts": dict(Counter(row.node.value for row in effect.affected)),
        "affected": [
            {"id": row.id, "label": row.node.value, "before": row.before._asdict(), "after": row.after._asdict()}
            for row in effect.affected
        ],
        "hidden": effect.hidden,
    }
