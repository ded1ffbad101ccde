"""What withdrawing a source costs that has 10^2 to 10^5 descendants, and what giving it back costs.

    python -m bench.retraction [--backend sqlite|neo4j|neo4j-5] [--sizes 100 1000 10000 100000] [--json FILE]

Each family stands in a store of its own; Neo4j is started for it as `stemma neo4j start` does. A repeat withdraws its
root and restores it; both must report every descendant. Wall time is what a caller waits, the disk's fsync included.
The families take turns; the growth is the ratio of medians. Figures go to `bench/results/retraction-<backend>.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.descendants import Family, build
from stemma.memory.lineage.model import Effect, Retraction
from stemma.memory.neo4j_folder import password_in
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.neo4j_jars import LTS, NEWEST, Release
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.ports import MemoryGraph
from stemma.memory.settings import MemorySettings
from stemma.memory.sqlite_graph import SqliteGraph

RESULTS = Path(__file__).resolve().parent / "results"
SIZES = (100, 1_000, 10_000, 100_000)
LARGE = 100_000
BARS = {"sqlite": 50.0, "neo4j": 150.0, "neo4j-5": 150.0}
"""Milliseconds, p99 of a withdrawal with 1,000 descendants."""
WARM_UP = 20
"""At most so many pairs of decisions come first and are not counted, and no new one after `WARM_SECONDS`: a Java server
compiles its code while it runs, and takes about twice the processor time until it has."""
WARM_SECONDS = 20.0
GROWTH = 120.0
"""Time with 100,000 descendants in times of that with 1,000."""


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[MemoryGraph]:
    graph = SqliteGraph(folder / "memory.db")
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


@asynccontextmanager
async def neo4j(folder: Path, release: Release = NEWEST) -> AsyncIterator[MemoryGraph]:
    server = LocalNeo4j(folder, jars=MemorySettings().model_folder / "neo4j", release=release)
    running = await asyncio.to_thread(server.start)
    graph = Neo4jGraph(running.url, password=password_in(folder))
    try:
        await graph.open()
        yield graph
    finally:
        await graph.close()
        await asyncio.to_thread(server.stop)


BACKENDS: dict[str, Callable[[Path], AbstractAsyncContextManager[MemoryGraph]]] = {
    "sqlite": sqlite,
    "neo4j": neo4j,
    "neo4j-5": partial(neo4j, release=LTS),
}
"""Each opens an empty store of its own."""


async def repeat(graph: MemoryGraph, family: Family) -> tuple[float, float]:
    """Milliseconds of one withdrawal and of one restoration."""
    now = datetime.now(UTC)
    decision = Retraction(uuid4().hex, family.scope, family.root, "a bench", "bench", now)
    started = time.perf_counter()
    taken = await graph.take_back(family.scope, decision)
    between = time.perf_counter()
    given = await graph.give_back(family.scope, decision.id, actor="bench", at=now)
    ended = time.perf_counter()
    for effect in (taken, given):
        check(effect, family)
    return 1000 * (between - started), 1000 * (ended - between)


async def warm(graph: MemoryGraph, family: Family) -> int:
    """Decide without a watch; returns how many pairs that were."""
    ended, pairs = time.perf_counter() + WARM_SECONDS, 0
    while pairs < 1 or (pairs < WARM_UP and time.perf_counter() < ended):
        await repeat(graph, family)
        pairs += 1
    return pairs


def check(effect: Effect, family: Family) -> None:
    if (len(effect.affected), effect.hidden) != (family.size + 1, 0):
        raise SystemExit(f"{len(effect.affected)} items were flagged, not {family.size + 1}")


@dataclass(slots=True)
class Measured:
    """One family in a store of its own, and what its decisions took so far."""

    graph: MemoryGraph
    family: Family
    repeats: int
    built: float
    warmed: int
    pairs: list[tuple[float, float]] = field(default_factory=list)
    busy: float = 0.0

    async def turn(self, rounds: int, number: int) -> None:
        """This round's share of the repeats."""
        busy = time.process_time()
        for _ in range(len(self.pairs), self.repeats * (number + 1) // rounds):
            self.pairs.append(await repeat(self.graph, self.family))
        self.busy += time.process_time() - busy

    def row(self) -> dict[str, Any]:
        withdrawn, restored = zip(*self.pairs, strict=True)
        return {
            "descendants": self.family.size,
            "repeats": self.repeats,
            "warm-up": self.warmed,
            "built s": self.built,
            "withdraw p50 ms": statistics.median(withdrawn),
            "withdraw p99 ms": percentile(withdrawn, 0.99),
            "restore p50 ms": statistics.median(restored),
            "restore p99 ms": percentile(restored, 0.99),
            "own cpu ms a decision": 1000 * self.busy / (2 * self.repeats),
        }


async def prepared(graph: MemoryGraph, size: int, repeats: int) -> Measured:
    started = time.perf_counter()
    family = await build(graph, size)
    built = time.perf_counter() - started
    return Measured(graph, family, repeats, built, await warm(graph, family))


async def measure(backend: str, repeats: Mapping[int, int]) -> list[dict[str, Any]]:
    """A row for each size. All stores are there before anything is timed, and take turns: the growth is of one time."""
    async with AsyncExitStack() as opened:
        sizes = []
        for size, some in repeats.items():
            folder = opened.enter_context(tempfile.TemporaryDirectory())
            graph = await opened.enter_async_context(BACKENDS[backend](Path(folder)))
            sizes.append(await prepared(graph, size, some))
            print(f"{size:,} descendants written in {sizes[-1].built:.0f} s", flush=True)
        gc.collect()
        gc.freeze()  # as the server does
        rounds = min(repeats.values())
        for number in range(rounds):
            for one in sizes:
                await one.turn(rounds, number)
        return [one.row() for one in sizes]


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


def summary(backend: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    by_size = {row["descendants"]: row for row in rows}
    measured, bars = {}, {}
    if 1_000 in by_size:
        measured["withdraw p99 ms at 10^3"] = by_size[1_000]["withdraw p99 ms"]
        bars["withdraw p99 ms at 10^3"] = BARS[backend]
    if {1_000, LARGE} <= by_size.keys():
        for way in ("withdraw", "restore"):
            name = f"{way} 10^5 / 10^3"
            measured[name] = by_size[LARGE][f"{way} p50 ms"] / by_size[1_000][f"{way} p50 ms"]
            bars[name] = GROWTH
    met = {name: value <= bars[name] for name, value in measured.items()}
    return {"backend": backend, "rows": rows, "measured": measured, "bars": bars, "met": met}


def show(row: dict[str, Any]) -> None:
    print(
        "  ".join(
            f"{name} {value:,.1f}" if isinstance(value, float) else f"{name} {value:,}" for name, value in row.items()
        )
    )


async def run(options: argparse.Namespace) -> dict[str, Any]:
    repeats = {size: options.repeats if size < LARGE else options.large_repeats for size in options.sizes}
    rows = await measure(options.backend, repeats)
    for row in rows:
        show(row)
    return summary(options.backend, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=sorted(BACKENDS), default="sqlite")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=50, help="below 100,000 descendants")
    parser.add_argument("--large-repeats", type=int, default=5, help="from 100,000 descendants on")
    parser.add_argument("--json", type=Path, help="instead of bench/results/retraction-<backend>.json")
    options = parser.parse_args()
    gc.set_threshold(10_000, 10, 10)  # as the server does
    result = asyncio.run(run(options))
    for name, value in result["measured"].items():
        print(f"{'ok ' if result['met'][name] else 'NOT'}  {name:28}{value:10.2f}   wanted <= {result['bars'][name]}")
    target = options.json or RESULTS / f"retraction-{options.backend}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2))
    sys.exit(0 if all(result["met"].values()) else 1)


if __name__ == "__main__":
    main()
