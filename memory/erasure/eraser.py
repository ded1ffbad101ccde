"""A person's memory, erased: everything that is theirs or narrower.

Decides what is looked for afterwards: ids and the beginnings of texts, a few of each kind. What is wider stays, and
cannot rest on what goes: memory refuses a claim of a wider scope that rests on narrower evidence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from stemma.memory.erasure.model import Compaction, Counts, Plan, Subject, Traces
from stemma.memory.erasure.remains import pattern_of
from stemma.memory.erasure.sqlite_compaction import compact_file, files_of
from stemma.memory.exchange.fields import Row
from stemma.memory.exchange.lines import record_line
from stemma.memory.exchange.ports import SENTENCES, VECTOR, VECTORS
from stemma.memory.ports import MemoryGraph
from stemma.memory.scope import Scope

_NO_VECTORS: Row = dict.fromkeys((VECTOR, SENTENCES, VECTORS))
SAMPLE = 25
"""Records of each kind whose texts are looked for."""
_TEXTS = ("text", "title", "question", "uri", "quote", "name", "reason")


class MemoryEraser:
    """`Eraser` of one memory; `compaction` and `files` are those of where it is kept."""

    name = "memory"
    follows = False

    def __init__(
        self, graph: MemoryGraph, compaction: Callable[[], Awaitable[Compaction]], files: Callable[[], Sequence[Path]]
    ) -> None:
        self._graph, self._compaction, self._files = graph, compaction, files

    async def plan(self, subject: Subject, _traces: Traces, /) -> Plan:
        ids: set[str] = set()
        texts: set[str] = set()
        taken: dict[str, int] = {}
        async for page in self._graph.records(subject.scope):
            for row in page.rows[: SAMPLE - taken.get(page.kind.name, 0)]:
                taken[page.kind.name] = taken.get(page.kind.name, 0) + 1
                ids |= {row["id"]} if isinstance(row.get("id"), str) else set()
                texts |= _texts(row)
        counts = await self._graph.record_counts(subject.scope)
        return Plan(counts, Traces(frozenset(ids), frozenset(texts)))

    async def erase(self, subject: Subject, _traces: Traces, /) -> Counts:
        counts = await self._graph.record_counts(subject.scope)
        if counts:
            await self._graph.erase(subject.scope)
        return counts

    async def others(self, subject: Subject, needles: Sequence[bytes], /) -> frozenset[bytes]:
        pattern, found = pattern_of(needles), set[bytes]()
        for tenant in await self._graph.tenants():
            async for page in self._graph.records(Scope(tenant)):
                for row in page.rows:
                    if tenant != subject.tenant or not subject.scope.owns(row["audience"]):
                        found.update(pattern.findall(record_line(page.kind, {**row, **_NO_VECTORS})))
        return frozenset(found)

    async def compact(self) -> Compaction:
        return await self._compaction()

    def files(self) -> Sequence[Path]:
        return self._files()


def sqlite_eraser(graph: MemoryGraph, path: Path) -> MemoryEraser:
    """For a memory in an SQLite file."""

    async def compaction() -> Compaction:
        return await asyncio.to_thread(compact_file, path)

    return MemoryEraser(graph, compaction, lambda: files_of(path))


def _texts(row: Row) -> set[str]:
    found = {row[name] for name in _TEXTS if isinstance(row.get(name), str)}
    metadata = row.get("metadata")
    return found | set(metadata.values()) if isinstance(metadata, dict) else found
