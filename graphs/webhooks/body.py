"""What a webhook says: the run, as a client reads it, with what it came to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stemma.graphs.runs.model import Run
from stemma.graphs.runs.rows import to_json


def body_of(run: Run, values: Any) -> bytes:
    """JSON. `values`: those at the run's own last checkpoint, None when there are none."""
    request = run.request
    return to_json(
        {
            "run_id": run.run_id,
            "thread_id": run.thread_id,
            "assistant_id": run.assistant_id,
            "created_at": run.created_at.isoformat(),
            "updated_at": run.updated_at.isoformat(),
            "status": run.status.value,
            "metadata": run.metadata,
            "multitask_strategy": request.multitask_strategy,
            "kwargs": {
                "input": request.input,
                "command": request.command,
                "config": request.config,
                "context": request.context,
            },
            "error": run.error,
            "values": values,
            "webhook_sent_at": datetime.now(UTC).isoformat(),
        }
    )
