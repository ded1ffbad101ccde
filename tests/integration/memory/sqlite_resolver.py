"""A process that resolves contradictions until it is killed: python sqlite_resolver.py FILE TENANT.

It says so before each one, so that whoever kills it does so in the middle of one.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from stemma.memory.contradictions.contradictions import Contradictions
from stemma.memory.contradictions.model import Resolution
from stemma.memory.model import Scope
from stemma.memory.sqlite_graph import SqliteGraph


async def resolve(file: str, tenant: str) -> None:
    graph, scope = SqliteGraph(Path(file)), Scope(tenant)
    await graph.open()
    for conflict in (await graph.conflicts(scope, open_only=True, limit=1_000)).conflicts:
        print(conflict.id, flush=True)
        await Contradictions(graph).resolve(scope, conflict.id, Resolution.KEEP_OLDER, actor="process")


if __name__ == "__main__":
    asyncio.run(resolve(sys.argv[1], sys.argv[2]))
