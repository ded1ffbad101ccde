"""What a decision means for each item that it changes, in words, and how many of each there are. Pure.

Decides the words and their order. It decides no flag, and looks nothing up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from stemma.memory.lineage.captions import counted
from stemma.memory.lineage.model import Affected, Effect
from stemma.memory.model import Node


class Outcome(StrEnum):
    """What becomes of an item, the gravest first."""

    LOST = "no longer supported"
    TAINTED = "tainted"
    """An answer that is no longer supported."""
    ASIDE = "no longer current"
    STALE = "stale"
    BACK = "supported again"
    CLEAN = "no longer tainted"
    CURRENT = "current again"
    FRESH = "no longer stale"
    OTHERWISE = "changed"


def outcome(row: Affected) -> Outcome:
    """The one thing that matters most of what changes about an item."""
    before, after = row.before, row.after
    answer = row.node is Node.ANSWER
    changes = [
        (before.supported and not after.supported, Outcome.TAINTED if answer else Outcome.LOST),
        (after.supported and not before.supported, Outcome.CLEAN if answer else Outcome.BACK),
        (before.current and not after.current, Outcome.ASIDE),
        (after.current and not before.current, Outcome.CURRENT),
        (after.stale and not before.stale, Outcome.STALE),
        (before.stale and not after.stale, Outcome.FRESH),
    ]
    return next((word for holds, word in changes if holds), Outcome.OTHERWISE)


def outcomes(effect: Effect) -> dict[Outcome, list[Affected]]:
    """The items of an effect by what becomes of them, the gravest first."""
    found: defaultdict[Outcome, list[Affected]] = defaultdict(list)
    for row in effect.affected:
        found[outcome(row)].append(row)
    return {word: found[word] for word in Outcome if word in found}


def by_kind(rows: Sequence[Affected]) -> str:
    """ "1 source, 2 passages, 5 claims"."""
    kinds: defaultdict[Node, int] = defaultdict(int)
    for row in rows:
        kinds[row.node] += 1
    return ", ".join(counted(number, node.value.lower()) for node, number in kinds.items())
