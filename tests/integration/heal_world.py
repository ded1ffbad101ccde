"""Fifty threads that believed a forged list, and a process that heals them until it is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import NeverHealed
from stemma.graphs.healing.healing import Healing
from stemma.graphs.local import Local
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.model import Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

HOME = Scope(LOCAL.tenant)
THREADS = 50
DEPOTS = [
    f"{first}{last}" for first in ("Bal", "Cor", "Dun", "Fen", "Gar") for last in ("ath", "brook", "ley", "mere", "ton")
]
NAMES = [f"{depot} {side}" for depot in DEPOTS for side in ("North", "South")]
"""Fifty depots."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Local]:
    """The stores of a folder, with a worker."""
    settings = GraphSettings(model="extractive:", database_url=f"sqlite:///{folder}/runs.db")
    url = f"sqlite:///{folder}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as memory:
        catalog = Catalog()
        register_answer(catalog, memory, settings)
        async with await open_runtime(catalog, settings, memory=memory) as runtime:
            yield Local(memory, runtime)


async def believed(local: Local) -> str:
    """Fifty questions, each answered on a thread of its own from the forged list, which is then withdrawn."""
    true = [_code(name, 3000 + n) for n, name in enumerate(NAMES)]
    forged = "\n\n".join(_code(name, 7000 + n).text for n, name in enumerate(NAMES))
    await local.memory.ingest(HOME, true)
    report = await local.memory.ingest(HOME, [Document("t:list", "List of gate codes", forged)])
    await asyncio.gather(*(_ask(local, name) for name in NAMES))
    effect = await local.memory.retract(HOME, report.source_ids[0], reason="it is forged", actor="ann")
    assert effect.retraction is not None
    return effect.retraction.id


def _code(name: str, code: int) -> Document:
    return Document(f"t:{name}", f"Depot {name}", f"The gate code of {name} is {code}.", whole=True)


async def _ask(local: Local, name: str) -> None:
    run = await local.runtime.submit(
        LOCAL, None, RunRequest(GRAPH_ID, input={"question": f"What is the gate code of {name}?"}, on_completion="keep")
    )
    await local.runtime.join(LOCAL, run.thread_id, run.run_id)


def heal(folder: str, retraction: str, told: Connection) -> None:
    """Begin to heal, or go on with what another process began, and tell of each answer that is done."""
    asyncio.run(_heal(Path(folder), retraction, told))


async def _heal(folder: Path, retraction: str, told: Connection) -> None:
    async with opened(folder) as local:
        healing = Healing(local.runtime, local.memory)
        try:
            begun = await healing.progress(LOCAL, retraction)
        except NeverHealed:
            begun = await healing.start(LOCAL, retraction)
        assert begun.run is not None
        frames = local.runtime.stream(LOCAL, begun.thread_id, begun.run.run_id, modes=("custom",))
        async for frame in frames:
            if frame.event == "custom":
                told.send(frame.id)
        told.send("end")
