"""The stores of this installation with their erasers, from the settings.

Decides where each store's files are, and the order of erasing: runs, memory, evaluations.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from stemma.api.erasure.erasing import Erasing
from stemma.api.erasure.journal import Journal
from stemma.evals.erasure import EvalEraser
from stemma.evals.settings import EvalSettings
from stemma.graphs.erasure.eraser import RunEraser, path_of
from stemma.graphs.runs.open import open_store
from stemma.graphs.settings import GraphSettings
from stemma.memory.erasure.copies import known_copies
from stemma.memory.erasure.opened import memory_eraser
from stemma.memory.settings import MemorySettings

JOURNAL = "erasures.jsonl"


@asynccontextmanager
async def open_erasing(on_step: Callable[[str], None] = lambda _step: None) -> AsyncIterator[Erasing]:
    """Raises what opening the stores raises."""
    memory, graphs, evals = MemorySettings(), GraphSettings(), EvalSettings()
    async with AsyncExitStack() as closing:
        store = open_store(graphs.database_url)
        closing.push_async_callback(store.close)
        path = path_of(graphs.database_url)
        eraser = await closing.enter_async_context(memory_eraser(memory))
        yield Erasing(
            [RunEraser(store, path), eraser, EvalEraser(evals.folder)],
            Journal(path.parent / JOURNAL),
            known_copies(memory.copies),
            path.parent,
            on_step,
        )
