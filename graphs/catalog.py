"""The graphs that are served: name -> compiled graph, with its schemas and its drawing.

Decides an assistant's id (a name-based UUID, the same on every machine and after every restart) and how a graph is
bound to a saver. It loads no files and knows nothing of runs.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from langchain_core.runnables import RunnableConfig
from langgraph._internal._serde import build_serde_allowlist
from langgraph.graph.state import CompiledStateGraph, StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph_sdk.runtime import AccessContext
from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUserError
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.saver import RunSaver

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
"""Assistant ids are uuid5 of this and the graph's name."""

AnyGraph = Pregel[Any, Any, Any, Any]
ContextFactory = Callable[[Actor, Run], Any]


@dataclass(frozen=True, slots=True)
class Access:
    """Why a graph that is made anew for every use is asked for: what its maker may look at."""

    kind: AccessContext
    config: RunnableConfig
    context: Any = None
    """The run's context; None when nothing is run."""
    store: BaseStore | None = None


class GraphFactory(Protocol):
    """Makes the graph anew for every use, as a project's function does."""

    def open(self, access: Access) -> AbstractAsyncContextManager[AnyGraph]:
        """The compiled graph, for as long as the block lasts. Raises whatever the project's code raises."""
        ...


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One graph as it is served."""

    graph_id: str
    assistant_id: str
    graph: AnyGraph
    """Compiled; of a graph that is made for every use, one that was made without a run."""
    description: str
    created_at: datetime
    context: ContextFactory | None = None
    """Builds the run's LangGraph context from who asked and what was asked."""
    factory: GraphFactory | None = None
    """Makes the graph for each run and each look at a thread."""
    heals_from: frozenset[str] = frozenset()
    """Steps with which an answer may be given again (`healing/`): none of them comes after a recall, and no step of the
    graph has an effect outside that a second time would repeat. Empty: the graph is never run again by Stemma."""
    internal: bool = False
    """Stemma's own: clients can neither start nor list it. Its runs wait for other runs, and take no worker's room."""
    drawings: dict[bool | int, dict[str, Any]] = field(default_factory=dict, repr=False)

    def schemas(self) -> dict[str, Any]:
        """JSON Schemas of input, output, state, config and context; None where a type has no JSON form."""
        return _schemas(self.graph_id, self.graph)

    def subgraphs(self, namespace: str | None = None, *, recurse: bool = False) -> dict[str, dict[str, Any]]:
        """Schemas of the graph's subgraphs by namespace, with `recurse` of theirs too; or of one namespace."""
        found = self.graph.get_subgraphs(namespace=namespace, recurse=recurse)
        return {name: _schemas(self.graph_id, graph) for name, graph in found if isinstance(graph, Pregel)}

    def drawing(self, xray: bool | int = False) -> dict[str, Any]:
        """{"nodes": [...], "edges": [...]}; `xray` opens subgraphs, to a depth if it is a number above 0."""
        if xray not in self.drawings:
            self.drawings[xray] = self.graph.get_graph(xray=xray).to_json()
        return self.drawings[xray]

    def bind(self, saver: RunSaver, made: AnyGraph | None = None) -> AnyGraph:
        """The graph, or one that its factory made, with this saver, whatever saver it was compiled with. The saver then
        reads the types that the graph's own schemas name, and no others.
        """
        bound = copy.copy(made or self.graph)
        bound.checkpointer = saver.with_allowlist(_allowlist(bound))
        return bound


class Catalog:
    """What may be run, by graph id or assistant id."""

    def __init__(self) -> None:
        self._entries: dict[str, CatalogEntry] = {}

    def register(
        self,
        graph_id: str,
        graph: AnyGraph | StateGraph[Any, Any, Any, Any],
        *,
        context: ContextFactory | None = None,
        description: str = "",
        factory: GraphFactory | None = None,
        heals_from: Collection[str] = (),
        internal: bool = False,
    ) -> None:
        """Serve a graph under this name. A builder is compiled; a saver the graph was compiled with is not used.

        With a `factory`, `graph` only shows its schemas and its drawing. What `heals_from` and `internal` promise
        stands at `CatalogEntry`.
        """
        compiled: AnyGraph = graph.compile() if isinstance(graph, StateGraph) else graph
        self._entries[graph_id] = CatalogEntry(
            graph_id,
            str(uuid5(NAMESPACE, graph_id)),
            compiled,
            description,
            datetime.now(UTC),
            context,
            factory,
            frozenset(heals_from),
            internal,
        )

    def ids(self) -> list[str]:
        """The names of the graphs that clients may run, in the order they were registered."""
        return [graph_id for graph_id, entry in self._entries.items() if not entry.internal]

    def served(self, name: str) -> CatalogEntry:
        """One that clients may run, by graph id or assistant id. Raises `UnknownAssistant`."""
        found = self.entry(name)
        if found.internal:
            raise self._unknown(name)
        return found

    def entry(self, name: str) -> CatalogEntry:
        """Any one, by graph id or assistant id. Raises `UnknownAssistant`."""
        found = self._entries.get(name)
        if found is None:
            found = next((entry for entry in self._entries.values() if entry.assistant_id == name), None)
        if found is None:
            raise self._unknown(name)
        return found

    def internal(self, graph_id: str) -> bool:
        """Whether a graph of this name is here, and is Stemma's own."""
        found = self._entries.get(graph_id)
        return found is not None and found.internal

    def _unknown(self, name: str) -> UnknownAssistant:
        known = ", ".join(self.ids()) or "none"
        return UnknownAssistant(f"there is no assistant or graph {name}", hint=f"graphs served: {known}")


def _schemas(graph_id: str, graph: Any) -> dict[str, Any]:
    builder = getattr(graph, "builder", None)
    kinds = {name: getattr(builder, f"{name}_schema", None) for name in ("input", "output", "state")}
    return {
        "graph_id": graph_id,
        "input_schema": _schema(lambda: _type_schema(kinds["input"]) or graph.get_input_jsonschema()),
        "output_schema": _schema(lambda: _type_schema(kinds["output"]) or graph.get_output_jsonschema()),
        "state_schema": _schema(lambda: _type_schema(kinds["state"])),
        "config_schema": _schema(lambda: _type_schema(graph.context_schema)),
        "context_schema": _schema(lambda: _type_schema(graph.context_schema) or graph.get_context_jsonschema()),
    }


def _schema(make: Callable[[], Any]) -> dict[str, Any] | None:
    """None for a type that has no JSON form."""
    try:
        return make() or None
    except (PydanticUserError, TypeError, NameError):
        return None


def _type_schema(kind: Any) -> Any:
    if kind is None:
        return None
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_json_schema()
    return TypeAdapter(_typed_dict_that_pydantic_reads(kind)).json_schema()


def _typed_dict_that_pydantic_reads(kind: Any) -> Any:
    # Before Python 3.12 pydantic refuses typing.TypedDict, which is what most graphs are written with.
    if sys.version_info >= (3, 12) or not is_typeddict(kind):
        return kind
    return TypedDict(kind.__name__, get_type_hints(kind, include_extras=True), total=kind.__total__)  # type: ignore[operator]  # made at run time


def _allowlist(graph: AnyGraph) -> set[tuple[str, ...]]:
    """The types that the schemas of a graph and of its subgraphs name."""
    graphs = [graph, *(subgraph for _, subgraph in graph.get_subgraphs(recurse=True))]
    allowed: set[tuple[str, ...]] = set()
    for one in graphs:
        schemas: list[Any] = [getattr(one, "context_schema", None)]
        if isinstance(one, CompiledStateGraph):
            builder = one.builder
            schemas += [builder.state_schema, builder.input_schema, builder.output_schema]
            schemas += [node.input_schema for node in builder.nodes.values()]
        channels = getattr(one, "channels", {})
        allowed |= build_serde_allowlist(schemas=[s for s in schemas if s is not None], channels=channels)
    return allowed
