"""Crons under kill -9 of real processes, at reduced size; `python -m bench.crons` is the full one."""

from __future__ import annotations

import pytest

from bench.crons import bench


@pytest.mark.timeout(110)
async def test_no_firing_is_lost_or_doubled_when_a_process_dies() -> None:
    verdict = await bench(processes=2, crons=6, seconds=3, kills=2, seed=11)
    assert verdict.fired >= 6
    assert (verdict.doubled, verdict.lost, verdict.unfinished) == (0, 0, 0)
