"""A process that withdraws a source and gives it back until it is killed: python sqlite_retractor.py FILE TENANT ITEM.

It says so before each decision, so that whoever kills it does so in the middle of one.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Scope
from stemma.memory.sqlite_graph import SqliteGraph


async def decide(file: str, tenant: str, item: str) -> None:
    graph, scope = SqliteGraph(Path(file)), Scope(tenant)
    await graph.open()
    for open_decision in await graph.retractions(scope, [item]):
        if open_decision.lifted_at is None:
            await graph.give_back(scope, open_decision.id, actor="process", at=datetime.now(UTC))
    for number in count():
        decision = Retraction(uuid4().hex, scope, item, "a test", "process", datetime.now(UTC))
        print(number, flush=True)
        await graph.take_back(scope, decision)
        print(number, flush=True)
        await graph.give_back(scope, decision.id, actor="process", at=datetime.now(UTC))


if __name__ == "__main__":
    asyncio.run(decide(sys.argv[1], sys.argv[2], sys.argv[3]))
