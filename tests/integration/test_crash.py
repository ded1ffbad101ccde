"""Kill -9 of real processes, at reduced size; `python -m bench.crash` is the full one."""

from __future__ import annotations

import pytest

from bench.crash import bench


@pytest.mark.timeout(110)
async def test_nothing_acknowledged_is_lost_and_no_finished_step_runs_again() -> None:
    verdict = await bench(rounds=2, submits=24, seed=20)
    assert verdict.acknowledged >= 2
    assert verdict.interrupted_runs > 0, "the kills fell where they show nothing; choose another seed"
    assert verdict.siblings_kept > 0, "no kill fell between two parallel steps; choose another seed"
    assert (verdict.lost, verdict.unfinished) == (0, 0)
    assert verdict.rerun_steps == 0
    assert (verdict.missing_frames, verdict.repeated_frames) == (0, 0)
