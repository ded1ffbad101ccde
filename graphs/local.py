"""Memory, the built-in graphs and durable runs, opened together in this process from their settings.

Decides the order in which they open and close. What serves them over HTTP, or prints them, stands elsewhere. Memory's
store is opened at once, so that a wrong MEMORY_URL ends the start and not the first answer; its embedder loads with the
first recall.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stemma.graphs.answer.register import register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.models.comparing import ModelJudge
from stemma.graphs.models.decomposition import ModelDecomposer
from stemma.graphs.models.open import open_model
from stemma.graphs.models.reranking import ModelReranker
from stemma.graphs.projects.load import LoadedProject
from stemma.graphs.projects.register import project_settings, register_project
from stemma.graphs.projects.webhooks import webhook_settings
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory
from stemma.memory.open import open_memory

NO_GRAPHS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Local:
    """What a command, or the server, works with."""

    memory: LongTermMemory
    runtime: Runtime


@asynccontextmanager
async def open_local(
    *,
    worker: bool = True,
    settings: GraphSettings | None = None,
    graphs: Mapping[str, Any] = NO_GRAPHS,
    answer: bool = True,
    project: LoadedProject | None = None,
) -> AsyncIterator[Local]:
    """Open the configured stores; with `worker`, this process also executes runs.

    `graphs` are compiled graphs or builders by name, beside the built-in `answer` graph, which `answer` may leave out,
    and which with a `project` is there only if the project names it.
    Raises: MemoryFailure, StoreUnavailable, ModelUnavailable, InvalidSetting, InvalidProject.
    """
    settings = settings or GraphSettings()
    if project is not None:
        answer = False
        settings = project_settings(settings, project)
    async with await _open_memory(settings, answer=answer or _answers(project)) as memory:
        catalog = Catalog()
        if answer:
            register_answer(catalog, memory, settings)
        if project is not None:
            register_project(catalog, project, memory, settings)
        for graph_id, graph in graphs.items():
            catalog.register(graph_id, graph)
        webhooks = webhook_settings(project.project) if project is not None else None
        async with await open_runtime(catalog, settings, worker=worker, memory=memory, webhooks=webhooks) as runtime:
            yield Local(memory, runtime)


def _answers(project: LoadedProject | None) -> bool:
    """Whether the project names the built-in answer graph."""
    return project is not None and any(graph.graph is None for graph in project.graphs)


async def _open_memory(settings: GraphSettings, *, answer: bool) -> LongTermMemory:
    """The configured memory; where a language model answers, it also reranks hits, takes questions apart and
    compares claims, unless the settings leave that to the rules."""
    model = open_model(settings) if answer else None
    if model is None or model.extractive:
        return await open_memory()
    return await open_memory(
        reranker=ModelReranker(model) if settings.rerank else None,
        decomposer=ModelDecomposer(model) if settings.decompose else None,
        judge=ModelJudge(model) if settings.compare else None,
    )
