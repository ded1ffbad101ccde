"""The run store's contract over every adapter, and LangGraph's own conformance suite over our saver on each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate

from stemma.graphs.runs.memory_store import MemoryStore
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.saver import RunSaver
from stemma.graphs.runs.sqlite_store import SqliteStore
from tests.contracts import (
    assistant_store,
    cron_store,
    erasure_store,
    key_store,
    run_store,
    run_store_answers,
    run_store_rows,
    thread_store,
    webhook_store,
)

SUITES = (
    run_store,
    run_store_rows,
    run_store_answers,
    thread_store,
    assistant_store,
    key_store,
    cron_store,
    webhook_store,
    erasure_store,
)
CHECKS = [check for suite in SUITES for check in suite.CHECKS]
Open = Callable[[Path], RunStore]
ADAPTERS: dict[str, Open] = {
    "sqlite": lambda folder: SqliteStore(str(folder / "runs.db")),
    "memory": lambda _folder: MemoryStore(),
}


@pytest.fixture(params=sorted(ADAPTERS))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunStore]:
    opened = ADAPTERS[request.param](tmp_path)
    yield opened
    await opened.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
async def test_contract(check: Callable[[RunStore], Awaitable[None]], store: RunStore) -> None:
    await check(store)


@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
async def test_the_saver_passes_all_of_langgraphs_conformance_suite(adapter: str, tmp_path: Path) -> None:
    opened = 0

    async def factory() -> AsyncGenerator[BaseCheckpointSaver[int], None]:
        nonlocal opened
        opened += 1
        folder = tmp_path / str(opened)
        folder.mkdir()
        store = ADAPTERS[adapter](folder)
        yield RunSaver(store)
        await store.close()

    report = await validate(checkpointer_test(name=adapter)(factory))
    failures = [failure for result in report.results.values() for failure in result.failures or ()]
    assert failures == []
    assert [result.passed for result in report.results.values()] == [True] * 8
    assert sum(result.tests_passed for result in report.results.values()) >= 81
    assert sum(result.tests_skipped for result in report.results.values()) == 0
