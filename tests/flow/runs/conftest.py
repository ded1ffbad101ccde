"""A runtime over a scratch store, with a few small graphs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from stemma.graphs.catalog import Catalog
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from tests.flow.runs.graphs import catalog

Open = Callable[[], Awaitable[Runtime]]


@pytest.fixture
def settings(tmp_path: Path) -> GraphSettings:
    return GraphSettings(database_url=f"sqlite:///{tmp_path}/runs.db")


@pytest.fixture
def graphs() -> Catalog:
    return catalog()


@pytest.fixture
async def runtime(settings: GraphSettings, graphs: Catalog) -> AsyncIterator[Runtime]:
    async with await open_runtime(graphs, settings) as opened:
        yield opened
