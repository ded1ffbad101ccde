"""What is right and wrong with a project, one line for each thing: its file, its packages, every graph, what else it
names.

Decides what counts as wrong: what would keep a server from starting, or a package that is asked for and missing. It
serves nothing and changes no store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stemma.graphs.errors import CannotImport, InvalidProject
from stemma.graphs.projects.imports import import_object
from stemma.graphs.projects.load import LoadedGraph, load_project
from stemma.graphs.projects.model import Project
from stemma.graphs.projects.read import read_project


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    name: str
    ok: bool
    finding: str
    hint: str = ""
    path: str = ""
    """What langgraph.json says."""

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON shows it."""
        return asdict(self)


async def check_project(file: Path) -> list[Line]:
    """Import everything the project names, and say how that went."""
    try:
        project = read_project(file)
        loaded = await load_project(project)
    except InvalidProject as failure:
        return [Line("langgraph.json", False, str(failure), failure.hint)]
    missing = loaded.dependencies.missing
    ignored = f"; ignored here: {', '.join(project.ignored)}" if project.ignored else ""
    found = {graph.spec.graph_id: graph for graph in loaded.graphs}
    return [
        Line("langgraph.json", True, f"{project.file}{ignored}"),
        Line("dependencies", False, f"not installed: {', '.join(missing)}", loaded.dependencies.hint)
        if missing
        else Line("dependencies", True, f"{len(project.dependencies)} there"),
        *(
            _graph(found[spec.graph_id])
            if spec.graph_id in found
            else _failed(spec.graph_id, spec.path, loaded.failures[spec.graph_id])
            for spec in project.graphs
        ),
        *_others(project),
    ]


def _graph(graph: LoadedGraph) -> Line:
    notes = "".join(f"; {notice.partition(': ')[2]}" for notice in graph.notices)
    return Line(graph.spec.graph_id, True, f"{graph.kind}{notes}", path=graph.spec.path)


def _failed(name: str, path: str, failure: CannotImport) -> Line:
    return Line(name, False, str(failure), failure.hint, path)


def _others(project: Project) -> Iterator[Line]:
    for name, path in (("http.app", project.http.app), ("auth.path", project.auth.path)):
        if path is None:
            continue
        try:
            found = import_object(project.folder, path)
        except CannotImport as failure:
            yield _failed(name, path, failure)
        else:
            yield Line(name, True, type(found).__name__, path=path)
