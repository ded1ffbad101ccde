"""What clients are promised, at reduced size over real processes; `python -m bench.guarantees` is the full one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.guarantees import NAMES, measured


@pytest.mark.timeout(110)
@pytest.mark.parametrize("name", NAMES)
async def test_a_promise_holds(tmp_path: Path, name: str) -> None:
    figures = await measured(name, tmp_path, seed=7, small=True)
    assert not any(figures["faults"].values()), figures
