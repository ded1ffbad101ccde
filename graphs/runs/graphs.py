"""The catalog's graphs, each bound to this runtime's saver once (compiling a graph again would cost milliseconds a
run).
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from stemma.graphs.catalog import Access, AnyGraph, Catalog, CatalogEntry
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.saver import RunSaver
from stemma.graphs.store.stores import Stores


class BoundGraphs:
    """Graph id or assistant id -> the graph with a saver."""

    def __init__(self, catalog: Catalog, store: RunStore, stores: Stores | None = None) -> None:
        self.catalog, self._stores = catalog, stores
        self.saver = RunSaver(store)
        self._bound: dict[str, tuple[CatalogEntry, AnyGraph]] = {}

    def get(self, name: str) -> AnyGraph:
        """Raises `UnknownAssistant`."""
        entry = self.catalog.entry(name)
        known = self._bound.get(entry.graph_id)
        if known is None or known[0] is not entry:
            known = self._bound[entry.graph_id] = (entry, entry.bind(self.saver))
        return known[1]

    @asynccontextmanager
    async def opened(self, name: str, access: Access, run: Run | None = None) -> AsyncIterator[AnyGraph]:
        """The graph for one use: made for it and closed after it where a factory makes it, else as `get` gives it. For
        a run it has the store of whoever runs it, in place of one that it was compiled with.

        Raises `UnknownAssistant`, and whatever a factory raises.
        """
        entry = self.catalog.entry(name)
        if self._stores is not None and run is not None:
            access = replace(access, store=self._stores.of_run(run))
        if entry.factory is None:
            yield _with_store(self.get(name), access.store)
            return
        async with entry.factory.open(access) as made:
            yield _with_store(entry.bind(self.saver, made), access.store)

    def saver_of(self, name: str) -> BaseCheckpointSaver[int]:
        """The saver that reads this graph's own types. Raises `UnknownAssistant`."""
        saver = self.get(name).checkpointer
        return saver if isinstance(saver, BaseCheckpointSaver) else self.saver


def _with_store(graph: AnyGraph, store: BaseStore | None) -> AnyGraph:
    if store is None:
        return graph
    served = copy.copy(graph)
    served.store = store
    return served
