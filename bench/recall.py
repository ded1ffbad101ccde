"""What one recall costs in a memory of 10,000 passages, by the default recipe, the embedding of the question included.

    python -m bench.recall [--data DIR ...] [--memory URL] [--passages 10000] [--json FILE]

The corpora of the data folders are ingested as they are; made-up passages that name each other fill the memory up.
Those get vectors by chance: what a search costs does not depend on what vectors say, and embedding them takes minutes.
Measured, one question after another: the very first recall of a process (model and mention graph are loaded), every
question the first time (cold) and the second time (warm), and the recall after each of some writes, which brings the
mention graph up to date. Wall time is what a caller waits; CPU time is this process's, without the store's server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from stemma.evals.dataset import Dataset, read_dataset
from stemma.evals.scratch import Scratch, scratch_memory
from stemma.memory.ingest.embedders import open_embedder
from stemma.memory.model import Document
from stemma.memory.ports import Embedder, EmbedderIdentity
from stemma.memory.settings import MemorySettings

RESULTS = Path(__file__).resolve().parent / "results"
BARS = {"sqlite": 25.0, "bolt": 60.0, "neo4j": 60.0}
"""Milliseconds, median of a warm recall."""
MADE_UP = "Made-up "
WRITES = 20
_SYLLABLES = ("mer", "row", "gul", "lund", "ska", "gen", "tor", "vik", "an", "sel", "bri", "nor", "hal", "dun")


class Sparing:
    """An embedder that gives made-up texts a direction by chance."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def identity(self) -> EmbedderIdentity:
        return self._embedder.identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        real = [text for text in texts if not text.startswith(MADE_UP)]
        made = iter(await self._embedder.embed(real) if real else [])
        return [self._chance(text) if text.startswith(MADE_UP) else next(made) for text in texts]

    def _chance(self, text: str) -> list[float]:
        vector = np.random.default_rng(len(text)).normal(size=self.identity.dimension)
        return [float(number) for number in vector / np.linalg.norm(vector)]


def made_up(count: int) -> Iterator[Document]:
    """Passages of four sentences, each of which names others; some names are said by hundreds of passages."""
    chance = random.Random(7)
    names = ["".join(chance.choices(_SYLLABLES, k=3)).title() + f" {_roman(n)}" for n in range(count)]
    for n, name in enumerate(names):
        others = [names[min(int(chance.expovariate(6 / count)), count - 1)] for _ in range(4)]
        said = " ".join(f"In year {chance.randint(1500, 1999)} the house of {other} sold its quay." for other in others)
        yield Document(f"made-up/{n}", f"{MADE_UP}{name}", f"{name} is a house. {said}", whole=True)


def _roman(number: int) -> str:
    return "".join("MDCLX"[int(digit) % 5] for digit in str(number))


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fill, ask, and say what it took."""
    dataset = read_dataset(arguments.data) if arguments.data else None
    real = dataset.documents if dataset else ()
    documents = [*real, *made_up(max(arguments.passages - len(real), 0))]
    embedder = Sparing(open_embedder(MemorySettings()))
    with tempfile.TemporaryDirectory(prefix="stemma-bench-") as folder:
        async with scratch_memory(arguments.memory, Path(folder, "memory.db"), embedder) as scratch:
            started = perf_counter()
            report = await scratch.memory.ingest(scratch.scope, documents)
            filled = perf_counter() - started
            figures = await _asked(scratch, _questions(dataset))
    bar = BARS.get(scratch.store.partition("+")[0], 0.0)
    return {
        "store": scratch.store,
        "recipe": scratch.memory.recipe,
        "passages": report.passages,
        "real_passages": len(real),
        "fill_s": round(filled, 1),
        "processors": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "bar_ms": bar,
        "passed": figures["warm"]["p50_ms"] <= bar,
        **figures,
    }


def _questions(dataset: Dataset | None) -> list[str]:
    if dataset:
        return [case.question for case in dataset.cases]
    return [f"Who sold the quay of {document.title.removeprefix(MADE_UP)}?" for document in made_up(100)]


async def _asked(scratch: Scratch, questions: Sequence[str]) -> dict[str, Any]:
    first = await _recalled(scratch, questions[0])
    cold = [await _recalled(scratch, question) for question in questions[1:]]
    warm = [await _recalled(scratch, question) for question in questions[1:]]
    after = []
    for n, document in enumerate(made_up(WRITES)):
        await scratch.memory.ingest(
            scratch.scope, [replace(document, uri=f"later/{n}", text=f"Later. {document.text}")]
        )
        after.append(await _recalled(scratch, questions[n % len(questions)]))
    return {
        "first_ms": round(first[0], 1),
        "cold": _figures(cold),
        "warm": _figures(warm),
        "after_a_write": _figures(after),
    }


async def _recalled(scratch: Scratch, question: str) -> tuple[float, float]:
    """Wall and CPU milliseconds of one recall."""
    wall, cpu = perf_counter(), process_time()
    await scratch.memory.recall(scratch.scope, question, k=5)
    return (perf_counter() - wall) * 1000, (process_time() - cpu) * 1000


def _figures(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    walls, cpus = sorted(wall for wall, _ in times), [cpu for _, cpu in times]
    return {
        "p50_ms": round(statistics.median(walls), 1),
        "p95_ms": round(walls[int(0.95 * (len(walls) - 1))], 1),
        "cpu_p50_ms": round(statistics.median(cpus), 1),
        "n": len(walls),
    }


def main() -> int:
    """Exit code 1 when the median of warm recalls is above the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", default=[], help="folder with corpus and questions")
    parser.add_argument("--memory", default=None, help="a store's URL; a scratch SQLite file otherwise")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    figures = asyncio.run(measure(arguments))
    target = arguments.json or RESULTS / f"recall-{figures['store']}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
