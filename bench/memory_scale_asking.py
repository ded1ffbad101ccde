"""What a fresh process waits for that asks a filled memory: its first question, all of them, and after writes.

Decides the order: questions first, on the memory as it was filled, then writes and decisions with a question after
each. It runs in a process of its own, so that its resident memory is what one that serves would have.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import psutil
from pydantic import SecretStr

from bench.memory_scale_corpus import Question
from bench.memory_scale_vectors import Asking, MadeUpVectors
from stemma.memory.ingest.embedders import open_embedder
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import Embedder
from stemma.memory.settings import MemorySettings

SCOPE = Scope("scale")
_K = 5
_WRITES, _DECISIONS = 10, 20


@dataclass(frozen=True, slots=True)
class Store:
    """Where a memory is, and the process that serves it, where that is another one."""

    url: str
    password: str = ""
    server: int | None = None


async def opened(store: Store, embedder: Embedder) -> LongTermMemory:
    settings = MemorySettings(password=SecretStr(store.password))
    return await open_memory(settings, url=store.url, embedder=embedder)


def asked(store: Store, vectors: MadeUpVectors, questions: Sequence[Question]) -> dict[str, Any]:
    """Ask all questions; the figures, times in milliseconds and memory in MB."""
    return asyncio.run(_asked(store, vectors, questions))


async def _asked(store: Store, vectors: MadeUpVectors, questions: Sequence[Question]) -> dict[str, Any]:
    bare = resident()
    async with await opened(store, Asking(vectors, open_embedder(MemorySettings()))) as memory:
        first, _ = await _recall(memory, questions[0])
        gc.freeze()  # as the server does
        began = process_time()
        new = [await _recall(memory, question) for question in questions]
        busy = process_time() - began
        full, server = resident(), resident(store.server) if store.server else 0.0
        again = [await _recall(memory, question) for question in questions]
        writes = [await _after_write(memory, n, questions[n]) for n in range(_WRITES)]
        decisions = await _decided(memory, questions)
    return {
        "first recall ms": first,
        "recall p50 ms": _median([time for time, _ in new]),
        "recall p95 ms": sorted(time for time, _ in new)[int(0.95 * len(new))],
        "recall cpu ms": 1000 * busy / len(new),
        "recall again p50 ms": _median([time for time, _ in again]),
        "recall@5": statistics.fmean(share for _, share in new),
        "recall@5 by kind": [round(statistics.fmean(share for _, share in new[kind::4]), 3) for kind in range(4)],
        "recall after a write p50 ms": _median(writes),
        **decisions,
        "asking MB": full,
        "asking MB at the start": bare,
        "server MB": server,
    }


async def _recall(memory: LongTermMemory, question: Question) -> tuple[float, float]:
    """Milliseconds, and the share of the right passages among the hits."""
    began = perf_counter()
    hits = await memory.recall(SCOPE, question.text, k=_K)
    time = 1000 * (perf_counter() - began)
    found = {hit.title.rpartition(" > ")[2] for hit in hits}
    return time, len(found.intersection(question.gold)) / len(question.gold)


async def _after_write(memory: LongTermMemory, number: int, question: Question) -> float:
    """Milliseconds of the recall that follows a new source."""
    text = f"Later. {question.gold[0]} sold it, and {question.sentence}"
    await memory.ingest(SCOPE, [Document(f"later/{number}", f"Later {number}", text)])
    return (await _recall(memory, question))[0]


async def _decided(memory: LongTermMemory, questions: Sequence[Question]) -> dict[str, float]:
    """Withdraw and restore sources of the answers, with a question after each withdrawal."""
    taken, after, given = [], [], []
    for question in questions[:_DECISIONS]:
        (hit,) = await memory.recall(SCOPE, question.text, k=1)
        began = perf_counter()
        effect = await memory.retract(SCOPE, hit.source_id, reason="a bench", actor="bench")
        taken.append(1000 * (perf_counter() - began))
        after.append((await _recall(memory, question))[0])
        assert effect.retraction
        began = perf_counter()
        await memory.restore(SCOPE, effect.retraction.id, actor="bench")
        given.append(1000 * (perf_counter() - began))
    return {
        "retraction p50 ms": _median(taken),
        "recall after a retraction p50 ms": _median(after),
        "restoration p50 ms": _median(given),
    }


def resident(process: int | None = None) -> float:
    """MB of a process, by default this one."""
    return float(psutil.Process(process).memory_info().rss) / 2**20


def _median(times: Sequence[float]) -> float:
    return statistics.median(times)
