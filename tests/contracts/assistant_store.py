"""What every store keeps of assistants: plain checks, run over each adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery
from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.runs.ports import RunStore

TENANT = "tenant"
START = datetime(2026, 1, 1, tzinfo=UTC)


def an_assistant(name: str = "Ada", hours: int = 0, **fields: Any) -> Assistant:
    at = START + timedelta(hours=hours)
    return replace(Assistant(str(uuid4()), "graph", name, at, at), **fields)


async def names(store: RunStore, **query: Any) -> list[str]:
    asked = AssistantQuery(TENANT, **query)
    found = await store.assistants.search(asked)
    assert await store.assistants.count(asked) >= len(found)
    return [assistant.name for assistant in found]


async def check_an_assistant_is_its_tenants(store: RunStore) -> None:
    made = an_assistant(config={"tags": ["t"]}, context={"a": 1}, metadata={"team": "blue"}, description="Writes.")
    assert await store.assistants.create(TENANT, made)
    assert not await store.assistants.create(TENANT, replace(made, name="Other"))
    assert await store.assistants.get(TENANT, made.assistant_id) == made
    assert await store.assistants.get("other", made.assistant_id) is None
    assert not await store.assistants.delete("other", made.assistant_id)
    with pytest.raises(UnknownAssistant):
        await store.assistants.change("other", made.assistant_id, AssistantChange(name="Mine"), START, None)
    assert await store.assistants.count(AssistantQuery("other")) == 0
    assert await store.assistants.delete(TENANT, made.assistant_id)
    assert not await store.assistants.delete(TENANT, made.assistant_id)
    assert await store.assistants.get(TENANT, made.assistant_id) is None
    assert await store.assistants.versions(TENANT, made.assistant_id, {}, 10, 0) == []


async def check_a_change_is_the_next_version(store: RunStore) -> None:
    made = an_assistant(config={"tags": ["t"]}, metadata={"team": "blue", "kept": True})
    await store.assistants.create(TENANT, made)
    later = START + timedelta(days=1)
    change = AssistantChange(name="Bea", config={}, metadata={"team": "red"})
    second = await store.assistants.change(TENANT, made.assistant_id, change, later, None)
    wanted = replace(made, name="Bea", config={}, metadata={"team": "red", "kept": True}, version=2, updated_at=later)
    assert second == wanted == await store.assistants.get(TENANT, made.assistant_id)

    versions = await store.assistants.versions(TENANT, made.assistant_id, {}, 10, 0)
    assert [(one.version, one.name, one.created_at) for one in versions] == [(2, "Bea", later), (1, "Ada", START)]
    blue = await store.assistants.versions(TENANT, made.assistant_id, {"team": "blue"}, 10, 0)
    assert [one.version for one in blue] == [1]
    assert [one.version for one in await store.assistants.versions(TENANT, made.assistant_id, {}, 1, 1)] == [1]


async def check_an_earlier_version_can_be_used_again(store: RunStore) -> None:
    made = an_assistant()
    await store.assistants.create(TENANT, made)
    for number in range(2, 4):
        await store.assistants.change(TENANT, made.assistant_id, AssistantChange(name=f"v{number}"), START, None)
    later = START + timedelta(days=1)
    back = await store.assistants.use(TENANT, made.assistant_id, 1, later)
    assert (back.version, back.name, back.created_at, back.updated_at) == (1, "Ada", START, later)
    with pytest.raises(UnknownAssistant):
        await store.assistants.use(TENANT, made.assistant_id, 9, later)
    # What follows is counted from the last version, and made of the one in use.
    after = await store.assistants.change(TENANT, made.assistant_id, AssistantChange(metadata={"x": 1}), later, None)
    assert (after.version, after.name) == (4, "Ada")


async def check_a_default_becomes_the_first_version(store: RunStore) -> None:
    default = an_assistant("graph")
    changed = await store.assistants.change(TENANT, default.assistant_id, AssistantChange(name="Own"), START, default)
    assert changed.version == 2
    versions = await store.assistants.versions(TENANT, default.assistant_id, {}, 10, 0)
    assert [(one.version, one.name) for one in versions] == [(2, "Own"), (1, "graph")]
    again = await store.assistants.change(TENANT, default.assistant_id, AssistantChange(), START, default)
    assert (again.version, again.name) == (3, "Own")
    assert await names(store, defaults=[default, an_assistant("untouched", 1)]) == ["untouched", "Own"]


async def check_a_search_filters_sorts_and_pages(store: RunStore) -> None:
    for hours, name in enumerate(("Ada", "Bea", "Cleo", "Dora")):
        metadata = {"team": "blue" if hours % 2 else "red", "nested": {"deep": [hours]}, "on": True}
        graph_id = "other" if name == "Dora" else "graph"
        await store.assistants.create(TENANT, an_assistant(name, hours, graph_id=graph_id, metadata=metadata))
    assert await names(store) == ["Dora", "Cleo", "Bea", "Ada"]
    assert await names(store, limit=2, offset=1) == ["Cleo", "Bea"]
    assert await names(store, descending=False, sort_by="name", limit=2) == ["Ada", "Bea"]
    assert await names(store, metadata={"team": "blue"}) == ["Dora", "Bea"]
    assert await names(store, metadata={"nested": {"deep": [2]}, "on": True}) == ["Cleo"]
    assert await names(store, metadata={"on": 1}) == await names(store, metadata={"on": "true"}) == []
    assert await names(store, graph_id="other") == ["Dora"]
    assert await names(store, name="LE") == ["Cleo"]
    assert await names(store, name="%") == []


CHECKS = [
    check_an_assistant_is_its_tenants,
    check_a_change_is_the_next_version,
    check_an_earlier_version_can_be_used_again,
    check_a_default_becomes_the_first_version,
    check_a_search_filters_sorts_and_pages,
]
