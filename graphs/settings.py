"""GRAPHS_* settings. Nobody else in this package reads the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class GraphSettings(BaseSettings):
    """Which model reasons, where runs live, and how they are leased."""

    model_config = SettingsConfigDict(env_prefix="GRAPHS_", env_file=".env", extra="ignore")

    model: str = "extractive:"
    """provider:model, as LangChain names them; `extractive:` is the offline default."""
    model_timeout: float = Field(default=60.0, gt=0)
    """Seconds a model call may take."""
    model_attempts: int = Field(default=3, ge=1)
    """How often a failing model call is tried in all."""
    rerank: bool = True
    """Let the model (not `extractive:`) put what recall found into order: one call, of some 20 passages, a recall."""
    decompose: bool = True
    """Let the model (not `extractive:`) take a question of several steps apart: one short call a recall."""
    compare: bool = True
    """Let the model (not `extractive:`) say which new claims contradict others, where the rules see only that they are
    much alike: one call at most for an answer that is learned, or for some 256 passages."""
    database_url: str = "sqlite:///.stemma/runs.db"
    """sqlite:///relative/path or sqlite:////absolute/path."""
    durability: Literal["sync", "async", "exit"] = "sync"
    """The default when a run does not say."""
    concurrency: int = Field(default=64, ge=1)
    """Runs that this process executes at once."""
    lease_seconds: float = Field(default=15.0, gt=0)
    """How long a silent worker keeps its runs."""
    retention_days: float = Field(default=7.0, gt=0)
    """How long the event log of an ended run is kept."""
    stateless_minutes: float = Field(default=60.0, gt=0)
    """How long the thread of a stateless run is kept after the run's end, so that the run can still be read."""
    sweep_minutes: float = Field(default=5.0, gt=0)
    """How often threads whose time is over are looked for."""
    thread_minutes: float | None = Field(default=None, gt=0)
    """How long a thread that does not say stays after its last change; None: until somebody deletes it."""
    thread_strategy: Literal["delete", "keep_latest"] = "delete"
    """What happens to such a thread then."""
    recursion_limit: int = Field(default=25, ge=1)
    """Supersteps a run may take, unless it says otherwise."""
    store_fields: Annotated[list[str], NoDecode] = ["$"]
    """Paths of an item's value that are searched by meaning when a put does not say, separated by commas; `$` is all of
    it. Empty: the store embeds nothing, and a search by meaning finds items in the order of their updates."""
    store_ttl_minutes: float | None = Field(default=None, gt=0, le=500_000_000)
    """How long an item of the store lives whose put does not say; none: until it is deleted."""
    store_refresh_on_read: bool = True
    """Whether reading an item that lives for a time makes that time begin again."""
    store_sweep_minutes: float = Field(default=5.0, gt=0)
    """How often items whose time is over are taken back. Nobody is shown them in between."""
    store_shared: bool = False
    """One store for all users of a tenant. Otherwise each user has items of their own, and sees those of nobody."""
    store_recall: bool = False
    """Let recall, and so the answer graph, find what is put into the store from now on."""

    @field_validator("store_fields", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
