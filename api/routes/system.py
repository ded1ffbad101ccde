"""/ok, /info, /metrics and /docs: what operators and tools ask of the server itself."""

from __future__ import annotations

import resource
import sys
import time
from html import escape
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from typing_extensions import TypedDict

from stemma.api.auth.access import RunsRead
from stemma.api.errors import documented, problem
from stemma.api.json_wire import Json
from stemma.api.services import Served

router = APIRouter(tags=["system"])


class Healthy(TypedDict):
    """The store answers and the server takes requests."""

    ok: Literal[True]


class Info(TypedDict):
    """What is running. `flags` are those the SDKs look at."""

    version: str
    langgraph_py_version: str
    flags: dict[str, bool]
    graphs: list[str]


@router.get("/ok", response_model=Healthy, responses=documented())
async def healthy(served: Served) -> Response:
    """Ready for requests? 503 while the server stops or its store cannot be used."""
    if served.answers.stopping:
        return problem(503, "the server is stopping", kind="Stopping")
    await served.runtime.healthy()
    return Json({"ok": True})


@router.get("/info", response_model=Info, responses=documented())
async def info(_: RunsRead, served: Served) -> Response:
    """Version, abilities and graphs."""
    flags = {
        "assistants": True,
        "crons": True,
        "langsmith": False,
        "store": served.runtime.stores is not None,
        "stream_namespaces": True,
        "strict_resume": True,
    }
    body = {
        "version": version("stemma-agents"),
        "langgraph_py_version": version("langgraph"),
        "flags": flags,
        "graphs": served.runtime.catalog.ids(),
    }
    return Json(body)


@router.get("/metrics", response_class=PlainTextResponse, responses=documented())
async def metrics(_: RunsRead, served: Served) -> Response:
    """Figures in Prometheus' text format."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    told = served.runtime.deliverer
    figures = (
        ("stemma_up_seconds", "gauge", "Time since the app started", time.monotonic() - served.started),
        ("stemma_runs_submitted_total", "counter", "Runs accepted by this process", served.submitted),
        ("stemma_streams_open", "gauge", "Streams and waits being answered", len(served.answers)),
        ("stemma_webhooks_delivered_total", "counter", "Webhooks taken, of those this process called", told.delivered),
        ("stemma_webhooks_failed_total", "counter", "Attempts of this process that were not taken", told.failed),
        ("stemma_webhooks_waiting", "gauge", "Webhooks that are still to be taken", await told.waiting()),
        ("stemma_cpu_seconds_total", "counter", "CPU time of this process", usage.ru_utime + usage.ru_stime),
        ("stemma_memory_peak_bytes", "gauge", "Largest resident memory of this process", peak),
    )
    lines = [f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value:g}\n" for name, kind, text, value in figures]
    return PlainTextResponse("".join(lines), media_type="text/plain; version=0.0.4")


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The routes as one page. Made here: a page that loads scripts from elsewhere has no place on this origin."""
    document = request.app.openapi()
    rows = "".join(
        f"<tr><td>{escape(method.upper())}</td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('description', ''))}</td></tr>"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(document["info"]["title"])
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px system-ui;margin:2rem;max-width:70rem}td{padding:.3rem .8rem .3rem 0;vertical-align:top}"
        f"</style><h1>{title}</h1><p>{escape(document['info']['description'])}</p>"
        f'<p><a href="openapi.json">openapi.json</a></p><table>{rows}</table></html>'
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})
