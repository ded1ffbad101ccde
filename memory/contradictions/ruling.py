"""Everything that is done about one contradiction at once: its steps, and when they are refused. Pure.

Decides that the steps of a ruling are taken together or not at all: who is killed in the middle has decided nothing,
and of two who decide at the same time one is told that the other was first. Which steps a resolution takes stands in
`deciding.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stemma.memory.contradictions.model import Conflict, Resolution
from stemma.memory.errors import AlreadyResolved
from stemma.memory.lineage.model import Retraction


@dataclass(frozen=True, slots=True)
class Ruling:
    """The steps, in their order. What is left out is not done."""

    found: Conflict
    """The contradiction as it was looked at."""
    kept: Conflict
    """The same as it is afterwards."""
    actor: str
    at: datetime
    taken_back: Retraction | None = None
    """A decision about one of the two claims."""
    superseded: bool = False
    """The newer claim stands in the older one's place."""
    given_back: str = ""
    """A decision that holds no longer; one that was lifted already stays as it is."""


def refuse_resolved(conflict: Conflict) -> None:
    """Raise `AlreadyResolved` for one that was resolved for good."""
    if conflict.resolution not in (Resolution.OPEN, Resolution.BOTH_HOLD):
        raise AlreadyResolved(
            f"{conflict.id!r} was resolved by {conflict.resolved_by} ({conflict.resolution})",
            hint=f"stemma memory restore {conflict.decision}" if conflict.decision else "",
        )


def refuse_changed(ruling: Ruling, stored: Conflict) -> None:
    """Raise `AlreadyResolved` where somebody decided about it since it was looked at."""
    if stored != ruling.found:
        refuse_resolved(stored)
        raise AlreadyResolved(f"{stored.id!r} was decided about meanwhile", hint="stemma memory contradictions")
