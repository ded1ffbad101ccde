"""The mention graphs that a process keeps, one for each tenant, brought up to date before each recall.

Decides when a graph is asked for changes (when the tenant's revision moved), when it is thrown away (something was
erased, or another embedder took over), and how many are kept. What another process wrote, retracted or restored is seen
by the next recall, because the revision is read with each.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from stemma.memory.history.model import Sight
from stemma.memory.ingest.entities import entities
from stemma.memory.model import Node, Scope
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from stemma.memory.recall.mention_graph import MentionGraph
from stemma.memory.recall.ports import GraphItem, NamedMention, Revision
from stemma.memory.recall.visible_graph import VisibleGraph

_PAGE = 1_000
"""Items asked for at once."""
_MOST_ITEMS = 500_000
"""Items kept over all tenants; beyond, the graphs that were not used for longest go."""
_VIEWS = 8
"""Readers' views kept of one graph."""

T = TypeVar("T")
Key = tuple[str, bool]


class TenantGraph:
    """One tenant's graph with the views of its readers. Safe for several threads."""

    def __init__(self, identity: EmbedderIdentity | None, erasures: int, *, titles: bool) -> None:
        self.identity = identity
        self.erasures = erasures
        self.reached = 0
        """The revision up to which everything is in."""
        self.updating = asyncio.Lock()
        self._titles = titles
        self._graph = MentionGraph()
        self._views: OrderedDict[tuple[tuple[str, ...], Sight | None], VisibleGraph] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._graph.number_of)

    def apply(self, items: Sequence[GraphItem]) -> None:
        """Take in changed items, in the order of their revisions; again changes nothing."""
        shown = items if self._titles else [_untitled(item) for item in items]
        with self._lock:
            self._graph.take(shown)
            self.reached = max(self.reached, items[-1].revision)

    @property
    def settled(self) -> bool:
        """Whether what was taken in can be looked at."""
        return self._graph.settled

    def settle(self) -> None:
        """Make it so."""
        with self._lock:
            self._graph.settle()

    def look(self, audiences: tuple[str, ...], work: Callable[[VisibleGraph], T], sight: Sight | None = None) -> T:
        """Do something with a reader's view, today's or that of a look at the past, while nothing else changes it."""
        with self._lock:
            view = self._views.pop((audiences, sight), None)
            if view is None or view.version != self._graph.version:
                view = VisibleGraph(self._graph, audiences, sight)
            self._views[audiences, sight] = view
            while len(self._views) > _VIEWS:
                self._views.popitem(last=False)
            return work(view)


class MentionGraphs:
    """The graphs over one store. For one event loop."""

    def __init__(self, store: MemoryGraph) -> None:
        self._store = store
        self._graphs: OrderedDict[Key, TenantGraph] = OrderedDict()

    async def current(self, scope: Scope, *, titles: bool = True) -> TenantGraph:
        """The tenant's graph with everything that was stored before this call. Raises what the store raises."""
        revision, identity = await asyncio.gather(self._store.revision(scope), self._store.embedder())
        graph = self._kept((scope.tenant, titles), revision, identity)
        if graph.reached < revision.number or not graph.settled:
            async with graph.updating:
                await self._update(scope, graph, revision)
        return graph

    def _kept(self, key: Key, revision: Revision, identity: EmbedderIdentity | None) -> TenantGraph:
        graph = self._graphs.pop(key, None)
        if graph is None or graph.erasures < revision.erasures or graph.identity != identity:
            graph = TenantGraph(identity, revision.erasures, titles=key[1])
        self._graphs[key] = graph
        while len(self._graphs) > 1 and sum(map(len, self._graphs.values())) > _MOST_ITEMS:
            self._graphs.popitem(last=False)
        return graph

    async def _update(self, scope: Scope, graph: TenantGraph, revision: Revision) -> None:
        items = await self._changed(scope, graph.reached, revision)
        while items:
            # A store that is another process makes the next page ready while this one is taken in.
            following = asyncio.ensure_future(self._changed(scope, items[-1].revision, revision))
            try:
                await asyncio.to_thread(graph.apply, items)
                items = await following
            finally:
                following.cancel()
        graph.reached = max(graph.reached, revision.number)  # also when the last that was written is not searched
        if not graph.settled:
            await asyncio.to_thread(graph.settle)

    async def _changed(self, scope: Scope, reached: int, revision: Revision) -> list[GraphItem]:
        return await self._store.changed_items(scope, reached, _PAGE) if reached < revision.number else []


def _untitled(item: GraphItem) -> GraphItem:
    """The item as if it had no title: its mentions are those of the text alone."""
    if item.node is not Node.PASSAGE:
        return item
    found, places = entities(Scope("untitled"), item.id, "", item.text)
    names = {entity.id: entity.name for entity in found}
    mentions = [NamedMention(place.entity_id, names[place.entity_id], place.start, place.end) for place in places]
    return replace(item, title="", mentions=mentions)
