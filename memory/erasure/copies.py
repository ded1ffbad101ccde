"""Which copies of the data were made, and where: backups and exports, so that erasing can find them again.

Decides the file's form: one JSON object a line, appended. A copy that somebody moved is no longer known; a line whose
file is gone is passed over. It holds paths and times and nothing of what the copies hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path


class CopyKind(StrEnum):
    """What a copy is."""

    MEMORY = "memory"
    """An SQLite memory."""
    RUNS = "runs"
    """An SQLite run store."""
    EXPORT = "export"
    """Lines of `stemma memory export`."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy that was made."""

    path: Path
    kind: CopyKind
    made_at: str


def note_copy(index: Path, path: Path, kind: CopyKind) -> None:
    """Remember a copy."""
    index.parent.mkdir(parents=True, exist_ok=True)
    line = {"path": str(path.resolve()), "kind": kind, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
    with index.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def known_copies(index: Path) -> list[Copy]:
    """The copies that are still where they were written, each once."""
    found: dict[Path, Copy] = {}
    try:
        lines = index.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
            copy = Copy(Path(row["path"]), CopyKind(row["kind"]), str(row["made_at"]))
        except (ValueError, KeyError, TypeError):  # cut off by a crash
            continue
        if copy.path.is_file():
            found[copy.path] = copy
    return list(found.values())
