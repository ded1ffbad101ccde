"""The catalog's graphs, each bound to this runtime's saver once (compiling a graph again would cost milliseconds a
run).
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from stemma.graphs.catalog import Access, AnyGraph, Catalog, CatalogEntry
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.saver import RunSaver
from stemma.graphs.store.stores import Stores

REMEMBERED = 256
"""Threads whose graphs were made for them and are kept, to read their states with."""


class BoundGraphs:
    """Graph id or assistant id -> the graph with a saver."""

    def __init__(self, catalog: Catalog, store: RunStore, stores: Stores | None = None) -> None:
        self.catalog, self._stores = catalog, stores
        self.saver = RunSaver(store)
        self._bound: dict[str, tuple[CatalogEntry, AnyGraph]] = {}
        self._made: OrderedDict[str, tuple[CatalogEntry, AnyGraph]] = OrderedDict()

    def get(self, name: str) -> AnyGraph:
        """Raises `UnknownAssistant`."""
        entry = self.catalog.entry(name)
        known = self._bound.get(entry.graph_id)
        if known is None or known[0] is not entry:
            known = self._bound[entry.graph_id] = (entry, entry.bind(self.saver))
        return known[1]

    def of_thread(self, thread_id: str, name: str) -> AnyGraph:
        """The graph to read or edit a thread's state with: as it was made for the thread's last run here, because a
        run's config may decide which steps there are; else as `get` gives it. Raises `UnknownAssistant`.
        """
        entry, made = self.catalog.entry(name), self._made.get(thread_id)
        return made[1] if made is not None and made[0] is entry else self.get(name)

    def steps(self, name: str) -> Collection[str] | None:
        """The graph's steps, None when only a run's config can tell. Raises `UnknownAssistant`."""
        return None if self.catalog.entry(name).factory is not None else self.get(name).nodes

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
            bound = entry.bind(self.saver, made)
            if run is not None:
                # Of the graph, too: what is read without a thread at hand goes by the newest.
                self._bound[entry.graph_id] = self._made[run.thread_id] = (entry, bound)
                self._made.move_to_end(run.thread_id)
                while len(self._made) > REMEMBERED:
                    self._made.popitem(last=False)
            yield _with_store(bound, access.store)

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
