"""What `stemma memory retract`, `quarantine` and `restore` do and print.

Decides that nothing is changed before a person has seen what it would take, or said so beforehand with --yes; and how
that is shown. What a decision changes is worked out in the store.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import typer

from stemma.memory.errors import NotConfirmed, UnknownItem
from stemma.memory.item_view import summary
from stemma.memory.lineage.captions import counted, decision
from stemma.memory.lineage.model import Affected, Effect
from stemma.memory.lineage.outcomes import Outcome, by_kind, outcomes
from stemma.memory.lineage.record import effect_record
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import DEFAULT_TENANT, Answer, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import Item
from stemma.memory.terminal import printable

_SHOWN = 3
"""Of each kind, how many items are named before it is asked."""
_ANSWERS_SHOWN = 20
Decide = Callable[[bool], Awaitable[Effect]]
"""The decision, as a dry run or in earnest."""


def login_name() -> str:
    """Who decides when nobody is named: the name that this person is logged in by."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a decision is to be gone about."""

    user: str = ""
    dry_run: bool = False
    """Only say what it would change."""
    yes: bool = False
    """Do not ask."""
    as_json: bool = False

    @property
    def scope(self) -> Scope:
        return Scope(DEFAULT_TENANT, self.user)


async def take_back(item_id: str, *, reason: str, by: str, quarantine: bool, manner: Manner) -> int:
    """Withdraw a source or claim, or put it into quarantine; the exit code: 0, or 1 when a person said no.

    Raises `UnknownItem`, `WiderItem`, `AlreadyTakenBack`, `NotRetractable`, `NotConfirmed`.
    """
    async with await open_memory() as memory:
        item = await _seen(memory, manner.scope, item_id)
        actor = by or login_name()

        async def decide(dry_run: bool) -> Effect:
            return await memory.retract(
                manner.scope, item_id, reason=reason, actor=actor, quarantine=quarantine, dry_run=dry_run
            )

        verb = "put into quarantine" if quarantine else "withdraw"
        heading = f"{verb} {_named(item, item_id)}\n  by {printable(actor)}: {printable(reason)}"
        return await _carried_out(memory, decide, heading, manner)


async def give_back(retraction_id: str, *, by: str, manner: Manner) -> int:
    """Lift a retraction or quarantine; the exit code: 0, or 1 when a person said no.

    Raises `UnknownItem`, `WiderItem`, `AlreadyGivenBack`, `NotConfirmed`.
    """
    async with await open_memory() as memory:
        retraction = await memory.retraction(manner.scope, retraction_id)
        item = await _seen(memory, manner.scope, retraction.withdraws)
        actor = by or login_name()

        async def decide(dry_run: bool) -> Effect:
            return await memory.restore(manner.scope, retraction_id, actor=actor, dry_run=dry_run)

        heading = f"give back {_named(item, retraction.withdraws)}\n  {decision(retraction)}"
        return await _carried_out(memory, decide, heading, manner)


async def _carried_out(memory: LongTermMemory, decide: Decide, heading: str, manner: Manner) -> int:
    planned = await decide(True)
    if not manner.as_json:
        typer.echo(heading)
        typer.echo("\n".join(await _lines(memory, manner.scope, planned)))
    if not manner.dry_run:
        if not _confirmed(planned, manner):
            typer.echo("nothing was changed", err=True)
            return 1
        planned = await decide(False)
    answers = await _answers(memory, manner.scope, planned)
    if manner.as_json:
        rows = [{"id": one.id, "run_id": one.run_id, "thread_id": one.thread_id} for one in answers]
        typer.echo(json.dumps({**effect_record(planned, dry_run=manner.dry_run), "answers": rows}))
    elif manner.dry_run:
        typer.echo("nothing was changed: this was a dry run")
    else:
        typer.echo("\n".join(_closing(planned, answers)))
    return 0


def _confirmed(planned: Effect, manner: Manner) -> bool:
    if manner.yes:
        return True
    number = counted(len(planned.affected) + planned.hidden, "item")
    if not sys.stdin.isatty():
        raise NotConfirmed(
            f"this changes {number}, and there is nobody to ask", hint="add --yes to do it, or --dry-run to look at it"
        )
    return typer.confirm(f"change {number}?", err=True)


async def _seen(memory: LongTermMemory, scope: Scope, item_id: str) -> Item | None:
    """The item; None when it belongs to a narrower scope, about which may be decided all the same."""
    try:
        return await memory.item(scope, item_id)
    except UnknownItem:
        return None


def _named(item: Item | None, item_id: str) -> str:
    return f"{type(item).__name__.lower()} {summary(item)}" if item else f"{item_id}  (of a narrower scope)"


async def _lines(memory: LongTermMemory, scope: Scope, effect: Effect) -> list[str]:
    """What a decision changes: counts of each kind, and the first few besides the item that it is about."""
    decided = effect.retraction.withdraws if effect.retraction else ""
    lines = []
    for word, rows in outcomes(effect).items():
        lines.append(f"  {word}: {by_kind(rows)}")
        for node in Node:
            some = [row for row in rows if row.node is node and row.id != decided]
            items = await _items(memory, scope, some[:_SHOWN])
            lines += [f"    {node.value.lower():8} {summary(item)}" for item in items]
            lines += [f"    and {len(some) - _SHOWN:,} more"] if len(some) > _SHOWN else []
    if effect.hidden:
        lines.append(f"  and {counted(effect.hidden, 'item')} in narrower scopes, which this one may not see")
    return lines or ["  nothing that rests on it changes"]


async def _items(memory: LongTermMemory, scope: Scope, rows: Sequence[Affected]) -> list[Item]:
    return [item for row in rows if (item := await _seen(memory, scope, row.id))]


async def _answers(memory: LongTermMemory, scope: Scope, effect: Effect) -> list[Answer]:
    """The first answers that a decision taints or cleans."""
    found = outcomes(effect)
    rows = [*found.get(Outcome.TAINTED, ()), *found.get(Outcome.CLEAN, ())][:_ANSWERS_SHOWN]
    return [item for item in await _items(memory, scope, rows) if isinstance(item, Answer)]


def _closing(effect: Effect, answers: Sequence[Answer]) -> list[str]:
    """What was done, which answers that touches, and what to type to undo it."""
    found = outcomes(effect)
    lines = [
        "done: " + ("; ".join(f"{by_kind(rows)} {word}" for word, rows in found.items()) or "nothing else changed")
    ]
    for answer in answers:
        run = f"run {printable(answer.run_id)}, thread {printable(answer.thread_id)}"
        lines.append(f"  {'clean again' if answer.supported else 'tainted'}: {answer.id}  {run}")
    retraction = effect.retraction
    if retraction and retraction.lifted_at is None:
        if any(not answer.supported for answer in answers):
            lines.append(f"answer again: stemma memory heal {retraction.id}")
        lines.append(f"undo: stemma memory restore {retraction.id}")
    elif retraction:
        lines.append(f"undo: stemma memory retract {retraction.withdraws} --reason …")
    return lines
