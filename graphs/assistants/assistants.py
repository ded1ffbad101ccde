"""Assistants as a client sees them: those a tenant made, and one for each graph that is served.

Decides what may be done to the default of a graph: it can be changed, which makes it the tenant's own, but not deleted;
and what a run inherits from its assistant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from stemma.graphs.assistants.guard import BY_DEFAULT, UNCHANGED, created, narrowed, permitted, seen, usable
from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery
from stemma.graphs.assistants.ports import AssistantStore
from stemma.graphs.catalog import Catalog, CatalogEntry
from stemma.graphs.errors import AssistantExists, Conflict, UnknownAssistant
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter, Permission, require
from stemma.graphs.runs.model import RunRequest

UNTITLED = "Untitled"
EVERYTHING = 1_000_000


class Assistants:
    """Creates, finds and changes assistants of the actor's tenant. Ids may be those of graphs, by name."""

    def __init__(self, store: AssistantStore, catalog: Catalog) -> None:
        self._store, self._catalog = store, catalog

    async def create(
        self,
        actor: Actor,
        graph_id: str,
        change: AssistantChange,
        *,
        assistant_id: str | None = None,
        if_exists: Literal["raise", "do_nothing"] = "raise",
    ) -> Assistant:
        """Raises `UnknownAssistant` for a graph that is not served, `AssistantExists`."""
        require(actor, Permission.ASSISTANTS_WRITE)
        now = datetime.now(UTC)
        made = Assistant(assistant_id or str(uuid4()), self._catalog.served(graph_id).graph_id, UNTITLED, now, now)
        change, allowed = await created(actor, made.assistant_id, made.graph_id, change, if_exists)
        made = change.of(made, 1, now)
        if self._default(made.assistant_id) is None and await self._store.create(actor.tenant, made):
            return made
        if if_exists == "raise":
            raise AssistantExists(
                f"an assistant with the id {made.assistant_id} exists", hint="use if_exists=do_nothing"
            )
        there = await self.find(actor, made.assistant_id)
        seen(there, allowed)
        return there

    async def get(self, actor: Actor, name: str) -> Assistant:
        """Raises `UnknownAssistant`."""
        require(actor, Permission.ASSISTANTS_READ)
        found = await self.find(actor, name)
        await permitted(actor, "read", found)
        return found

    async def usable(self, actor: Actor, name: str) -> Assistant:
        """One to run: the rules are asked about those that somebody made. Raises `UnknownAssistant`."""
        return await usable(actor, await self.find(actor, name))

    async def find(self, actor: Actor, name: str) -> Assistant:
        """By id, or the default of a graph by the graph's name; no permission is asked. Raises `UnknownAssistant`."""
        default = self._default(name)
        found = await self._store.get(actor.tenant, default.assistant_id if default else name)
        if found is None:
            return default or default_of(self._catalog.served(name))  # raises, and says which graphs there are
        return found

    async def entry(self, actor: Actor, name: str) -> CatalogEntry:
        """The graph of an assistant. Raises `UnknownAssistant`, also when the graph is no longer served."""
        return self._catalog.served((await self.get(actor, name)).graph_id)

    async def change(self, actor: Actor, name: str, change: AssistantChange) -> Assistant:
        """Make the next version and use it. Raises `UnknownAssistant`."""
        require(actor, Permission.ASSISTANTS_WRITE)
        if change.graph_id is not None:
            change = replace(change, graph_id=self._catalog.served(change.graph_id).graph_id)
        change = await self._ruled(actor, "update", name, change)
        default = self._default(name)
        assistant_id = default.assistant_id if default else name
        return await self._store.change(actor.tenant, assistant_id, change, datetime.now(UTC), default)

    async def use_version(self, actor: Actor, name: str, version: int) -> Assistant:
        """Use another version from now on. Raises `UnknownAssistant` when there is no such version."""
        require(actor, Permission.ASSISTANTS_WRITE)
        await self._ruled(actor, "update", name, version=version)
        default = self._default(name)
        if default is not None and version == 1 and await self._store.get(actor.tenant, default.assistant_id) is None:
            return default
        assistant_id = default.assistant_id if default else name
        return await self._store.use(actor.tenant, assistant_id, version, datetime.now(UTC))

    async def versions(
        self, actor: Actor, name: str, metadata: Mapping[str, Any], limit: int, offset: int
    ) -> list[Assistant]:
        """Newest first. Raises `UnknownAssistant`."""
        found = await self.get(actor, name)
        kept = await self._store.get(actor.tenant, found.assistant_id)
        if kept is not None:
            return await self._store.versions(actor.tenant, found.assistant_id, metadata, limit, offset)
        shown = all(found.metadata.get(key) == value for key, value in metadata.items())
        return [found][offset : offset + limit] if shown else []

    async def delete(self, actor: Actor, name: str) -> None:
        """Raises `UnknownAssistant`, and `Conflict` for what a graph brings."""
        require(actor, Permission.ASSISTANTS_WRITE)
        await self._ruled(actor, "delete", name)
        if self._default(name) is not None:
            raise Conflict(f"{name} comes with its graph", hint="delete only assistants that were created")
        if not await self._store.delete(actor.tenant, name):
            raise UnknownAssistant(f"there is no assistant {name}")

    async def search(self, actor: Actor, query: AssistantQuery) -> list[Assistant]:
        """A page of the assistants of the actor's tenant."""
        require(actor, Permission.ASSISTANTS_READ)
        asked, allowed = await narrowed(actor, replace(query, tenant=actor.tenant, defaults=self._defaults()))
        if not allowed:
            return await self._store.search(asked)
        found = await self._matching(asked, allowed)
        return found[asked.offset : asked.offset + asked.limit]

    async def count(self, actor: Actor, query: AssistantQuery) -> int:
        """How many there are, whatever the page."""
        require(actor, Permission.ASSISTANTS_READ)
        asked, allowed = await narrowed(actor, replace(query, tenant=actor.tenant, defaults=self._defaults()))
        return len(await self._matching(asked, allowed)) if allowed else await self._store.count(asked)

    async def _matching(self, query: AssistantQuery, allowed: Filter) -> list[Assistant]:
        found = await self._store.search(replace(query, limit=EVERYTHING, offset=0))
        return [assistant for assistant in found if matches(assistant.metadata, allowed)]

    async def _ruled(
        self, actor: Actor, action: str, name: str, change: AssistantChange = UNCHANGED, **asked: Any
    ) -> AssistantChange:
        if actor.rules is None:
            return change
        return await permitted(actor, action, await self.find(actor, name), change, **asked)

    def _default(self, name: str) -> Assistant | None:
        try:
            return default_of(self._catalog.served(name))
        except UnknownAssistant:
            return None

    def _defaults(self) -> list[Assistant]:
        return [default_of(self._catalog.served(graph_id)) for graph_id in self._catalog.ids()]


def default_of(entry: CatalogEntry) -> Assistant:
    """The assistant that a graph brings: its name, and no configuration."""
    return Assistant(
        assistant_id=entry.assistant_id,
        graph_id=entry.graph_id,
        name=entry.graph_id,
        created_at=entry.created_at,
        updated_at=entry.created_at,
        description=entry.description or None,
        metadata=BY_DEFAULT,
    )


def inherited(request: RunRequest, assistant: Assistant) -> RunRequest:
    """The request with the assistant's configuration below its own, as the version in use has it now."""
    if not assistant.config and not assistant.context:
        return request
    config: dict[str, Any] = {**assistant.config, **request.config}
    for part in ("configurable", "metadata"):
        both = {**(assistant.config.get(part) or {}), **(request.config.get(part) or {})}
        config |= {part: both} if both else {}
    tags = [*(assistant.config.get("tags") or ()), *(request.config.get("tags") or ())]
    config |= {"tags": list(dict.fromkeys(tags))} if tags else {}
    return replace(request, config=config, context={**assistant.context, **request.context})
