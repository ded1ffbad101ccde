"""What is kept of a person beside memory, erased: threads with their runs, crons, webhooks, keys, assistants.

Decides the order: their keys, crons and assistants first, so that nothing new comes, then thread by thread, so that a
crash in between leaves whole threads. A thread that others ran on too cannot be taken apart: it goes as a whole, and
whoever asks is told before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from stemma.graphs.runs.open import PREFIX
from stemma.graphs.runs.ports import RunStore
from stemma.memory.erasure.model import Compaction, Counts, Plan, Subject, Traces
from stemma.memory.erasure.remains import files_below
from stemma.memory.erasure.sqlite_compaction import compact_file, files_of


class RunEraser:
    """`Eraser` of one run store, in an SQLite file."""

    name = "runs"
    follows = False

    def __init__(self, store: RunStore, path: Path) -> None:
        self._store, self._path = store, path

    async def plan(self, subject: Subject, _traces: Traces, /) -> Plan:
        held = await self._store.erasure.holdings(subject.tenant, subject.user)
        traces = Traces(frozenset(held.ids), frozenset(held.texts))
        return Plan(held.counts, traces, frozenset(held.shared), frozenset(held.active))

    async def erase(self, subject: Subject, _traces: Traces, /) -> Counts:
        held = await self._store.erasure.holdings(subject.tenant, subject.user)
        await self._store.erasure.erase_person(subject.tenant, subject.user)
        for thread_id in held.threads:
            await self._store.erasure.erase_thread(subject.tenant, thread_id)
        return held.counts

    async def others(self, subject: Subject, needles: Sequence[bytes], /) -> frozenset[bytes]:
        return await self._store.erasure.others(subject.tenant, subject.user, needles)

    async def compact(self) -> Compaction:
        return await asyncio.to_thread(compact_file, self._path)

    def files(self) -> Sequence[Path]:
        return [*files_of(self._path), *files_below(Path(f"{self._path}.workers"))]


def path_of(database_url: str) -> Path:
    """The file of a run store."""
    return Path(database_url.removeprefix(PREFIX))
