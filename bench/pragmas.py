"""How the two servers open SQLite, printed with the figures."""

from __future__ import annotations

from stemma.graphs.runs.sqlite_connection import PRAGMAS as STEMMA_PRAGMAS

BARE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")

__all__ = ["BARE_PRAGMAS", "STEMMA_PRAGMAS"]
