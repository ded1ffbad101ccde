"""Memory, the built-in graphs and durable runs, opened together in this process from their settings.

Decides the order in which they open and close. What serves them over HTTP, or prints them, stands elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stemma.graphs.answer.register import register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory
from stemma.memory.open import open_memory


@dataclass(frozen=True, slots=True)
class Local:
    """What a command works with."""

    memory: LongTermMemory
    runtime: Runtime


@asynccontextmanager
async def open_local(*, worker: bool = True, settings: GraphSettings | None = None) -> AsyncIterator[Local]:
    """Open the configured stores; with `worker`, this process also executes runs.

    Raises: MemoryFailure, StoreUnavailable, ModelUnavailable, InvalidSetting.
    """
    settings = settings or GraphSettings()
    async with await open_memory() as memory:
        catalog = Catalog()
        register_answer(catalog, memory, settings)
        async with await open_runtime(catalog, settings, worker=worker) as runtime:
            yield Local(memory, runtime)
