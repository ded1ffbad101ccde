"""The text of a `langgraph.json` -> a checked `Project`.

Pure. Decides which values are possible and what a wrong one is called; it opens no file that the text names and
imports nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.keys import BY_NAME, KINDS, Use
from stemma.graphs.projects.model import (
    BUILT_IN,
    AuthSpec,
    Cors,
    GraphSpec,
    HeaderChoice,
    Http,
    Project,
    ThreadTimes,
)
from stemma.graphs.runs.model import TtlStrategy

PARTS = ("assistants", "threads", "runs", "store", "meta", "ui", "mcp", "a2a", "webhooks")
"""What `http.disable_…` may switch off."""
_LOCATION = re.compile(r"(?P<place>.+):(?P<name>[^\W\d]\w*)")
_SCRIPTS = (".js", ".ts", ".mjs", ".mts", ".cjs", ".cts", ".jsx", ".tsx")


def parse(text: str, file: Path) -> Project:
    """The project that the text of `file` describes. Raises `InvalidProject`, naming the key."""
    raw = _document(text, file)
    ignored = tuple(_walk(raw, ""))
    http, auth = raw.get("http") or {}, raw.get("auth") or {}
    return Project(
        file=file,
        graphs=tuple(_graphs(raw.get("graphs") or {})),
        dependencies=tuple(raw.get("dependencies") or ()),
        env=raw.get("env") or {},
        store=raw.get("store") or {},
        threads=_times((raw.get("checkpointer") or {}).get("ttl") or {}),
        auth=AuthSpec(
            _location("auth.path", auth.get("path")),
            bool(auth.get("disable_studio_auth")),
            auth.get("openapi") or {},
        ),
        http=_http(http),
        webhooks=raw.get("webhooks") or {},
        ui=raw.get("ui") or {},
        ignored=ignored,
    )


def _document(text: str, file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidProject(f"{file.name} line {error.lineno}: not JSON: {error.msg}") from error
    if not isinstance(raw, dict):
        raise InvalidProject(f"{file.name} is no object", hint='for example {"graphs": {"agent": "./agent.py:graph"}}')
    return raw


# --- names and types --------------------------------------------------------------------------------------------------
def _walk(section: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Check every key of a section and of those below it; yields the keys without an effect."""
    for short, value in section.items():
        name = f"{prefix}{short}"
        key = BY_NAME.get(name)
        if key is None:
            raise InvalidProject(f"unknown key {name}", hint=_suggestion(name, prefix))
        if value is None:
            continue
        _check_kind(name, key.kind, value)
        if key.use is Use.REFUSED:
            raise InvalidProject(f"{name} is not supported", hint=f"remove {name}: {key.meaning}")
        if key.use is not Use.READ and name != "$schema":
            yield name
        elif key.kind == "section":
            yield from _walk(value, f"{name}.")


def _suggestion(name: str, prefix: str) -> str:
    known = [key for key in BY_NAME if key.startswith(prefix) and "." not in key.removeprefix(prefix)]
    near = get_close_matches(name, known, 1) or get_close_matches(name, BY_NAME, 1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"


def _check_kind(name: str, kind: str, value: Any) -> None:
    fits = isinstance(value, KINDS[kind]) and (kind in ("yes or no", "anything") or not isinstance(value, bool))
    if fits and isinstance(value, list) and kind != "list":
        inner = str if kind.endswith("texts") else int
        fits = all(isinstance(one, inner) and not isinstance(one, bool) for one in value)
    if fits and isinstance(value, dict) and kind.endswith("texts"):
        fits = all(isinstance(one, str) for one in value.values())
    if not fits:
        raise InvalidProject(f"{name} must be a {kind}", hint=f"see {name}: {BY_NAME[name].meaning}")


# --- sections ---------------------------------------------------------------------------------------------------------
def _graphs(section: Mapping[str, Any]) -> Iterator[GraphSpec]:
    if not section:
        raise InvalidProject("graphs names no graph", hint='"graphs": {"agent": "./agent.py:graph"}')
    for graph_id, entry in section.items():
        if not graph_id.strip():
            raise InvalidProject("graphs: a graph needs a name")
        yield _graph(graph_id, {"path": entry} if isinstance(entry, str) else entry)


def _graph(graph_id: str, entry: Any) -> GraphSpec:
    name = f"graphs.{graph_id}"
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise InvalidProject(f'{name} must be "./file.py:object" or {{"path": …, "description": …}}')
    if unknown := sorted(set(entry) - {"path", "description", "healable"}):
        raise InvalidProject(
            f"unknown key {name}.{unknown[0]}", hint="a graph has a path, a description, and may be healable"
        )
    description, healable = entry.get("description") or "", entry.get("healable")
    if not isinstance(description, str):
        raise InvalidProject(f"{name}.description must be a text")
    if not isinstance(healable, bool | None):
        raise InvalidProject(f"{name}.healable must be a yes or no", hint="true: no step has an effect outside")
    path = entry["path"]
    if path != BUILT_IN:
        return GraphSpec(graph_id, str(_location(name, path)), description, healable is True)
    if healable is False:
        raise InvalidProject(f"{name}.healable: the answer graph always is", hint="leave it out")
    return GraphSpec(graph_id, path, description, healable=True)


def _location(name: str, path: str | None) -> str | None:
    """A path with the name of an object in it, or None. Raises `InvalidProject`."""
    if path is None:
        return None
    found = _LOCATION.fullmatch(path.strip())
    if found is None:
        hint = f'write "{path.rstrip(":") or "./file.py"}:name"'
        raise InvalidProject(f"{name}: {path!r} names no object", hint=hint)
    if found["place"].endswith(_SCRIPTS):
        raise InvalidProject(f"{name}: {path} is JavaScript", hint="Stemma serves Python graphs")
    return path.strip()


def _times(section: Mapping[str, Any]) -> ThreadTimes:
    strategy = section.get("strategy") or "delete"
    if strategy not in ("delete", "keep_latest"):
        raise InvalidProject(f"checkpointer.ttl.strategy: {strategy!r}", hint="delete or keep_latest")
    for name in ("default_ttl", "sweep_interval_minutes"):
        if section.get(name) is not None and section[name] <= 0:
            raise InvalidProject(f"checkpointer.ttl.{name} must be above 0")
    return ThreadTimes(section.get("default_ttl"), cast("TtlStrategy", strategy), section.get("sweep_interval_minutes"))


def _http(section: Mapping[str, Any]) -> Http:
    order = section.get("middleware_order") or "middleware_first"
    if order not in ("middleware_first", "auth_first"):
        raise InvalidProject(f"http.middleware_order: {order!r}", hint="middleware_first or auth_first")
    prefix = (section.get("mount_prefix") or "").rstrip("/")
    if prefix and not re.fullmatch(r"(/[\w.~-]+)+", prefix):
        raise InvalidProject(f"http.mount_prefix: {prefix!r} is no path", hint="for example /api")
    headers = section.get("configurable_headers") or {}
    return Http(
        app=_location("http.app", section.get("app")),
        mount_prefix=prefix,
        auth_first=order == "auth_first",
        authenticate_custom_routes=bool(section.get("enable_custom_route_auth")),
        disabled=frozenset(part for part in PARTS if section.get(f"disable_{part}")),
        cors=_cors(section["cors"]) if section.get("cors") else None,
        headers=HeaderChoice(*(_lower(headers.get(name)) for name in ("includes", "excludes"))),
    )


def _lower(names: list[str] | None) -> tuple[str, ...]:
    return tuple(name.lower() for name in names or ())


def _cors(section: Mapping[str, Any]) -> Cors:
    pattern = section.get("allow_origin_regex")
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise InvalidProject(f"http.cors.allow_origin_regex: {error}") from error
    lists = {
        name: tuple(section.get(name) or ())
        for name in ("allow_origins", "allow_methods", "allow_headers", "expose_headers")
    }
    credentials = bool(section.get("allow_credentials"))
    return Cors(allow_origin_regex=pattern, allow_credentials=credentials, max_age=section.get("max_age"), **lists)
