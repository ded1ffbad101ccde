"""What a memory of 100,000 passages with their graph costs on one machine: filling it, asking it, deciding in it.

    python -m bench.memory_scale [--backend sqlite|neo4j|neo4j-5] [--passages 10000 100000] [--json FILE]

Each size is a store of its own, filled by `LongTermMemory.ingest` with all that ingestion does (cutting, names,
statements, index, lineage), but for the embedding: the vectors are made up (`memory_scale_vectors.py`), because MiniLM
would take an hour for 500,000 sentences. Questions are embedded by MiniLM and then searched with their made-up
vectors: the time is that of a real recall, and the order is as hard as the made-up corpus is; recall@5 is good for
comparing one size with another, not for saying how well Stemma finds real answers (`stemma eval retrieval`). The
questions are the same at every size, and so are the passages that answer them. They are asked by a fresh process, whose
resident memory is stated. Wall time is what a caller waits. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.memory_scale_asking import SCOPE, Store, asked, opened, resident
from bench.memory_scale_corpus import SMALL, Corpus
from bench.memory_scale_vectors import MadeUpVectors
from bench.processor_time import spent
from stemma.memory.neo4j_folder import password_in
from stemma.memory.neo4j_jars import LTS, NEWEST, Release
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.settings import MemorySettings

RESULTS = Path(__file__).resolve().parent / "results"
LARGE = 100_000
RECALL = {"sqlite": 60.0, "neo4j": 100.0, "neo4j-5": 100.0}
"""Milliseconds, median at 100,000 passages, of questions that this process has not asked before."""
INGEST = {"sqlite": 1_000.0, "neo4j": 400.0, "neo4j-5": 400.0}
"""Passages a second into the memory of 100,000."""
KEPT = 0.9
"""recall@5 at 100,000 passages in times of that at 10,000."""


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Store]:
    yield Store(f"sqlite:///{folder / 'memory.db'}")


@asynccontextmanager
async def neo4j(folder: Path, release: Release = NEWEST) -> AsyncIterator[Store]:
    server = LocalNeo4j(folder, jars=MemorySettings().model_folder / "neo4j", release=release)
    running = await asyncio.to_thread(server.start)
    try:
        yield Store(running.url, password_in(folder), running.pid)
    finally:
        await asyncio.to_thread(server.stop)


BACKENDS: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {
    "sqlite": sqlite,
    "neo4j": neo4j,
    "neo4j-5": partial(neo4j, release=LTS),
}
"""Each starts an empty store of its own in a folder."""


async def measure(backend: str, passages: int, count: int) -> dict[str, Any]:
    """Fill a store of this size and ask it."""
    corpus = Corpus(passages)
    questions = corpus.questions(count)
    vectors = MadeUpVectors(corpus.names, corpus.source_of, questions)
    with tempfile.TemporaryDirectory(prefix="stemma-bench-") as name:
        folder = Path(name)
        async with BACKENDS[backend](folder) as store:
            filled = await fill(store, vectors, corpus)
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                loop = asyncio.get_running_loop()
                answered = await loop.run_in_executor(pool, asked, store, vectors, questions)
            disk = await asyncio.to_thread(_megabytes, folder)
    return {"passages": passages, "questions": count, **filled, **answered, "disk MB": disk}


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


async def fill(store: Store, vectors: MadeUpVectors, corpus: Corpus) -> dict[str, Any]:
    """Ingest the corpus; raises `SystemExit` unless every section became a passage."""
    passages, before = len(corpus.source_of), resident()
    async with await opened(store, vectors) as memory:
        wall, busy = perf_counter(), spent()
        report = await memory.ingest(SCOPE, corpus.sources)
        wall, busy = perf_counter() - wall, spent() - busy
        if report.passages != passages or report.failures:
            raise SystemExit(f"{report.passages} passages were stored, not {passages}: {report.failures[:1]}")
        statistics = await memory.statistics(SCOPE)
    return {
        "ingest s": wall,
        "ingest passages/s": passages / wall,
        "ingest cpu ms a passage": 1000 * busy / passages,
        "ingest MB": resident(),
        "ingest MB at the start": before,
        "stored": {str(name): n for name, n in {**statistics.by_node, **statistics.by_relation}.items() if n},
    }


def summary(backend: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was measured against the bars, where both sizes were."""
    by_size = {row["passages"]: row for row in rows}
    least: dict[str, float] = {}
    measured: dict[str, float] = {}
    if large := by_size.get(LARGE):
        measured |= {"recall p50 ms": large["recall p50 ms"], "ingest passages/s": large["ingest passages/s"]}
        least["ingest passages/s"] = INGEST[backend]
        if small := by_size.get(SMALL):
            measured["recall@5 10^5 / 10^4"] = large["recall@5"] / small["recall@5"]
            least["recall@5 10^5 / 10^4"] = KEPT
    most = {"recall p50 ms": RECALL[backend]}
    met = {name: most.get(name, value) >= value >= least.get(name, 0) for name, value in measured.items()}
    return {
        "backend": backend,
        "processors": os.cpu_count(),
        "load before": os.getloadavg()[0],
        "rows": rows,
        "measured": measured,
        "bars": {**most, **least},
        "met": met,
    }


async def run(options: argparse.Namespace) -> dict[str, Any]:
    rows = []
    for passages in options.passages:
        rows.append(await measure(options.backend, passages, options.questions))
        for name, value in rows[-1].items():
            print(f"  {name:34}{value:,.3f}" if isinstance(value, float) else f"  {name:34}{value}", flush=True)
        print()
        gc.collect()
    return summary(options.backend, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=sorted(BACKENDS), default="sqlite")
    parser.add_argument("--passages", type=int, nargs="+", default=[SMALL, LARGE], help=f"at least {SMALL:,}")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--json", type=Path, help="instead of bench/results/memory-scale-<backend>.json")
    options = parser.parse_args()
    if min(options.passages) < SMALL:
        parser.error(f"--passages must be at least {SMALL:,}: the questions are about the first of them")
    gc.set_threshold(10_000, 10, 10)  # as the server does
    result = asyncio.run(run(options))
    for name, value in result["measured"].items():
        print(f"{'ok ' if result['met'][name] else 'NOT'}  {name:28}{value:10.2f}   bar {result['bars'][name]}")
    target = options.json or RESULTS / f"memory-scale-{options.backend}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    sys.exit(0 if all(result["met"].values()) else 1)


if __name__ == "__main__":
    main()
