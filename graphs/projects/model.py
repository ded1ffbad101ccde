"""What a project's `langgraph.json` says, as values. Decides nothing: parse.py checks, load.py acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemma.graphs.runs.model import TtlStrategy

BUILT_IN = "stemma:answer"
"""The path of a graph that is no file: the answer graph, with this server's memory and model."""


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """One entry of `graphs`."""

    graph_id: str
    path: str
    """`./file.py:name`, `package.module:name` or `BUILT_IN`."""
    description: str = ""
    healable: bool = False
    """No step has an effect outside that a second time would repeat: its tainted answers may be given again."""


@dataclass(frozen=True, slots=True)
class ThreadTimes:
    """`checkpointer.ttl`."""

    default_minutes: float | None = None
    strategy: TtlStrategy = "delete"
    sweep_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Cors:
    """`http.cors`; None and empty: as without the key."""

    allow_origins: tuple[str, ...] = ()
    allow_origin_regex: str | None = None
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class HeaderChoice:
    """`http.configurable_headers`: names or patterns with `*`, lower case."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Http:
    """`http`."""

    app: str | None = None
    mount_prefix: str = ""
    """Empty, or `/…` without a slash at its end."""
    auth_first: bool = False
    """The application's middleware sees only requests that were let in."""
    authenticate_custom_routes: bool = False
    disabled: frozenset[str] = frozenset()
    """Of assistants, threads, runs, store, meta, ui, mcp, a2a, webhooks."""
    cors: Cors | None = None
    headers: HeaderChoice = HeaderChoice()


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """`auth`."""

    path: str | None = None
    disable_studio_auth: bool = False
    openapi: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """A whole `langgraph.json`, checked, with nothing imported yet."""

    file: Path
    graphs: tuple[GraphSpec, ...]
    dependencies: tuple[str, ...] = ()
    env: str | Mapping[str, str] = field(default_factory=dict, repr=False)
    store: Mapping[str, Any] = field(default_factory=dict)
    """`store` as it stands: index.fields, ttl.default_ttl and so on, of the right types."""
    threads: ThreadTimes = ThreadTimes()
    auth: AuthSpec = AuthSpec()
    http: Http = Http()
    webhooks: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """`webhooks` as it stands, of the right types."""
    ui: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    """Keys that were accepted and have no effect here."""

    @property
    def folder(self) -> Path:
        """What relative paths begin at."""
        return self.file.parent
