"""A checked project -> graphs that can be served.

Decides the order: variables first, then folders, then imports. One graph that cannot be imported does not hide what is
wrong with the next; who needs them all asks for `failures`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stemma.graphs.catalog import Access, AnyGraph
from stemma.graphs.errors import CannotImport
from stemma.graphs.projects.dependencies import Dependencies, put_on_path, resolve
from stemma.graphs.projects.factory import STAND_IN, GraphFactory, compiled, factory_of, is_graph, stand_in
from stemma.graphs.projects.imports import Guard, import_object
from stemma.graphs.projects.model import BUILT_IN, GraphSpec, Project
from stemma.graphs.projects.settings import set_variables, variables


@dataclass(frozen=True, slots=True)
class LoadedGraph:
    """One graph of a project, imported."""

    spec: GraphSpec
    graph: AnyGraph | None
    """Compiled; of a function that makes graphs, what it made without a run. None: the built-in answer graph."""
    factory: GraphFactory | None = None
    notices: tuple[str, ...] = ()
    """What is served otherwise than it was written."""

    @property
    def kind(self) -> str:
        """In a few words, what was found."""
        if self.graph is None:
            return "built in"
        steps = len([name for name in self.graph.nodes if not name.startswith("__")])
        made = "made for each run, " if self.factory is not None else ""
        return f"{made}{steps} step{'' if steps == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class LoadedProject:
    """A project whose graphs are imported."""

    project: Project
    graphs: tuple[LoadedGraph, ...]
    failures: Mapping[str, CannotImport] = field(default_factory=dict)
    """Graph -> why it cannot be served."""
    dependencies: Dependencies = field(default_factory=lambda: Dependencies((), ()))

    def notices(self) -> Iterator[str]:
        """One line for each thing that a person should know and that stops nothing."""
        if self.project.ignored:
            yield f"{self.project.file.name}: ignored here: {', '.join(self.project.ignored)}"
        if self.dependencies.missing:
            yield f"not installed: {', '.join(self.dependencies.missing)}; try: {self.dependencies.hint}"
        for graph in self.graphs:
            yield from graph.notices


def prepare(project: Project) -> Dependencies:
    """Set the project's variables and put its folders on `sys.path`. Raises `InvalidProject`."""
    set_variables(variables(project))
    found = resolve(project)
    put_on_path(found.folders)
    return found


async def load_project(project: Project) -> LoadedProject:
    """Import every graph of a prepared project. Raises `InvalidProject`; what one graph raises is in `failures`."""
    found = prepare(project)
    graphs: list[LoadedGraph] = []
    failures: dict[str, CannotImport] = {}
    for spec in project.graphs:
        try:
            graphs.append(await load_graph(project, spec))
        except CannotImport as failure:
            failures[spec.graph_id] = failure
    return LoadedProject(project, tuple(graphs), failures, found)


async def load_graph(project: Project, spec: GraphSpec) -> LoadedGraph:
    """Import one graph, and call the function that makes it once. Raises `CannotImport`."""
    if spec.path == BUILT_IN:
        return LoadedGraph(spec, None)
    # What a module prints while it is imported is not part of what a command says.
    with contextlib.redirect_stdout(sys.stderr):
        found: Any = import_object(project.folder, spec.path)
        factory = None if is_graph(found) else factory_of(spec.graph_id, found)
        if factory is None:
            with Guard(project.folder, spec.path):
                graph = compiled(spec.graph_id, found)
        else:
            graph = await _without_run(project, spec, factory)
    return LoadedGraph(spec, graph, factory, tuple(_notices(spec, graph)))


async def _without_run(project: Project, spec: GraphSpec, factory: GraphFactory) -> AnyGraph:
    """What the function makes without a run; where it cannot do without one's config, a stand-in."""
    try:
        with Guard(project.folder, spec.path):
            async with factory.open(Access("assistants.read", {"configurable": {}})) as graph:
                return graph
    except CannotImport as failure:
        if not factory.wants or not isinstance(failure.__cause__, _NEEDS_A_RUN):
            raise
        return stand_in(spec.graph_id, f"it was not made without a run: {failure}")


_NEEDS_A_RUN = (AttributeError, KeyError, PermissionError, TypeError, ValueError)
"""What looking for something in a config that holds nothing raises."""


def _notices(spec: GraphSpec, graph: AnyGraph) -> Iterator[str]:
    """A saver or store of the graph's own: the Agent Server replaces them, and so does Stemma. And what only a run
    can tell."""
    if graph.name.startswith(STAND_IN):
        yield f"graph {spec.graph_id}: {graph.name.removeprefix(STAND_IN)}"
    for name, own in (("checkpointer", graph.checkpointer), ("store", graph.store)):
        if own is not None and not isinstance(own, bool):
            yield f"graph {spec.graph_id}: its own {name} ({type(own).__name__}) is not used; Stemma's is"
