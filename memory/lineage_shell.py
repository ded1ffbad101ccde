"""What `stemma memory why`, `reach` and `tainted` print.

Decides the terminal's wording and colours, and the JSON forms; the tree and the picture are made in `lineage/`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from stemma.memory.errors import InvalidSetting
from stemma.memory.item_view import as_record
from stemma.memory.lineage.captions import counted, day, label
from stemma.memory.lineage.excerpt import nearest
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.model import Direction, Lineage, Standing
from stemma.memory.lineage.picture import svg
from stemma.memory.lineage.record import lineage_record
from stemma.memory.lineage.tree import Role, drawn
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import DEFAULT_TENANT, Answer, Claim, Node, Passage, Scope
from stemma.memory.open import open_memory
from stemma.memory.terminal import printable, shortened

_PIPED_WIDTH = 160
"""Columns where no terminal says how many there are."""
_LOOKED_AT = 10_000
"""Items that are counted at least, however few of them are drawn."""
_ANSWERS = 20
"""Of the answers that are too far off to be drawn, how many are named."""
_CAUSES = 3
"""Of what an answer rests on and is not supported, how many are named."""
_STYLES = {
    Role.FRAME: "dim",
    Role.WORDS: "italic",
    Role.LABEL: "bold",
    Role.TEXT: "",
    Role.ID: "cyan",
    Role.FATAL: "bold red",
    Role.DATED: "yellow",
    Role.NOTE: "dim",
}


class Look(NamedTuple):
    """Which way lineage is followed, how many items are drawn, and of which moment; today where that is None."""

    direction: Direction
    limit: int
    known_at: datetime | None = None


async def print_lineage(item_id: str, look: Look, *, user: str, picture: Path | None, as_json: bool) -> None:
    """Print what an item rests on, or what it reached, or write the picture of it. Raises `UnknownItem`."""
    async with await open_memory() as memory:
        scope, far = Scope(DEFAULT_TENANT, user), max(look.limit, _LOOKED_AT)
        lineage = await memory.history.lineage(scope, item_id, look.direction, limit=far, known_at=look.known_at)
    shown = nearest(lineage, look.limit)
    if picture:
        _write(picture, svg(lineage))
    if as_json:
        typer.echo(json.dumps(lineage_record(shown)))
    elif not picture:
        _print_tree(shown)
        typer.echo("\n".join(_closing(lineage, shown)))


def _write(path: Path, markup: str) -> None:
    try:
        path.write_text(markup, encoding="utf-8")
    except OSError as error:
        raise InvalidSetting(f"{path} cannot be written", hint="name a file in a folder that is there") from error
    typer.echo(f"wrote {path}", err=True)


def _print_tree(lineage: Lineage) -> None:
    console = Console(highlight=False)
    width = console.width if console.is_terminal else _PIPED_WIDTH
    for line in drawn(lineage, width=width, boxes=console.is_terminal):
        pieces = [(piece.text, _STYLES[piece.role]) for piece in line]
        console.print(Text.assemble(*pieces), soft_wrap=True)


def _closing(lineage: Lineage, shown: Lineage) -> list[str]:
    """How much that was in all, the answers that were not drawn, and how to see more."""
    others = [item for item_id, item in lineage.items.items() if item_id != lineage.root]
    kinds = ", ".join(counted(number, kind) for kind, number in Counter(map(label, others)).items())
    verb = "rests on" if lineage.direction is Direction.UPSTREAM else "reached"
    found = Counter(flag for item in others for flag in flags(item))
    marked = "".join(f"; {number:,} {flag}" for flag, number in found.items())
    lines = ["", f"{verb} {kinds or 'nothing'}{marked}"]
    lines += ["and more than was looked at"] if lineage.truncated else []
    if len(shown.items) < len(lineage.items):
        lines.append(
            f"drawn are the nearest {len(shown.items):,} items; --limit {len(lineage.items)} draws all of these"
        )
        answers = [item for item in others if isinstance(item, Answer) and item.id not in shown.items]
        lines += [_answer_line(answer) for answer in answers[:_ANSWERS]]
        lines += [f"  and {len(answers) - _ANSWERS:,} more answers"] if len(answers) > _ANSWERS else []
    elif lineage.truncated:
        lines.append(f"--limit {len(lineage.items) * 10} looks further")
    return lines


def _answer_line(answer: Answer) -> str:
    marked = "".join(f" ({flag})" for flag in flags(answer))
    return f"  answer{marked} {answer.id}  run {printable(answer.run_id)}, thread {printable(answer.thread_id)}"


async def print_tainted(*, user: str, stale: bool, limit: int, offset: int, as_json: bool) -> None:
    """Print the answers that used or state what is no longer supported; with `stale` also those that are only stale."""
    scope = Scope(DEFAULT_TENANT, user)
    standings = [Standing.UNSUPPORTED, *([Standing.STALE] if stale else [])]
    async with await open_memory() as memory:
        pages = {s: await memory.items(scope, Node.ANSWER, limit=limit, offset=offset, standing=s) for s in standings}
        answers = {s: [item for item in page.items if isinstance(item, Answer)] for s, page in pages.items()}
        causes = await _causes(memory, scope, [answer for some in answers.values() for answer in some])
    if as_json:
        record: dict[str, Any] = {"offset": offset}
        for standing, name in zip(standings, ("tainted", "stale"), strict=False):
            rows = [{**as_record(answer), "because": causes[answer.id]} for answer in answers[standing]]
            record |= {name: rows, f"{name}_total": pages[standing].total}
        typer.echo(json.dumps(record))
        return
    for standing, words in zip(standings, ("tainted", "stale"), strict=False):
        _print_answers(answers[standing], causes, words, offset, pages[standing].total)


def _print_answers(
    answers: Sequence[Answer], causes: Mapping[str, Sequence[Mapping[str, Any]]], words: str, offset: int, total: int
) -> None:
    if not answers:
        typer.echo(f"no answer is {words}" if not total else f"no more {words} answers ({total:,} in all)")
        return
    for answer in answers:
        where = f"run {printable(answer.run_id)}, thread {printable(answer.thread_id)}, {day(answer.recorded_at)}"
        typer.echo(f"{answer.id}  {shortened(answer.question, 60)}")
        typer.echo(f"  {shortened(answer.text, 100)}\n  {where}")
        for cause in causes[answer.id][:_CAUSES]:
            typer.echo(f"  because of {cause['label'].lower()} {cause['id']}: {shortened(cause['text'], 60)}")
        if (left := len(causes[answer.id]) - _CAUSES) > 0:
            typer.echo(f"  and of {left:,} more")
    threads = len({answer.thread_id for answer in answers})
    last = offset + len(answers)
    more = f"; go on with --offset {last}" if last < total else ""
    typer.echo(f"{total:,} {words}, these in {counted(threads, 'thread')}{more}; why: stemma memory why ID")


async def _causes(memory: LongTermMemory, scope: Scope, answers: Sequence[Answer]) -> dict[str, list[dict[str, Any]]]:
    """For each answer, the passages and claims that it rests on and that have a flag: the reason why it is listed."""
    rests_on = {
        answer.id: dict.fromkeys([*answer.asserts, *(use.item_id for use in answer.used)]) for answer in answers
    }
    ids = list(dict.fromkeys(item_id for some in rests_on.values() for item_id in some))
    items: list[Passage | Claim] = [*await memory.graph.claims(scope, ids), *await memory.graph.passages(scope, ids)]
    found = {
        item.id: {"id": item.id, "label": type(item).__name__, "text": item.text, "flags": list(flags(item))}
        for item in items
        if flags(item)
    }
    return {answer_id: [found[item_id] for item_id in some if item_id in found] for answer_id, some in rests_on.items()}
