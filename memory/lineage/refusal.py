"""Why an item cannot be taken back by itself, and what to take back instead. Pure."""

from __future__ import annotations

from stemma.memory.errors import NotRetractable
from stemma.memory.model import Answer, Passage
from stemma.memory.ports import Item


def not_retractable(item: Item) -> NotRetractable:
    """The error for an item that is neither a source nor a claim."""
    match item:
        case Passage():
            return NotRetractable("a passage is taken back with its source", hint=f"take back {item.source_id}")
        case Answer():
            return NotRetractable(
                "an answer is not taken back: it was said", hint="take back what it rests on: its upstream lineage"
            )
    return NotRetractable()
