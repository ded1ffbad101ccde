"""Servers that the tests of one module share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

from tests.integration.live_server import KEY, Live, live_server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server without a key."""
    async with live_server(tmp_path_factory.mktemp("live"), max_body_bytes=200_000) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def locked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server with a key."""
    async with live_server(tmp_path_factory.mktemp("locked"), key=KEY) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk(live: Live) -> AsyncIterator[LangGraphClient]:
    """The official SDK on the server without a key."""
    async with live.client() as client:
        yield client
