"""What erasing asks of each package that keeps personal data.

Decides the contract only. Each package brings an `Eraser` of its own stores; what puts them together stands above all
of them (api/erasure).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from stemma.memory.erasure.model import Compaction, Counts, Plan, Subject, Traces


class Eraser(Protocol):
    """One store. Raises what the store raises; whatever was erased stays erased, and calling again takes the rest."""

    @property
    def name(self) -> str:
        """What a report calls it: "memory", "runs", "evaluations"."""
        ...

    @property
    def follows(self) -> bool:
        """It recognises what is theirs by what the stores before it gave."""
        ...

    async def plan(self, subject: Subject, traces: Traces, /) -> Plan:
        """What it holds of them, and by what that is recognised. `traces` is what the stores before it gave."""
        ...

    async def erase(self, subject: Subject, traces: Traces, /) -> Counts:
        """Remove it; what went."""
        ...

    async def others(self, subject: Subject, needles: Sequence[bytes], /) -> frozenset[bytes]:
        """Those of the needles that stand in what it keeps of others too: finding them again says nothing."""
        ...

    async def compact(self) -> Compaction:
        """Make sure that no file holds what was erased."""
        ...

    def files(self) -> Sequence[Path]:
        """Every file that the store keeps, to look through."""
        ...
