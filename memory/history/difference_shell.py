"""What `stemma memory diff` prints.

Decides the terminal's wording. The JSON form stands in `record.py`; what changed was worked out in `difference.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import typer

from stemma.memory.history.difference import Change, Changed, Difference
from stemma.memory.history.record import difference_record
from stemma.memory.history.texts import texts_of
from stemma.memory.lineage.captions import counted, decision
from stemma.memory.model import DEFAULT_TENANT, Scope
from stemma.memory.open import open_memory
from stemma.memory.shell import EMPTY
from stemma.memory.terminal import shortened

_HEADINGS = {
    Change.ADDED: "came",
    Change.WITHDRAWN: "taken back",
    Change.LOST: "lost their support",
    Change.SUPERSEDED: "superseded",
    Change.REPLACED: "replaced by a newer version",
    Change.EXPIRED: "ended to hold",
    Change.BACK: "came back",
    Change.STALE: "became stale",
    Change.FRESH: "are not stale any more",
}


class Page(NamedTuple):
    """Which of the changes are printed."""

    limit: int
    offset: int


async def print_difference(earlier: datetime, later: datetime, *, page: Page, user: str, as_json: bool) -> None:
    """Print what changed after one moment, up to and including another."""
    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        found = await memory.history.difference(scope, earlier, later)
        shown = found.changed[page.offset : page.offset + page.limit]
        texts = await texts_of(memory.graph, scope, shown)
        empty = not found.changed and not sum((await memory.statistics(scope)).by_node.values())
    if as_json:
        typer.echo(json.dumps({**difference_record(found, shown, texts), "offset": page.offset}))
    elif empty:
        typer.echo(EMPTY)
    else:
        typer.echo("\n".join(_lines(found, shown, texts, page)))


def _lines(found: Difference, shown: Sequence[Changed], texts: Mapping[str, str], page: Page) -> Iterator[str]:
    if not found.changed and not found.decisions:
        yield "nothing changed in between"
        return
    for change, some in groupby(shown, lambda one: one.change):
        numbers = ", ".join(counted(number, node.lower()) for node, number in found.counts[change].items())
        yield f"{_HEADINGS[change]}: {numbers}"
        yield from (f"  {one.node.lower():8} {one.id}  {shortened(texts.get(one.id, ''), 90)}" for one in some)
    if found.decisions:
        yield f"decided: {counted(len(found.decisions), 'decision')}"
        yield from (f"  {one.id}  {one.withdraws}  {shortened(decision(one), 110)}" for one in found.decisions)
    last = page.offset + len(shown)
    if last < len(found.changed):
        yield f"{page.offset + 1} to {last} of {len(found.changed)} changes; go on with --offset {last}"
