"""What evaluations keep of a person, erased: rows of results, harvested candidates, and the pages made of them.

Decides that a row goes when it names a thread or run that went, or holds a text of it. Pages and reports that hold any
are removed: `stemma eval report` makes them anew. Figures stay. Data sets and baselines are their owner's files: they
are not looked at here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from stemma.evals.results import write_text
from stemma.memory.erasure.model import Compaction, Counts, Plan, Subject, Traces
from stemma.memory.erasure.remains import files_below, search

_ROWS = ".jsonl"
_PAGES = (".html", ".md", ".xml")


class EvalEraser:
    """`Eraser` of one results folder."""

    name = "evaluations"
    follows = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def plan(self, _subject: Subject, traces: Traces, /) -> Plan:
        found = await asyncio.to_thread(search, self.files(), traces.needles())
        return Plan({"files": len(found)} if found else {})

    async def erase(self, _subject: Subject, traces: Traces, /) -> Counts:
        return await asyncio.to_thread(self._erase, traces.needles())

    async def others(self, _subject: Subject, _needles: Sequence[bytes], /) -> frozenset[bytes]:
        return frozenset()  # a row that holds one goes, whoever asked

    async def compact(self) -> Compaction:
        return Compaction(done=True)

    def files(self) -> Sequence[Path]:
        return files_below(self._folder)

    def _erase(self, needles: Sequence[bytes]) -> Counts:
        rows = pages = 0
        for found in search(self.files(), needles):
            if found.file.suffix == _ROWS:
                rows += _without(found.file, needles)
            elif found.file.suffix in _PAGES:
                found.file.unlink(missing_ok=True)
                pages += 1
        return {"rows": rows, "pages": pages}


def _without(file: Path, needles: Sequence[bytes]) -> int:
    """Write the file again without the rows that hold a needle; how many those were."""
    lines = file.read_bytes().split(b"\n")
    kept = [line for line in lines if not any(needle in line for needle in needles)]
    write_text(file, b"\n".join(kept).decode("utf-8"))
    return len(lines) - len(kept)
