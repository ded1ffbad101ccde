"""A process that writes to a memory file beside others: python sqlite_writer.py FILE TENANT NAME COUNT."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from stemma.memory.model import Scope
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.memory_bundles import IDENTITY, answer_bundle, make_claim, source_bundle, stored


async def write(file: str, tenant: str, name: str, count: int) -> int:
    """Sources of its own, and one version race with everybody; how many races it won."""
    graph = SqliteGraph(Path(file), busy_milliseconds=60_000)
    await graph.open()
    await graph.claim_embedder(IDENTITY)
    scope, won = Scope(tenant), 0
    for n in range(count):
        bundle = source_bundle(scope, f"u:{name}:{n}", [f"text of {name} number {n}"], entities=["Shared"])
        assert await stored(graph, bundle)
        claim = make_claim(scope, f"Claim of {name} number {n}.")
        assert await graph.put_answer(answer_bundle(scope, f"{name}-{n}", [claim], [bundle.passages[0].id]))
        won += await stored(graph, source_bundle(scope, f"u:race:{n}", [f"raced by {name}"]))
    await graph.close()
    return won


if __name__ == "__main__":
    print(asyncio.run(write(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
