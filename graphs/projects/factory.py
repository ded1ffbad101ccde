"""What a project's graph may be, and how each kind becomes a compiled graph.

Decides what a function that makes graphs is given: by its annotations, the run's config or the SDK's `ServerRuntime`,
as the Agent Server does. Such a function is called for every run and for every look at a thread, and closed afterwards.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, is_dataclass
from typing import Any, get_args, get_type_hints

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.memory import InMemoryStore
from langgraph_sdk.runtime import _ExecutionRuntime, _ReadRuntime
from pydantic import BaseModel

from stemma.graphs.catalog import Access, AnyGraph
from stemma.graphs.errors import CannotImport

Maker = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class GraphFactory:
    """A function of the project's that makes a graph; see `stemma.graphs.catalog.GraphFactory`."""

    graph_id: str
    make: Maker
    wants: Mapping[str, str]
    """Parameter -> `config` or `runtime`."""
    context: type[Any] | None = None
    """What a `ServerRuntime[…]` says the run's context is."""

    @asynccontextmanager
    async def open(self, access: Access) -> AsyncIterator[AnyGraph]:
        """The graph for one use; what the function holds open is closed at the end. Raises what it raises."""
        given = {
            name: access.config if kind == "config" else self._runtime(access) for name, kind in self.wants.items()
        }
        async with AsyncExitStack() as stack:
            made = self.make(**given)
            if isinstance(made, AbstractAsyncContextManager) and not is_graph(made):
                made = await stack.enter_async_context(made)
            elif isinstance(made, AbstractContextManager) and not is_graph(made):
                made = stack.enter_context(made)
            elif inspect.isawaitable(made):
                made = await made
            yield compiled(self.graph_id, made)

    def _runtime(self, access: Access) -> Any:
        user = access.config.get("configurable", {}).get("langgraph_auth_user")
        store = access.store if access.store is not None else InMemoryStore()
        if access.kind != "threads.create_run":
            return _ReadRuntime(access_context=access.kind, user=user, store=store)
        context = access.context
        built = self.context is not None and (is_dataclass(self.context) or issubclass(self.context, BaseModel))
        if self.context is not None and built:
            context = self.context(**(context or {}))
        return _ExecutionRuntime(access_context=access.kind, user=user, store=store, context=context)


def is_graph(found: Any) -> bool:
    """Whether it can be served as it is: compiled, or a builder."""
    return isinstance(found, Pregel | StateGraph)


def compiled(graph_id: str, found: Any) -> AnyGraph:
    """A compiled graph; a builder is compiled. Raises `CannotImport` for anything else."""
    if isinstance(found, StateGraph):
        return found.compile(name=graph_id)
    if isinstance(found, Pregel):
        return found
    kind = type(found).__name__
    raise CannotImport(f"graph {graph_id} is a {kind}, not a graph", hint="a compiled graph, a builder, or a function")


STAND_IN = "stand-in: "
"""How the name of a graph begins that only says why there is none."""


def stand_in(graph_id: str, why: str) -> AnyGraph:
    """A graph of one step, shown where only a run's config can tell which steps there are."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(dict)
    builder.add_node(graph_id, lambda state: state)
    builder.add_edge(START, graph_id)
    return builder.compile(name=f"{STAND_IN}{why}")


def factory_of(graph_id: str, found: Any) -> GraphFactory | None:
    """How to call a function that makes graphs, None for what is none. Raises `CannotImport` for parameters that
    nobody can give.
    """
    if not callable(found) or is_graph(found):
        return None
    make: Maker = found
    if inspect.isasyncgenfunction(found):
        make = asynccontextmanager(found)
    elif inspect.isgeneratorfunction(found):
        make = contextmanager(found)
    hints = _hints(found)
    contexts = [get_args(hint)[0] for hint in hints.values() if _kind("", hint) == "runtime" and get_args(hint)]
    context = next((one for one in contexts if isinstance(one, type) and one is not type(None)), None)
    return GraphFactory(graph_id, make, _wants(graph_id, found, hints), context)


def _wants(graph_id: str, function: Maker, hints: Mapping[str, Any]) -> dict[str, str]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    wants: dict[str, str] = {}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        kind = _kind(name, hints.get(name, parameter.annotation))
        if kind is None and parameter.default is parameter.empty:
            kind = "config" if not wants and len(parameters) == 1 else None
            if kind is None:
                raise CannotImport(
                    f"graph {graph_id}: nobody gives its function {name}",
                    hint=f"annotate {name} as RunnableConfig or ServerRuntime, or give it a default",
                )
        if kind is not None:
            wants[name] = kind
    return wants


def _hints(function: Maker) -> Mapping[str, Any]:
    try:
        return get_type_hints(inspect.unwrap(function))
    except (NameError, TypeError, AttributeError):  # names that only a type checker imports: their text will do
        return {}


def _kind(name: str, annotation: Any) -> str | None:
    text = annotation if isinstance(annotation, str) else f"{annotation!r} {getattr(annotation, '__name__', '')}"
    if "ServerRuntime" in text or "_ExecutionRuntime" in text or "_ReadRuntime" in text:
        return "runtime"
    if annotation is RunnableConfig or "RunnableConfig" in text:
        return "config"
    return {"config": "config", "runtime": "runtime"}.get(name)
