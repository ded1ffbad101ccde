"""The routes as the application has them, each with the permission of its signature, and a request that each takes.

A route that needs a body or an id of a kind not named here fails the matrix, so that it cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from stemma.api import create_app
from stemma.api.auth.access import Allow, AllowMemory, AllowStore
from stemma.api.settings import ApiSettings
from stemma.graphs.policy import Permission

RUN = {"assistant_id": "count", "input": {"n": 1}}
BODIES: dict[str, Any] = {
    "POST /runs": RUN,
    "POST /runs/batch": [RUN],
    "POST /runs/cancel": {"run_ids": ["{run_id}"]},
    "POST /runs/stream": RUN,
    "POST /runs/wait": RUN,
    "POST /threads/{thread_id}/runs": RUN,
    "POST /threads/{thread_id}/runs/stream": RUN,
    "POST /threads/{thread_id}/runs/wait": RUN,
    "POST /threads/prune": {"thread_ids": ["{other_thread_id}"]},
    "POST /threads/{thread_id}/commands": {"id": 1, "method": "run.start", "params": RUN},
    "POST /threads/{thread_id}/stream/events": {"channels": ["values", "lifecycle"]},
    "POST /threads/{thread_id}/state": {"values": {"n": 5}},
    "POST /threads/{thread_id}/state/checkpoint": {"checkpoint": {"checkpoint_id": "{checkpoint_id}"}},
    "PATCH /threads/{thread_id}/state": {"metadata": {"a": 1}},
    "POST /assistants": {"graph_id": "count"},
    "POST /assistants/{assistant_id}/latest": {"version": 1},
    "POST /runs/crons": {**RUN, "schedule": "0 0 1 1 *"},
    "POST /threads/{thread_id}/runs/crons": {**RUN, "schedule": "0 0 1 1 *"},
    "POST /memory/sources": {"text": "The quay is long."},
    "POST /memory/statements": {"text": "The quay is short."},
    "POST /memory/recall": {"query": "the berth fee", "k": 50},
    "POST /memory/retractions": {"item_id": "{item_id}", "reason": "a test", "dry_run": True},
    "POST /memory/retractions/{retraction_id}/heal": {"dry_run": True},
    "POST /memory/consolidations": {"dry_run": True},
    "POST /memory/contradictions/{contradiction_id}/resolve": {"resolution": "both-hold"},
    "POST /memory/supersessions": {"newer": "{item_id}", "older": "{item_id}", "dry_run": True},
    "PUT /store/items": {"namespace": ["a"], "key": "other", "value": {"b": 1}},
    "POST /store/items/search": {"namespace_prefix": ["a"]},
    "DELETE /store/items": {"namespace": ["a"], "key": "k"},
    "POST /threads/{thread_id}/runs/{run_id}/feedback": {"score": "up"},
    "POST /ui/{assistant_id}": {"name": "none"},
}
"""What a route is sent that takes more than `{}`."""
QUERIES = {
    "GET /store/items": {"namespace": "a", "key": "k"},
    "GET /evals/trends": {"metric": "recall"},
    "GET /memory/diff": {"earlier": "2026-01-01T00:00:00Z"},
}
FIXED = {
    "namespace": "inner",
    **dict.fromkeys(("eval_id", "suite", "contradiction_id", "consolidation_id"), "none"),
}
"""Names in paths that are nobody's."""
NOTHING_THERE = frozenset(
    {
        "POST /ui/{assistant_id}",
        "GET /evals/runs/{eval_id}",
        "GET /evals/runs/{eval_id}/cases",
        "GET /evals/runs/{eval_id}/page",
        "GET /evals/runs/{eval_id}/{suite}/report.html",
        "GET /evals/trends",
        "GET /memory/contradictions/{contradiction_id}",
        "GET /memory/entities/{item_id}",
        "GET /memory/retractions/{retraction_id}/heal",
        "POST /memory/retractions/{retraction_id}/heal/cancel",
        "POST /memory/consolidations/{consolidation_id}/undo",
        "POST /memory/contradictions/{contradiction_id}/resolve",
        "POST /memory/supersessions",
    }
)
"""Routes that answer 404 or 422 to the owner too, because the small world of the matrix has no such thing."""


@dataclass(frozen=True)
class Route:
    """One operation of the server."""

    method: str
    path: str
    permissions: frozenset[Permission]
    takes_body: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def filled(self, ids: dict[str, str]) -> str:
        """The path with these ids. Raises KeyError for a kind of id that is not named."""
        return self.path.format_map({**FIXED, **ids})

    def request(self, ids: dict[str, str]) -> dict[str, Any]:
        """What httpx sends."""
        given: dict[str, Any] = {"params": QUERIES[self.name]} if self.name in QUERIES else {}
        if self.takes_body or self.name in BODIES:
            given["json"] = filled(BODIES.get(self.name, {}), ids)
        return given


def filled(value: Any, ids: dict[str, str]) -> Any:
    """A body with these ids in the place of their names."""
    if isinstance(value, dict):
        return {key: filled(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return value.format_map(ids) if isinstance(value, str) else value


def routes() -> list[Route]:
    """Every operation, WebSockets too (as the method `WS`), in the order of the table."""
    return [route for included in create_app(settings=ApiSettings()).routes for route in _of(included)]


def _of(included: Any) -> Iterator[Route]:
    router = getattr(included, "original_router", None)
    for route in router.routes if router else ():
        assert isinstance(route, APIRoute | APIWebSocketRoute)
        permissions = frozenset(_permissions(route.dependant))
        if isinstance(route, APIWebSocketRoute):
            yield Route("WS", route.path, permissions, takes_body=False)
            continue
        for method in route.methods or ():
            yield Route(method, route.path, permissions, takes_body=route.body_field is not None)


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Allow | AllowMemory | AllowStore):
            yield needed.call.permission
        yield from _permissions(needed)
