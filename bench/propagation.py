"""How far a falsehood travels, over several made-up worlds, in Stemma's memory on SQLite or Neo4j and beside it.

    python -m bench.propagation [--backend sqlite|neo4j|neo4j-5] [--memory URL] [--seeds 5] [--arms NAME ...] [--sweep]
                                [--sizes 1000 10000 100000] [--json FILE]

Runs `stemma eval propagation` for each seed, prints the README's table, and measures what a containment takes with 10^3
to 10^5 descendants as `bench.retraction` does. Neo4j is started for it unless a URL is given. About a minute and a half
of CPU a seed, half as much again with the sweep of lost lineage. Figures go to
`bench/results/propagation-<backend>.json`; the exit code is 1 when a promise of the benchmark is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench import retraction
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.progress import terminal_progress
from stemma.evals.propagation.evaluation import measured, plan_of, plan_of_passages
from stemma.memory.neo4j_folder import password_in
from stemma.memory.neo4j_jars import LTS, NEWEST
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.settings import MemorySettings

SIZES = (1_000, 10_000, 100_000)
REPEATS = {1_000: 50, 10_000: 30, 100_000: 5}
SAMPLING = Sampling(seed=1, resamples=2_000)
RELEASES = {"neo4j": NEWEST, "neo4j-5": LTS}
COLUMNS = {
    "contamination_before": "before",
    "contamination_after": "after",
    "blast_radius_precision": "precision",
    "blast_radius_recall": "recall",
    "collateral_loss": "true memory lost",
    "truth_restored": "right again, less the clean run",
}
"""Metric -> the README's heading."""


@asynccontextmanager
async def store(backend: str, url: str | None) -> AsyncIterator[str | None]:
    """The URL of Stemma's memory; None is a scratch file for each arm."""
    if url or backend == "sqlite":
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        server = LocalNeo4j(Path(folder), jars=MemorySettings().model_folder / "neo4j", release=RELEASES[backend])
        running = await asyncio.to_thread(server.start)
        os.environ["MEMORY_PASSWORD"] = password_in(Path(folder))
        try:
            yield running.url
        finally:
            del os.environ["MEMORY_PASSWORD"]
            await asyncio.to_thread(server.stop)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, terminal_progress() as phase:
        async with store(options.backend, options.memory) as url:
            missing = None if options.sweep else ()
            seeds = range(1, options.seeds + 1)
            plan = plan_of(Path(folder), (), options.arms, missing, 8, seeds, url, detect=not options.arms)
            evaluation = await measured(plan, SAMPLING, phase, passages=plan_of_passages(plan, ()))
    kept = ("arms", "by_fault", "sessions", "sweep", "passages", "detection", "broken", "failures", "cases")
    return {
        "backend": options.backend,
        "revision": evaluation.run["revision"],
        "seeds": options.seeds,
        **{key: evaluation.figures[key] for key in kept if key in evaluation.figures},
    }


async def latencies(backend: str, sizes: list[int]) -> dict[str, float]:
    """Descendants -> the 99th percentile of a withdrawal, in milliseconds."""
    rows = await retraction.measure(backend, {size: REPEATS.get(size, 5) for size in sizes}) if sizes else []
    return {str(size): row["withdraw p99 ms"] for size, row in zip(sizes, rows, strict=True)}


def table(arms: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Markdown, in percent."""
    yield f"| remedy | {' | '.join(COLUMNS.values())} | clean after |"
    yield "|---" * (len(COLUMNS) + 2) + "|"
    for name, row in arms.items():
        cells = [f"{100 * row[metric]['mean']:.1f}" if metric in row else "–" for metric in COLUMNS]
        clean = f"{row['time_to_clean']['mean']:.0f} sessions" if "time_to_clean" in row else "never"
        yield f"| {name} | {' | '.join(cells)} | {clean} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=sorted(retraction.BACKENDS), default="sqlite")
    parser.add_argument(
        "--memory", help="URL of a running store, of the backend's kind; a scratch tenant of it is used"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arms", nargs="*", default=[], help="only these, by name")
    parser.add_argument("--sweep", action="store_true", help="also with 10, 25 and 50%% of the lineage lost")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="none: no latency of containment")
    parser.add_argument("--json", type=Path, help="instead of bench/results/propagation-<backend>.json")
    options = parser.parse_args()
    result = asyncio.run(run(options))
    for line in table(result["arms"]):
        print(line)
    if "passages" in result:
        print("\nOn real passages:\n")
        for line in table(result["passages"]["arms"]):
            print(line)
    result["containment_latency_p99 ms"] = asyncio.run(latencies(options.backend, options.sizes))
    for size, milliseconds in result["containment_latency_p99 ms"].items():
        print(f"containment_latency_p99 with {int(size):,} descendants: {milliseconds:,.1f} ms")
    for promise in result["broken"]:
        print(f"broken: {promise}")
    target = options.json or retraction.RESULTS / f"propagation-{options.backend}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1))
    sys.exit(1 if result["broken"] or result["failures"] else 0)


if __name__ == "__main__":
    main()
