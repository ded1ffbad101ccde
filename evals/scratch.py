"""A memory that an evaluation may fill and that nobody else sees, gone when it ends.

Without a URL it is a SQLite file of the evaluation's own. With one, it is a tenant of its own in that store (which may
hold other people's memories), erased at the end, on an error and on Ctrl-C alike.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from stemma.evals.errors import NotMeasured
from stemma.evals.summary import Json
from stemma.graphs.embedders import hosted_embedder
from stemma.memory.errors import EmbedderMismatch, EmbedderUnavailable, MemoryFailure
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import DEFAULT_TENANT, Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import Embedder
from stemma.memory.settings import MemorySettings

TENANT_PREFIX = "eval-scratch-"
logger = logging.getLogger("stemma.evals")


@dataclass(frozen=True, slots=True)
class Scratch:
    """The filled memory, the scope it was filled under, and what filling it took."""

    memory: LongTermMemory
    scope: Scope
    store: str
    """What kind of store: "sqlite", "neo4j", …; never its address."""

    def embedder(self) -> Json:
        """What a summary says about it."""
        identity = self.memory.embedder.identity
        return {"name": identity.name, "dimension": identity.dimension}


@asynccontextmanager
async def scratch_memory(url: str | None, file: Path, embedder: Embedder | None = None) -> AsyncIterator[Scratch]:
    """Open an empty scratch memory: the file (absolute, not there yet), or a new tenant of the store at `url`.

    The tenant is erased in the end; where that fails, it is said and the figures are kept. The file stays where it is.
    Raises what `open_memory` raises.
    """
    private = url is None
    place = f"sqlite:///{file}" if url is None else url
    scope = Scope(DEFAULT_TENANT if private else f"{TENANT_PREFIX}{uuid4().hex}")
    settings = MemorySettings()
    embedder = embedder or await hosted_embedder(settings)
    async with await open_memory(settings, url=place, embedder=embedder) as memory:
        try:
            yield Scratch(memory, scope, place.partition(":")[0])
        finally:
            if not private:
                await _erase(memory, scope)


async def _erase(memory: LongTermMemory, scope: Scope) -> None:
    try:
        await memory.erase(scope)
    except MemoryFailure as failure:
        logger.warning("the scratch tenant %s could not be erased, and is left behind: %s", scope.tenant, failure)


async def fill(scratch: Scratch, documents: Sequence[Document], advance: Callable[[int], None]) -> Json:
    """Ingest the whole corpus; returns {"documents", "passages", "seconds"}.

    Raises `NotMeasured` when any of it could not be stored: figures over part of a corpus would mislead.
    """
    started = perf_counter()
    try:
        report = await scratch.memory.ingest(
            scratch.scope, documents, on_progress=lambda progress: advance(progress.documents)
        )
    except (EmbedderMismatch, EmbedderUnavailable):
        raise
    except MemoryFailure as problem:
        raise NotMeasured(f"the corpus could not be stored: {problem}", hint=problem.hint) from problem
    if report.failures:
        uri, message = report.failures[0]
        raise NotMeasured(f"{len(report.failures)} documents could not be stored, first {uri}: {message}")
    seconds = perf_counter() - started
    return {"documents": len(documents), "passages": report.passages, "seconds": round(seconds, 3)}


def carry_on() -> None:
    """The cancellation was taken: what is left to do, writing the results, must not be cancelled by it again."""
    if (task := asyncio.current_task()) is not None:
        task.uncancel()
