"""Opens the keys of the run store that the settings name, without graphs or memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stemma.graphs.keys.keys import Keys
from stemma.graphs.runs.open import open_store
from stemma.graphs.settings import GraphSettings


@asynccontextmanager
async def open_keys(settings: GraphSettings | None = None) -> AsyncIterator[Keys]:
    """Raises what `open_store` raises."""
    store = open_store((settings or GraphSettings()).database_url)
    try:
        yield Keys(store.keys, store.version)
    finally:
        await store.close()
