"""What a request may use: the open runtime and memory, the settings, the answers that are being written."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from stemma.api.admission import Admission
from stemma.api.settings import ApiSettings
from stemma.api.sse import OpenAnswers
from stemma.evals.archive import Archive, open_archive
from stemma.graphs.projects.components import Components
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.store.stores import Stores
from stemma.memory.errors import MemoryUnavailable
from stemma.memory.long_term import LongTermMemory


@dataclass(slots=True)
class Services:
    """One per running app."""

    runtime: Runtime
    settings: ApiSettings
    opened: LongTermMemory | None = None
    components: Components = field(default_factory=Components)
    """What a project's `ui` brings."""
    answers: OpenAnswers = field(default_factory=OpenAnswers)
    evals: Archive = field(default_factory=open_archive)
    started: float = field(default_factory=time.monotonic)
    submitted: int = 0
    """Runs that clients created through this process."""
    uploads: Admission = field(default_factory=lambda: Admission("uploads"))
    """Those that are being read and stored now."""
    statements: Admission = field(default_factory=lambda: Admission("statements"))
    """Statements and feedback: short, so that a few long uploads do not shut them out."""

    @property
    def memory(self) -> LongTermMemory:
        """Raises `MemoryUnavailable` when the app was made over a runtime alone."""
        if self.opened is None:
            raise MemoryUnavailable("this server was started without a memory", hint="create_app(runtime, memory=…)")
        return self.opened

    @property
    def stores(self) -> Stores:
        """Raises `MemoryUnavailable` when the runtime was opened without a memory."""
        if self.runtime.stores is None:
            raise MemoryUnavailable("this server was started without a memory", hint="open_runtime(…, memory=…)")
        return self.runtime.stores


async def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


Served = Annotated[Services, Depends(_services)]
