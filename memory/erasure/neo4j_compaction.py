"""Leaving nothing of deleted records in the files of a Neo4j that runs here.

Neo4j keeps deleted records in its store files, indexes and transaction logs until they are overwritten. So what is left
is written into new data, which take the old ones' place:

    1. the server is started on another port, so that nobody else writes; every tenant is exported beside the data
    2. a new server over an empty folder takes the exports in, and its own exports must be the same records
    3. a marker says so; the new data take the old ones' place, and the old ones are removed

Decides that until the marker stands the old data are whole and count, and from then on the new ones (`neo4j_swap.py`).
It needs room for the data twice, and keeps no reindexing that is under way.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stemma.memory.erasure.eraser import MemoryEraser
from stemma.memory.erasure.model import Compaction
from stemma.memory.erasure.remains import files_below
from stemma.memory.errors import EmbedderUnavailable, MemoryCorrupt
from stemma.memory.exchange.exchange import export_lines, import_lines
from stemma.memory.neo4j_folder import LOGIN_FILE, password_in, running_server
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.neo4j_jars import release_named
from stemma.memory.neo4j_local import RELEASE_FILE, LocalNeo4j
from stemma.memory.neo4j_swap import WORK, begin_swap, finish_swap, new_folder
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from stemma.memory.scope import Scope
from stemma.memory.settings import MemorySettings


def neo4j_eraser(graph: MemoryGraph, settings: MemorySettings) -> MemoryEraser:
    """For the memory of the server that runs over the settings' folder."""
    folder, jars = settings.neo4j_folder.resolve(), settings.model_folder / "neo4j"
    return MemoryEraser(graph, lambda: compact_server(folder, jars), lambda: files_below(folder))


async def compact_server(folder: Path, jars: Path) -> Compaction:
    """Rebuild the data of the server that runs over the folder; it runs again at the same address afterwards.

    Raises `MemoryCorrupt` when the new data are not the same as the old ones, and what starting a server raises; the
    old data are in place then.
    """
    running = running_server(folder)
    port = running.port if running else 0
    release = release_named((folder / RELEASE_FILE).read_text("utf-8").strip())
    await asyncio.to_thread(_clear, folder, jars)
    try:
        async with _opened(LocalNeo4j(folder, jars=jars, release=release, brief=True)) as old:
            exports = await _exported(old, folder / WORK)
        async with _opened(LocalNeo4j(new_folder(folder), jars=jars, release=release, brief=True)) as new:
            await _imported(new, exports)
        begin_swap(folder)
    finally:
        server = LocalNeo4j(folder, jars=jars, port=port, release=release)
        await asyncio.to_thread(server.stop)  # one that was being started when this was cancelled
        await asyncio.to_thread(finish_swap, folder)
        if running:
            await asyncio.to_thread(server.start)
    return Compaction(done=True)


@dataclass(frozen=True, slots=True)
class _Export:
    """One tenant's memory in a file."""

    tenant: str
    file: Path
    digest: int
    revision: tuple[int, int]


class _NoEmbedder:
    """An empty database takes the vectors as they come: nothing is embedded."""

    identity = EmbedderIdentity("", 0)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        raise EmbedderUnavailable(f"{len(texts)} texts have no vectors")


def _clear(folder: Path, jars: Path) -> None:
    """Stop the server, and remove what an earlier attempt has left."""
    finish_swap(folder)
    LocalNeo4j(folder, jars=jars).stop()
    LocalNeo4j(new_folder(folder), jars=jars).stop()
    if (folder / WORK).exists():
        shutil.rmtree(folder / WORK)
    new_folder(folder).mkdir(parents=True)
    os.chmod(folder / WORK, 0o700)
    shutil.copy2(folder / LOGIN_FILE, new_folder(folder) / LOGIN_FILE)


@asynccontextmanager
async def _opened(server: LocalNeo4j) -> AsyncIterator[Neo4jGraph]:
    """A memory on a server that nobody else knows of, until it stops."""
    started = await asyncio.to_thread(server.start)
    try:
        graph = Neo4jGraph(started.url, password=password_in(server.folder))
        await graph.open()
        try:
            yield graph
        finally:
            await graph.close()
    finally:
        await asyncio.to_thread(server.stop)


async def _exported(graph: Neo4jGraph, work: Path) -> list[_Export]:
    exports = []
    for number, tenant in enumerate(await graph.tenants()):
        file = work / f"{number}.jsonl"
        with await asyncio.to_thread(file.open, "wb") as kept:
            async for line in export_lines(graph, Scope(tenant)):
                kept.write(line)
        revision = await graph.revision(Scope(tenant))
        exports.append(_Export(tenant, file, await _digest(graph, tenant), (revision.number, revision.erasures)))
    return exports


async def _imported(graph: Neo4jGraph, exports: Sequence[_Export]) -> None:
    for export in exports:
        with await asyncio.to_thread(export.file.open, "rb") as kept:
            await import_lines(graph, _lines(kept), _NoEmbedder())
        if await _digest(graph, export.tenant) != export.digest:
            raise MemoryCorrupt(
                f"tenant {export.tenant} did not come out the same, so the old data stay in place",
                hint="stemma neo4j start, then type the same command again",
            )
        await graph.carry_revision(export.tenant, *export.revision)


async def _digest(graph: Neo4jGraph, tenant: str) -> int:
    """The same for the same records, in whatever order they come."""
    total = 0
    async for line in export_lines(graph, Scope(tenant)):
        if not line.startswith((b'{"record":"header"', b'{"record":"end"')):
            total += int.from_bytes(hashlib.sha256(line).digest())
    return total


async def _lines(file: IO[bytes]) -> AsyncIterator[bytes]:
    for line in file:
        yield line
