"""What a request may use: the open runtime, the settings, the answers that are being written."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from stemma.api.settings import ApiSettings
from stemma.api.sse import OpenAnswers
from stemma.graphs.runs.runtime import Runtime


@dataclass(slots=True)
class Services:
    """One per running app."""

    runtime: Runtime
    settings: ApiSettings
    answers: OpenAnswers = field(default_factory=OpenAnswers)
    started: float = field(default_factory=time.monotonic)
    submitted: int = 0
    """Runs that clients created through this process."""


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Served = Annotated[Services, Depends(_services)]
