"""Loads the named queries of `sql/*.sql`. Decides how they are written down: `-- name: x`, an optional comment, one
query.

It runs nothing and imports no driver.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "sql"


def load(file_name: str) -> dict[str, str]:
    """Query name -> SQL text of one file. Raises `ValueError` for a name that is defined twice."""
    queries: dict[str, str] = {}
    for block in (FOLDER / file_name).read_text(encoding="utf-8").split("-- name: ")[1:]:
        name, _, text = block.partition("\n")
        if name.strip() in queries:
            raise ValueError(f"{file_name} defines {name.strip()} twice")
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
        queries[name.strip()] = "\n".join(lines).strip().rstrip(";")
    return queries


FILES = ("threads", "runs", "events", "checkpoints", "assistants", "keys", "crons", "webhooks", "erasure")
QUERIES: dict[str, str] = {name: sql for file in FILES for name, sql in load(f"{file}.sql").items()}
"""Every query that runs after the schema is there."""

SCHEMA: dict[str, str] = load("schema.sql")
"""v1, v2, …: each brings a file from the version before to its own."""
