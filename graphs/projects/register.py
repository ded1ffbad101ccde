"""Puts a project's graphs into a catalog, and its settings over this server's.

Decides that a project's own graphs are all that is served: the built-in answer graph is there if the project names it.
"""

from __future__ import annotations

from typing import Any

from langgraph.graph import START

from stemma.graphs.answer.register import DESCRIPTION, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.load import LoadedProject
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory


def register_project(catalog: Catalog, project: LoadedProject, memory: LongTermMemory, settings: GraphSettings) -> None:
    """Serve every graph of the project under its name. Raises `InvalidProject` when one could not be imported."""
    for graph_id, failure in project.failures.items():
        raise InvalidProject(f"graph {graph_id}: {failure}", hint=failure.hint) from failure
    for graph in project.graphs:
        name, text = graph.spec.graph_id, graph.spec.description
        if graph.graph is None:
            register_answer(catalog, memory, settings, graph_id=name, description=text or DESCRIPTION)
        else:
            heals_from = {START} if graph.spec.healable else ()
            catalog.register(name, graph.graph, description=text, factory=graph.factory, heals_from=heals_from)


def project_settings(settings: GraphSettings, project: LoadedProject) -> GraphSettings:
    """The settings with what the project says of threads and of the store; a GRAPHS_* variable that is set wins."""
    times, store = project.project.threads, project.project.store
    index, ttl = store.get("index") or {}, store.get("ttl") or {}
    said: dict[str, Any] = {
        "thread_minutes": times.default_minutes,
        "thread_strategy": times.strategy if times.default_minutes is not None else None,
        "sweep_minutes": times.sweep_minutes,
        "store_fields": index.get("fields"),
        "store_ttl_minutes": ttl.get("default_ttl"),
        "store_refresh_on_read": ttl.get("refresh_on_read"),
        "store_sweep_minutes": ttl.get("sweep_interval_minutes"),
    }
    fresh = {name: value for name, value in said.items() if value is not None and name not in settings.model_fields_set}
    return settings.model_copy(update=fresh)
