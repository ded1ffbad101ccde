"""Who may undo a run, the same for every store. Pure."""

from __future__ import annotations

from stemma.memory.consolidation.model import Consolidation
from stemma.memory.errors import AlreadyUndone, UnknownItem, WiderItem
from stemma.memory.scope import Scope


def refuse_undoing(scope: Scope, run_id: str, run: Consolidation | None) -> Consolidation:
    """The run, which the scope may undo. Raises `UnknownItem`, `WiderItem`, `AlreadyUndone`."""
    if run is None or not (scope.owns(run.scope.audience) or run.scope.audience in scope.audiences()):
        hint = "stemma memory consolidate --list"
        raise UnknownItem(f"there is no consolidation {run_id!r} in this scope", hint=hint)
    if not scope.owns(run.scope.audience):
        raise WiderItem(f"{run_id!r} belongs to a wider scope than the one that asked")
    if run.undone_at is not None:
        told = f"{run_id!r} was undone by {run.undone_by} at {run.undone_at:%Y-%m-%d %H:%M}"
        raise AlreadyUndone(told, hint="to do it again: stemma memory consolidate")
    return run
