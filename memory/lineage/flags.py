"""What is wrong with an item, in the words that a person reads: withdrawn, in quarantine, tainted, superseded, stale.

Decides which words the flags of an item amount to. It decides no flag: that is `support.py`, and the store keeps them.
"""

from __future__ import annotations

from enum import StrEnum

from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Answer, Claim, Entity, Passage, Source


class Flag(StrEnum):
    """Why an item is not to be relied on as it stands."""

    WITHDRAWN = "withdrawn"
    QUARANTINED = "in quarantine"
    UNSUPPORTED = "no longer supported"
    """A passage or claim: everything that it rested on was taken back."""
    TAINTED = "tainted"
    """An answer: something that it used or states is no longer supported."""
    SUPERSEDED = "superseded"
    """A claim: a supported, newer one stands in its place."""
    REPLACED = "replaced"
    """A source, and its passages: there is a newer version."""
    STALE = "stale"
    """It rests only on what is no longer current."""


FATAL = frozenset({Flag.WITHDRAWN, Flag.QUARANTINED, Flag.UNSUPPORTED, Flag.TAINTED})
"""The flags of what is not supported; the others are about being current."""


def flags(item: Source | Passage | Entity | Claim | Answer | Retraction) -> tuple[Flag, ...]:
    """The flags of an item, the gravest first; none for what can be relied on, for entities, and for decisions."""
    match item:
        case Source():
            found = [*_decided(item), (item.replaced, Flag.REPLACED)]
        case Passage():
            replaced = item.supported and not item.recallable
            found = [(not item.supported, Flag.UNSUPPORTED), (replaced, Flag.REPLACED)]
        case Claim():
            superseded = item.supported and not item.recallable
            found = [*_decided(item), (superseded, Flag.SUPERSEDED), (item.stale, Flag.STALE)]
        case Answer():
            found = [(not item.supported, Flag.TAINTED), (item.stale, Flag.STALE)]
        case Entity() | Retraction():
            found = []
    return tuple(flag for holds, flag in found if holds)


def _decided(item: Source | Claim) -> list[tuple[bool, Flag]]:
    taken_back = item.withdrawn or item.quarantined
    return [
        (item.withdrawn, Flag.WITHDRAWN),
        (item.quarantined, Flag.QUARANTINED),
        (not item.supported and not taken_back, Flag.UNSUPPORTED),
    ]
