"""Opens what the server serves: memory, catalog, runtime; and closes it in the opposite order.

Memory's store is opened at once, so that a wrong MEMORY_URL ends the start and not the first answer. Its embedder loads
with the first recall.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from stemma.graphs.catalog import Catalog
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings


@asynccontextmanager
async def open_runtime_with(graphs: Mapping[str, Any], *, answer: bool) -> AsyncIterator[Runtime]:
    """A running runtime over the given graphs, and with `answer` over the built-in one and its memory."""
    settings = GraphSettings()
    catalog = Catalog()
    async with AsyncExitStack() as stack:
        if answer:
            from stemma.graphs.answer.register import register_answer
            from stemma.memory.open import open_memory

            memory = await stack.enter_async_context(await open_memory())
            register_answer(catalog, memory, settings)
        for graph_id, graph in graphs.items():
            catalog.register(graph_id, graph)
        yield await stack.enter_async_context(await open_runtime(catalog, settings))
