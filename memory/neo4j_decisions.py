"""Taking back, giving back and superseding in Neo4j.

Decides who may decide about what, as the port says; what follows from it, `neo4j_flags.py` works out in the same
transaction. A dry run does all of it and then undoes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from stemma.memory.errors import AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem
from stemma.memory.lineage.model import Affected, Effect, Retraction, RetractionKind
from stemma.memory.lineage.refusal import already_given_back, refuse_lifting
from stemma.memory.model import Node, Scope
from stemma.memory.neo4j_connection import Neo4jConnection, Row
from stemma.memory.neo4j_flags import TRUTH, Change, decide, settle
from stemma.memory.neo4j_rows import instant, retraction_row
from stemma.memory.neo4j_turn import Turn, Undone, in_turn
from stemma.memory.neo4j_values import node_of
from stemma.memory.neo4j_values import retraction as retraction_of

_ORDER = (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)
Decision = Callable[[Turn], Awaitable[Effect]]


class Neo4jDecisions:
    """The deciding part of `LineageStore`."""

    _connection: Neo4jConnection

    async def take_back(self, scope: Scope, retraction: Retraction, *, dry_run: bool = False) -> Effect:
        return await self._decide(scope, lambda turn: take_back(turn, scope, retraction), dry_run=dry_run)

    async def give_back(
        self, scope: Scope, retraction_id: str, *, actor: str, at: datetime, dry_run: bool = False
    ) -> Effect:
        lift = partial(give_back, scope=scope, retraction_id=retraction_id, actor=actor, at=at)
        return await self._decide(scope, lift, dry_run=dry_run)

    async def supersede(
        self, scope: Scope, newer: str, older: str, *, at: datetime | None = None, dry_run: bool = False
    ) -> Effect:
        async def work(turn: Turn) -> Effect:
            effect = await supersede(turn, scope, newer, older, at)
            if effect is None:
                raise Undone
            return effect

        try:
            return await self._decide(scope, work, dry_run=dry_run)
        except Undone:
            return Effect((), 0)

    async def _decide(self, scope: Scope, work: Decision, *, dry_run: bool) -> Effect:
        told: list[Effect] = []

        async def decided(turns: dict[str, Turn]) -> Effect:
            effect = await work(turns[scope.tenant])
            if dry_run:
                told.append(effect)
                raise _Rehearsed
            return effect

        try:
            return await in_turn(self._connection, [scope.tenant], decided)
        except _Rehearsed:
            return told[-1]


class _Rehearsed(Exception):
    """Rolls a dry run back."""


async def take_back(turn: Turn, scope: Scope, retraction: Retraction) -> Effect:
    """Withdraw or quarantine, in a turn. Raises what `LineageStore.take_back` says."""
    found = await _found(turn, retraction.withdraws, retraction.id)
    item = _owned(found, scope, retraction.withdraws, (Node.SOURCE, Node.CLAIM))
    _refuse_taken(item, retraction)
    if retraction.id in found:
        raise AlreadyTakenBack
    stored = retraction.kept(_scope_of(scope, item), scope)
    await decide(turn, [stored.withdraws], made=[retraction_row(stored)])
    return _effect(scope, await settle(turn, [stored.withdraws]), stored)


async def give_back(turn: Turn, scope: Scope, retraction_id: str, actor: str, at: datetime) -> Effect:
    """Lift a decision, in a turn. Raises what `LineageStore.give_back` says."""
    found = await _found(turn, retraction_id)
    held = retraction_of(scope.tenant, _owned(found, scope, retraction_id, (Node.RETRACTION,)))
    refuse_lifting(scope, held)
    if held.lifted_at is not None:
        raise already_given_back(held)
    lifted = replace(held, lifted_at=at, lifted_by=actor)
    await decide(turn, [held.withdraws], lifted=[{"id": held.id, "lifted_at": instant(at), "lifted_by": actor}])
    return _effect(scope, await settle(turn, [held.withdraws]), lifted)


async def supersede(turn: Turn, scope: Scope, newer: str, older: str, at: datetime | None) -> Effect | None:
    """Let one claim supersede another, in a turn; None when it does already. Raises what `LineageStore.supersede`
    says."""
    found = await _found(turn, newer, older)
    above = _known(found, scope, newer, (Node.CLAIM,))
    below = _owned(found, scope, older, (Node.CLAIM,))
    if not _scope_of(scope, above).owns(below["audience"]):
        raise WiderItem(f"{older!r} belongs to a wider scope than {newer!r}")
    if above["recorded_at"] <= below["recorded_at"]:
        raise SupersedesNewer(f"{newer!r} was not recorded after {older!r}")
    known = instant(at) if at else above["recorded_at"]
    [made] = await turn.rows(TRUTH, "put_supersession", newer=newer, older=older, mark=turn.revision, at=known)
    return _effect(scope, await settle(turn, [older]), None) if made["is_new"] else None


async def _found(turn: Turn, *ids: str) -> dict[str, Row]:
    return {row["item"]["id"]: row for row in await turn.rows(TRUTH, "decidable", ids=ids)}


def _known(found: Mapping[str, Row], scope: Scope, item_id: str, nodes: Sequence[Node]) -> Row:
    """What the scope sees or owns. Raises `UnknownItem`."""
    item: Row | None = found[item_id]["item"] if item_id in found else None
    if item is None or not (scope.owns(item["audience"]) or item["audience"] in scope.audiences()):
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")
    if node_of(found[item_id]["labels"]) not in nodes:
        raise UnknownItem(f"{item_id!r} is not a {' or '.join(nodes).lower()}", hint="stemma memory show ID")
    return item


def _owned(found: Mapping[str, Row], scope: Scope, item_id: str, nodes: Sequence[Node]) -> Row:
    """What the scope may decide about. Raises `UnknownItem`, `WiderItem`."""
    item = _known(found, scope, item_id, nodes)
    if not scope.owns(item["audience"]):
        raise WiderItem(f"{item_id!r} belongs to a wider scope than the one that asked")
    return item


def _refuse_taken(item: Row, decision: Retraction) -> None:
    again = decision.kind is RetractionKind.QUARANTINE and item["quarantined"]
    if item["withdrawn"] or again:
        what = "withdrawn" if item["withdrawn"] else "in quarantine"
        raise AlreadyTakenBack(f"{decision.withdraws!r} is {what} already", hint="stemma memory ls retractions")


def _scope_of(scope: Scope, item: Row) -> Scope:
    return Scope(scope.tenant, *item["audience"].split("\x1f"))


def _effect(scope: Scope, changes: Iterable[Change], stored: Retraction | None) -> Effect:
    audiences = scope.audiences()
    changed = list(changes)
    seen = sorted(
        (each for each in changed if each.audience in audiences), key=lambda each: (_ORDER.index(each.node), each.id)
    )
    affected = [Affected(each.id, each.node, each.before, each.after) for each in seen]
    return Effect(affected, len(changed) - len(affected), stored)
