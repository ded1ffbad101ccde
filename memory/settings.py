"""MEMORY_* settings. Nobody else in this package reads the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from stemma.memory.contradictions.model import Policy


def _cache_folder() -> Path:
    return Path.home() / ".cache" / "stemma"


class MemorySettings(BaseSettings):
    """Where memory lives and what turns text into vectors."""

    model_config = SettingsConfigDict(env_prefix="MEMORY_", env_file=".env", extra="ignore")

    url: str = "sqlite:///.stemma/memory.db"
    """sqlite:///relative, sqlite:////absolute, bolt://host:port, neo4j://host:port, or memory: (lost at exit)."""
    user: str = "neo4j"
    password: SecretStr = SecretStr("")
    """Neo4j credentials. An empty password means that of the server in `neo4j_folder`, where `url` is its address;
    elsewhere a server without authentication, allowed on loopback only."""
    database: str = "neo4j"
    embedder: str = "minilm"
    """minilm, hashing (tests), or provider:model."""
    extract: str = "rules"
    """What finds claims in the passages that are ingested: rules (offline), off, or provider:model."""
    contradictions: Policy = Policy.FLAG
    """What is done when a new claim contradicts another one: flag it, quarantine the newcomer, let the newer supersede,
    or off: not looked for until `stemma memory contradictions --sweep`."""
    model_folder: Path = _cache_folder()
    """Where converted embedding models are kept, shared by all projects of a user."""
    recipe: str = "graph"
    """The default recall recipe: graph, hybrid, dense or lexical."""
    demote_after_days: float = Field(default=90, ge=0)
    """What no answer used in so many days is demoted by `stemma memory consolidate`; 0: nothing is."""
    copies: Path = Path(".stemma/copies.jsonl")
    """Which backups and exports were made, and where: what `stemma erase` looks through."""
    numbers: Path | None = None
    """Accepted numbers (`stemma eval tune`, then `promote`) in place of those that ship; none: what ships."""
    neo4j_folder: Path = Path(".stemma/neo4j")
    """Data, log, state and password of the Neo4j that `stemma neo4j start` runs."""
    neo4j_version: str = "2026.08"
    """Which Neo4j `stemma neo4j start` runs: 2026.08, or 5.26 (the long-term line)."""
