"""What a request brings to the runs it submits besides its body: headers that the project lets through.

Decides that they end in `configurable`, under the headers' names, and that what the body says there wins. They travel
in a context variable, because every way of submitting (streams, batches, commands) must take them, and none of them
may forget to.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace

from stemma.graphs.runs.model import RunRequest

BROUGHT: ContextVar[Mapping[str, str] | None] = ContextVar("stemma_brought", default=None)
"""Set by who takes the request; its values are for the graph alone and never logged."""


def with_brought(request: RunRequest) -> RunRequest:
    """The request with what came along in its config's `configurable`."""
    brought = BROUGHT.get()
    if not brought:
        return request
    config = dict(request.config)
    return replace(request, config={**config, "configurable": {**brought, **(config.get("configurable") or {})}})
