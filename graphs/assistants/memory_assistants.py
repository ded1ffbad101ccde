"""`AssistantStore` in dictionaries: the fake beside sqlite_assistants.py, held by the same contract suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery
from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.runs.rows import to_json


class MemoryAssistants:
    """See `AssistantStore`."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], list[Assistant]] = {}
        self._used: dict[tuple[str, str], Assistant] = {}

    async def create(self, tenant: str, assistant: Assistant) -> bool:
        key = (tenant, assistant.assistant_id)
        if key in self._used:
            return False
        self._versions[key], self._used[key] = [assistant], assistant
        return True

    async def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        return self._used.get((tenant, assistant_id))

    async def change(
        self, tenant: str, assistant_id: str, change: AssistantChange, now: datetime, default: Assistant | None
    ) -> Assistant:
        key = (tenant, assistant_id)
        if key not in self._used and default is not None:
            await self.create(tenant, default)
        if key not in self._used:
            raise UnknownAssistant()
        after = change.of(self._used[key], len(self._versions[key]) + 1, now)
        self._versions[key].append(after)
        self._used[key] = after
        return after

    async def use(self, tenant: str, assistant_id: str, version: int, now: datetime) -> Assistant:
        key = (tenant, assistant_id)
        found = [one for one in self._versions.get(key, ()) if one.version == version]
        if not found:
            raise UnknownAssistant()
        self._used[key] = replace(found[0], created_at=self._used[key].created_at, updated_at=now)
        return self._used[key]

    async def versions(
        self, tenant: str, assistant_id: str, metadata: Mapping[str, Any], limit: int, offset: int
    ) -> list[Assistant]:
        known = reversed(self._versions.get((tenant, assistant_id), []))
        found = [replace(one, created_at=one.updated_at) for one in known if _contains(one.metadata, metadata)]
        return found[offset : offset + limit]

    async def delete(self, tenant: str, assistant_id: str) -> bool:
        self._versions.pop((tenant, assistant_id), None)
        return self._used.pop((tenant, assistant_id), None) is not None

    async def search(self, query: AssistantQuery) -> list[Assistant]:
        found = sorted(self._matching(query), key=lambda one: one.assistant_id)
        found.sort(key=lambda one: str(getattr(one, query.sort_by)), reverse=query.descending)
        return found[query.offset : query.offset + query.limit]

    async def count(self, query: AssistantQuery) -> int:
        return len(self._matching(query))

    def _matching(self, query: AssistantQuery) -> list[Assistant]:
        own = {assistant_id: one for (tenant, assistant_id), one in self._used.items() if tenant == query.tenant}
        known = {one.assistant_id: one for one in query.defaults} | own
        return [
            one
            for one in known.values()
            if (not query.graph_id or one.graph_id == query.graph_id)
            and (not query.name or query.name.lower() in one.name.lower())
            and _contains(one.metadata, query.metadata)
        ]


def _contains(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    # As JSON, where true is not 1.
    return all(key in metadata and to_json(metadata[key]) == to_json(value) for key, value in wanted.items())
