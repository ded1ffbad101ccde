"""Which erasures were begun and how far they came, so that one that was cut short is taken up again.

Decides the file's form: one JSON object a line, each on the disk before the step it names counts. It holds no name and
no text: a person is a digest, and ids stay only until the erasure is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from stemma.memory.erasure.model import Counts, Subject, Traces


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An erasure that was begun and not ended."""

    erasure: str
    ids: frozenset[str]
    gone: Mapping[str, Counts]
    """What went so far, by store."""


class Journal:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unfinished(self, subject: Subject) -> Unfinished | None:
        """The last erasure of this person, if it has not ended."""
        found: Unfinished | None = None
        for row in self._rows():
            if row.get("subject") == subject.digest and row.get("step") == "begun":
                ids = frozenset(row.get("ids", ())) | (found.ids if found else frozenset())
                found = Unfinished(row["erasure"], ids, found.gone if found else {})
            elif found and row.get("erasure") == found.erasure:
                if row["step"] == "ended":
                    found = None
                elif "counts" in row:
                    found = Unfinished(found.erasure, found.ids, {**found.gone, row["step"]: row["counts"]})
        return found

    def begin(self, subject: Subject, traces: Traces, before: Unfinished | None) -> str:
        """Note what is to go; the erasure's id."""
        erasure = before.erasure if before else uuid4().hex
        self._append({"erasure": erasure, "subject": subject.digest, "step": "begun", "ids": sorted(traces.ids)})
        return erasure

    def step(self, erasure: str, name: str, counts: Counts) -> None:
        self._append({"erasure": erasure, "step": name, "counts": dict(counts)})

    def end(self, erasure: str) -> None:
        """It is over: its ids are forgotten, what it did stays to be read."""
        self._append({"erasure": erasure, "step": "ended"})
        kept = [
            {name: value for name, value in row.items() if name != "ids"} if row.get("erasure") == erasure else row
            for row in self._rows()
        ]
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        partial.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
        partial.replace(self.path)

    def _append(self, row: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({**row, "at": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _rows(self) -> Iterator[dict[str, Any]]:
        try:
            lines = self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:  # cut off by a crash
                continue
            if isinstance(row, dict) and "erasure" in row and "step" in row:
                yield row
