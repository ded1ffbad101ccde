"""A project as this server shows it: its graphs imported, and its own application beside ours.

Decides that a project is served whole or not at all: the first thing that cannot be imported is the failure.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

from starlette.applications import Starlette

from stemma.api.custom_app import import_app, lifespan_of
from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.load import LoadedProject, load_project
from stemma.graphs.projects.model import Http, Project

log = logging.getLogger("stemma.project")


@dataclass(frozen=True, slots=True)
class ServedProject:
    """What `create_app` needs of a project."""

    loaded: LoadedProject
    app: Starlette | None = None
    """`http.app`."""
    state: Mapping[str, Any] | None = None
    """What the application's lifespan gave; None: it was not entered yet."""

    @property
    def http(self) -> Http:
        return self.loaded.project.http

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[Self]:
        """With the application's lifespan entered, which happens once: around the stores, so that what it opens is
        there before the first run and until the last has stopped.
        """
        if self.state is not None:
            yield self
            return
        async with lifespan_of(self.app) as state:
            yield replace(self, state=state)


async def open_project(project: Project) -> ServedProject:
    """Import everything that a project names. Raises `InvalidProject`."""
    loaded = await load_project(project)
    for graph_id, failure in loaded.failures.items():
        raise InvalidProject(f"graph {graph_id}: {failure}", hint=failure.hint) from failure.__cause__ or failure
    app = import_app(project)
    for notice in loaded.notices():
        log.warning(notice)
    return ServedProject(loaded, app)
