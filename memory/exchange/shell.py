"""What `stemma memory export` and `import` do and print.

Decides the terminal's wording, that an export takes its file's place only when it is whole, and that Ctrl-C keeps what
was imported.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer
from rich.progress import BarColumn, TextColumn

from stemma.memory.erasure.copies import CopyKind, note_copy
from stemma.memory.errors import InvalidExport, MemoryUnavailable
from stemma.memory.exchange.exchange import ExchangeProgress, ImportReport, OnProgress, export_lines, import_lines
from stemma.memory.exchange.lines import LONGEST_LINE
from stemma.memory.model import Scope
from stemma.memory.open import open_memory
from stemma.memory.progress import watched
from stemma.memory.settings import MemorySettings
from stemma.memory.shell import INTERRUPTED
from stemma.memory.terminal import printable

STANDARD = "-"


def export_to(target: str, *, tenant: str, user: str, as_json: bool) -> int:
    """Write an export; the exit code. Raises `MemoryUnavailable`, and what `export_lines` does."""
    scope = Scope(tenant, user)
    if target == STANDARD:
        summary = asyncio.run(_export(scope, sys.stdout.buffer))
        print(json.dumps(summary), file=sys.stderr) if as_json else None
        return 0
    path = Path(target)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            summary = asyncio.run(_export(scope, file))
        partial.replace(path)
    except OSError as problem:
        raise MemoryUnavailable(
            f"{target} cannot be written: {problem.strerror}", hint="name another file"
        ) from problem
    finally:
        partial.unlink(missing_ok=True)
    note_copy(MemorySettings().copies, path, CopyKind.EXPORT)
    counted = ", ".join(f"{count:,} {kind}" for kind, count in summary.items()) or "nothing is there yet"
    typer.echo(json.dumps({"file": str(path), "records": summary}) if as_json else f"wrote {target}: {counted}")
    return 0


def import_from(origin: str, *, as_json: bool) -> int:
    """Read an export; the exit code: 1 where something came out otherwise than the file says, 130 after Ctrl-C."""
    reached = ExchangeProgress(0, 0)

    def remember(progress: ExchangeProgress) -> None:
        nonlocal reached
        reached = progress

    try:
        with _opened(origin) as file:
            report = asyncio.run(_import(file, remember))
    except KeyboardInterrupt:
        kept = f"{reached.records:,} of {reached.total:,} records are read and stay"
        typer.echo(f"stopped: {kept}; type the same command again to go on", err=True)
        return INTERRUPTED
    if as_json:
        typer.echo(json.dumps(report_record(report)))
    else:
        _print_report(report)
    return 1 if report.differences or any(report.left_out.values()) else 0


def report_record(report: ImportReport) -> dict[str, object]:
    """An import as it is printed with --json."""
    return {
        "tenant": report.header.scope.tenant,
        "read": dict(report.read),
        "new": dict(report.new),
        "left_out": {kind: count for kind, count in report.left_out.items() if count},
        "embedded": report.embedded,
        "differences": [
            {"id": one.id, "node": one.node.value, "said": one.said, "follows": one.follows}
            for one in report.differences
        ],
    }


def _print_report(report: ImportReport) -> None:
    read, new = sum(report.read.values()), sum(report.new.values())
    typer.echo(f"{read:,} records read, {new:,} written to tenant {printable(report.header.scope.tenant)}")
    if report.embedded:
        typer.echo(f"{report.embedded:,} passages and claims embedded anew: this memory has another embedder")
    for kind, count in report.left_out.items():
        if count:
            typer.echo(f"left out: {count:,} {kind} that name what is neither in the file nor in memory")
    for one in report.differences[:20]:
        said, follows = (", ".join(flags) or "no flag" for flags in (one.said, one.follows))
        typer.echo(f"{one.node.value} {one.id}: the file says {said}; it follows: {follows}")
    if len(report.differences) > 20:
        typer.echo(f"… and {len(report.differences) - 20:,} more items whose flags follow otherwise")


async def _export(scope: Scope, file: IO[bytes]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    async with await open_memory() as memory:
        with _shown("writing") as show:
            async for line in export_lines(memory.graph, scope, on_progress=show):
                file.write(line)
                counts[line[len('{"record":"') : line.index(b'"', 11)].decode()] += 1
    file.flush()
    return {kind: count for kind, count in counts.items() if kind not in ("header", "end")}


async def _import(file: IO[bytes], remember: Callable[[ExchangeProgress], None]) -> ImportReport:
    async with await open_memory() as memory:
        with _shown("reading") as show:

            def on_progress(progress: ExchangeProgress) -> None:
                remember(progress)
                show(progress)

            return await import_lines(memory.graph, _lines(file), memory.embedder, on_progress=on_progress)


async def _lines(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The lines of a file. Raises `InvalidExport` for one that is too long."""
    while line := await asyncio.to_thread(file.readline, LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InvalidExport(f"a line is longer than {LONGEST_LINE:,} bytes")
        yield line


@contextmanager
def _opened(origin: str) -> Iterator[IO[bytes]]:
    """Standard input, or a file. Raises `InvalidExport` for one that cannot be read."""
    if origin == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        with Path(origin).open("rb") as file:
            yield file
    except OSError as problem:
        raise InvalidExport(f"{origin} cannot be read: {problem.strerror}", hint="name an export's file") from problem


@contextmanager
def _shown(verb: str) -> Iterator[OnProgress]:
    text = "{task.completed:.0f} of {task.total:.0f} records"
    with watched(TextColumn(verb), BarColumn(), TextColumn(text)) as bar:
        task = bar.add_task("", total=0)

        def show(progress: ExchangeProgress) -> None:
            bar.update(task, total=progress.total, completed=progress.records)

        yield show
