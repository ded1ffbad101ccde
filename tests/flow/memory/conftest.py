"""A folder with a filled memory, for the commands that are typed in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.flow.memory.memory_terminal import Filled, fill


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Filled:
    """A memory with two documents and two answers, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("MEMORY_EXTRACT", "off")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MEMORY_URL", raising=False)
    return asyncio.run(fill())
