"""Backups and exports that may hold a person: looked into, written anew without them, or removed.

Decides what each kind of copy is opened with. A copy of an older schema becomes a current one when it is opened.
One that cannot be opened is said to hold them: nobody knows that it does not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from stemma.graphs.erasure.eraser import RunEraser
from stemma.graphs.errors import GraphFailure
from stemma.graphs.runs.open import PREFIX, open_store
from stemma.memory.erasure.copies import Copy, CopyKind
from stemma.memory.erasure.eraser import sqlite_eraser
from stemma.memory.erasure.model import Counts, Subject, Traces
from stemma.memory.erasure.ports import Eraser
from stemma.memory.errors import MemoryFailure
from stemma.memory.exchange.fields import Row
from stemma.memory.exchange.lines import Tally, header_line, is_end, read_header, read_record
from stemma.memory.open import graph_at
from stemma.memory.settings import MemorySettings


class Policy(StrEnum):
    """What is done with a copy that holds them."""

    KEEP = "keep"
    REWRITE = "rewrite"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class CopyReport:
    """One copy."""

    path: Path
    kind: CopyKind
    made_at: str
    rows: Counts
    """What it held of them."""
    holds: bool
    """Whether it still does."""
    note: str = ""


async def treat(copy: Copy, subject: Subject, policy: Policy) -> CopyReport:
    """Look into a copy, and do with it what the policy says."""
    try:
        if copy.kind is CopyKind.EXPORT:
            rows = await asyncio.to_thread(_treat_export, copy.path, subject, policy)
        else:
            rows = await _treat_store(copy, subject, policy)
    except (MemoryFailure, GraphFailure) as failure:
        return CopyReport(copy.path, copy.kind, copy.made_at, {}, holds=True, note=str(failure))
    if rows and policy is Policy.DELETE:
        copy.path.unlink(missing_ok=True)
    return CopyReport(copy.path, copy.kind, copy.made_at, rows, holds=bool(rows) and policy is Policy.KEEP)


async def _treat_store(copy: Copy, subject: Subject, policy: Policy) -> Counts:
    if copy.kind is CopyKind.MEMORY:
        graph = graph_at(f"{PREFIX}{copy.path}", MemorySettings())
        await graph.open()
        try:
            return await _treat_with(sqlite_eraser(graph, copy.path), subject, policy)
        finally:
            await graph.close()
    store = open_store(f"{PREFIX}{copy.path}")
    try:
        return await _treat_with(RunEraser(store, copy.path), subject, policy)
    finally:
        await store.close()


async def _treat_with(eraser: Eraser, subject: Subject, policy: Policy) -> Counts:
    counts = (await eraser.plan(subject, Traces())).counts
    if counts and policy is Policy.REWRITE:
        await eraser.erase(subject, Traces())
        await eraser.compact()
    return counts


def _treat_export(path: Path, subject: Subject, policy: Policy) -> Counts:
    with path.open("rb") as file:
        header = read_header(file.readline())
        if header.scope.tenant != subject.tenant:
            return {}
        counts: dict[str, int] = {}
        for name, row in _records(file):
            if subject.scope.owns(row["audience"]):
                counts[name] = counts.get(name, 0) + 1
    if counts and policy is Policy.REWRITE:
        _rewrite_export(path, subject, counts)
    return counts


def _records(file: Iterator[bytes]) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(file, start=2):
        if not is_end(line):
            kind, row = read_record(line, number)
            yield kind.name, row


def _remaining(before: Counts, gone: Counts) -> Counts:
    left = {name: count - gone.get(name, 0) for name, count in before.items()}
    return {name: count for name, count in left.items() if count}


def _rewrite_export(path: Path, subject: Subject, counts: Counts) -> None:
    with path.open("rb") as file:
        header = read_header(file.readline())
    if subject.scope.owns(header.scope.audience):
        path.unlink()  # nothing of it is anybody else's
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    tally = Tally()
    with path.open("rb") as file, partial.open("wb") as kept:
        for number, line in enumerate(file, start=1):
            if is_end(line):
                kept.write(tally.end())
            elif number == 1:
                first = header_line(replace(header, counts=_remaining(header.counts, counts)))
                tally.add(first)
                kept.write(first)
            elif not subject.scope.owns(read_record(line, number)[1]["audience"]):
                tally.add(line)
                kept.write(line)
    partial.replace(path)
