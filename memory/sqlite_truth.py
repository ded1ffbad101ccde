"""Decisions on the SQLite memory: taking back, giving back, superseding, and who may do so. Functions on a connection.

Decides who may take what back, and what a decision writes down. What follows from it is worked out in the same
transaction by `sqlite_support.py`; a dry run does all of it and is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import apsw

from stemma.memory.errors import AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem
from stemma.memory.lineage.model import Effect, Retraction, RetractionKind
from stemma.memory.lineage.refusal import already_given_back, refuse_lifting
from stemma.memory.model import Node, Scope
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_listing import unknown
from stemma.memory.sqlite_rows import read_retraction, retraction_row, scope_of, written
from stemma.memory.sqlite_support import Changed, decide, refresh
from stemma.memory.sqlite_writes import raise_revision, touch

_QUERIES = load_queries("sql/truth.sql")
_WRITE = load_queries("sql/write.sql")


@dataclass(frozen=True, slots=True)
class _Decidable:
    """A source or claim as far as a decision looks at it."""

    id: str
    node: Node
    scope: Scope
    withdrawn: bool
    quarantined: bool
    recorded_at: str


class _DryRun(Exception):
    """Takes back what a dry run has written."""


def rolled_back(connection: apsw.Connection, decide: Callable[[apsw.Connection], Effect]) -> Effect:
    """The effect of a decision of which nothing stays."""
    with suppress(_DryRun), connection:
        effect = decide(connection)
        raise _DryRun
    return effect


def take_back(connection: apsw.Connection, scope: Scope, retraction: Retraction) -> Effect:
    """Withdraw or quarantine. Raises what `LineageStore.take_back` says."""
    item = _known(connection, scope, retraction.withdraws)
    _refuse_wider(scope, item.scope, item.id)
    quarantine = retraction.kind is RetractionKind.QUARANTINE
    if item.withdrawn or (quarantine and item.quarantined):
        raise AlreadyTakenBack(f"{item.id!r} was taken back already", hint="stemma memory show " + item.id)
    stored = retraction.kept(item.scope, scope)
    if not rows(connection, _WRITE["add_retraction"], retraction_row(stored)):
        raise AlreadyTakenBack(f"there is a decision {retraction.id!r} already")
    return _follow(connection, scope, item, stored)


def give_back(connection: apsw.Connection, scope: Scope, retraction_id: str, actor: str, at: datetime) -> Effect:
    """Lift a decision. Raises what `LineageStore.give_back` says."""
    which = {"tenant": scope.tenant, "id": retraction_id}
    found = [read_retraction(row) for row in rows(connection, _QUERIES["decision"], which)]
    if not found or not _reaches(scope, found[0].scope):
        raise unknown(retraction_id)
    (decision,) = found
    _refuse_wider(scope, decision.scope, decision.id)
    refuse_lifting(scope, decision)
    if decision.lifted_at is not None:
        raise already_given_back(decision)
    connection.execute(_QUERIES["lift"], {**which, "lifted_at": written(at), "lifted_by": actor})
    item = _known(connection, scope, decision.withdraws)
    return _follow(connection, scope, item, replace(decision, lifted_at=at, lifted_by=actor))


def supersede(
    connection: apsw.Connection, scope: Scope, newer_id: str, older_id: str, at: datetime | None = None
) -> Effect:
    """Let one claim supersede another. Raises what `LineageStore.supersede` says."""
    newer, older = _known(connection, scope, newer_id), _known(connection, scope, older_id)
    for item in (newer, older):
        if item.node is not Node.CLAIM:
            raise UnknownItem(f"{item.id!r} is no claim, and only claims supersede each other")
    for owner in (scope, newer.scope):
        _refuse_wider(owner, older.scope, older.id)
    if newer.recorded_at <= older.recorded_at:
        raise SupersedesNewer(f"{newer.id!r} was not recorded after {older.id!r}")
    known = written(at) if at else newer.recorded_at
    link = {"tenant": scope.tenant, "newer": newer.id, "older": older.id, "audience": older.scope.audience}
    if not rows(connection, _QUERIES["add_supersession"], {**link, "at": known}):
        return Effect((), 0)
    touch(connection, scope.tenant, [newer.id], known)
    seeds = [(newer.id, Node.CLAIM), (older.id, Node.CLAIM)]
    changed = refresh(connection, scope.tenant, seeds, raise_revision(connection, scope.tenant))
    return _effect(scope, changed, None)


def _follow(connection: apsw.Connection, scope: Scope, item: _Decidable, decision: Retraction) -> Effect:
    decide(connection, scope.tenant, item.node, item.id)
    revision = raise_revision(connection, scope.tenant)
    return _effect(scope, refresh(connection, scope.tenant, [(item.id, item.node)], revision), decision)


def _effect(scope: Scope, changed: Changed, decision: Retraction | None) -> Effect:
    audiences = set(scope.audiences())
    seen = [item for item in changed.affected if changed.audiences[item.id] in audiences]
    return Effect(seen, len(changed.affected) - len(seen), decision)


def _known(connection: apsw.Connection, scope: Scope, item_id: str) -> _Decidable:
    which = {"tenant": scope.tenant, "id": item_id}
    for label, audience, withdrawn, quarantined, recorded_at in rows(connection, _QUERIES["decidable"], which):
        item_scope = scope_of(scope.tenant, audience)
        if _reaches(scope, item_scope):
            return _Decidable(item_id, Node(label), item_scope, bool(withdrawn), bool(quarantined), recorded_at)
    raise unknown(item_id)


def _reaches(scope: Scope, other: Scope) -> bool:
    return scope.owns(other.audience) or other.audience in scope.audiences()


def _refuse_wider(scope: Scope, other: Scope, item_id: str) -> None:
    if not scope.owns(other.audience):
        raise WiderItem(f"{item_id!r} belongs to a wider scope than the one that asked")
