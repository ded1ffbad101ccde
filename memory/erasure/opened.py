"""The memory that the settings name, with what erasing asks of it.

Decides by the URL where the memory's files are and how they are compacted: an SQLite file, the folder of a Neo4j that
runs here, or a server of somebody else's, where a person has to see to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from stemma.memory.erasure.eraser import MemoryEraser, sqlite_eraser
from stemma.memory.erasure.model import Compaction
from stemma.memory.neo4j_folder import DEFAULT_PORT, HOST, running_server
from stemma.memory.open import graph_at
from stemma.memory.settings import MemorySettings


@asynccontextmanager
async def memory_eraser(settings: MemorySettings) -> AsyncIterator[MemoryEraser]:
    """Raises what opening a memory raises."""
    graph = graph_at(settings.url, settings)
    await graph.open()
    try:
        if settings.url.startswith("sqlite:///"):
            yield sqlite_eraser(graph, Path(unquote(settings.url.removeprefix("sqlite:///"))))
        elif serves(settings):
            from stemma.memory.erasure.neo4j_compaction import neo4j_eraser

            yield neo4j_eraser(graph, settings)
        else:
            yield MemoryEraser(graph, lambda: remote(settings), list)
    finally:
        await graph.close()


def serves(settings: MemorySettings) -> bool:
    """Whether the URL is that of the server which runs over the local folder."""
    parts = urlsplit(settings.url)
    server = running_server(settings.neo4j_folder) if parts.hostname == HOST else None
    return server is not None and server.port == (parts.port or DEFAULT_PORT)


async def remote(settings: MemorySettings) -> Compaction:
    """What a person has to do about a server that is not ours; nothing for one that keeps nothing."""
    if settings.url.startswith("memory"):
        return Compaction(done=True)
    return Compaction(
        False,
        f"{settings.url} keeps deleted records in its store files and transaction logs until they are overwritten: "
        "stemma memory export of every tenant, import into a new database, and remove the old one with its logs, dumps "
        "and backups",
    )
