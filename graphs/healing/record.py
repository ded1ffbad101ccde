"""Plans and progress as plain values, for `--json` and for clients. Decides that both have the same rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stemma.graphs.healing.model import Plan, Progress

TO_DO = "to do"
"""How a plan counts the answers that would be given again."""


def plan_record(plan: Plan) -> dict[str, Any]:
    """What healing would do."""
    return {
        "retraction_id": plan.retraction.id,
        "dry_run": True,
        "thread_id": None,
        "run_id": None,
        "status": None,
        "total": len(plan.answers),
        "done": 0,
        "counts": dict(Counter(str(row.outcome or TO_DO) for row in plan.answers)),
        "hidden": plan.hidden,
        "truncated": plan.truncated,
        "answers": [row.record() for row in plan.answers],
    }


def progress_record(progress: Progress) -> dict[str, Any]:
    """How far a healing is, with the answers that are done."""
    return {
        "retraction_id": progress.retraction,
        "dry_run": False,
        "thread_id": progress.thread_id if progress.run is not None else None,
        "run_id": progress.run.run_id if progress.run is not None else None,
        "status": progress.status.value if progress.run is not None else None,
        "total": progress.total,
        "done": len(progress.done),
        "counts": progress.counts,
        "hidden": progress.hidden,
        "truncated": progress.truncated,
        "answers": [dict(row) for row in progress.done],
    }
