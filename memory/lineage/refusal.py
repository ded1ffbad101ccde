"""Why an item cannot be taken back by itself, and why a decision cannot be lifted by the one who asks. Pure."""

from __future__ import annotations

from stemma.memory.errors import AlreadyGivenBack, NotRetractable, WiderDecision
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Answer, Passage
from stemma.memory.ports import Item
from stemma.memory.scope import Scope


def refuse_lifting(scope: Scope, decision: Retraction) -> None:
    """Raise `WiderDecision` for a decision of a wider scope than the one that would lift it.

    An operator's decision about a user's own item stands until an operator lifts it.
    """
    if decision.authority and not scope.owns(decision.authority.audience):
        told = f"{decision.id!r} was decided with wider rights than these, by {decision.actor}"
        raise WiderDecision(told, hint="ask them to lift it")


def already_given_back(decision: Retraction) -> AlreadyGivenBack:
    """The error for a decision that holds no longer: who lifted it, and how to decide anew."""
    told = f"{decision.id!r} was lifted already" + (f" by {decision.lifted_by}" if decision.lifted_by else "")
    return AlreadyGivenBack(told, hint=f"to take it back again: stemma memory retract {decision.withdraws}")


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
