"""The catalog's graphs, each bound to this runtime's saver once (compiling a graph again would cost milliseconds a
run).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.checkpoint.base import BaseCheckpointSaver

from stemma.graphs.catalog import Access, AnyGraph, Catalog, CatalogEntry
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.saver import RunSaver


class BoundGraphs:
    """Graph id or assistant id -> the graph with a saver."""

    def __init__(self, catalog: Catalog, store: RunStore) -> None:
        self.catalog = catalog
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
    async def opened(self, name: str, access: Access) -> AsyncIterator[AnyGraph]:
        """The graph for one use: made for it and closed after it where a factory makes it, else as `get` gives it.

        Raises `UnknownAssistant`, and whatever a factory raises.
        """
        entry = self.catalog.entry(name)
        if entry.factory is None:
            yield self.get(name)
            return
        async with entry.factory.open(access) as made:
            yield entry.bind(self.saver, made)

    def saver_of(self, name: str) -> BaseCheckpointSaver[int]:
        """The saver that reads this graph's own types. Raises `UnknownAssistant`."""
        saver = self.get(name).checkpointer
        return saver if isinstance(saver, BaseCheckpointSaver) else self.saver
