"""Gathers what an evaluator sees: one answered case with its run's recording, checkpoints and lineage, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.evals.case import Case
from stemma.evals.evaluator import CaseView, frozen
from stemma.evals.recording import Recording
from stemma.graphs.policy import Actor
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Direction, Lineage
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Scope

_CHECKPOINTS = 1_000
"""A run has far fewer; the newest of a longer thread are shown."""


async def lineage_of(memory: LongTermMemory, scope: Scope, output: Mapping[str, Any]) -> list[Lineage]:
    """Upwards: of the answer where memory keeps it, otherwise of each cited item once, in order of citation.

    What the scope cannot see is left out. Raises what the store raises.
    """
    own = output.get("answer_id")
    ids = [str(own)] if own else [str(citation["id"]) for citation in output.get("citations") or ()]
    found = []
    for item_id in dict.fromkeys(ids):
        try:
            found.append(await memory.lineage(scope, item_id, Direction.UPSTREAM))
        except UnknownItem:
            continue
    return found


async def view_of(
    runtime: Runtime,
    actor: Actor,
    case: Case,
    *,
    output: Mapping[str, Any],
    recording: Recording,
    lineage: list[Lineage],
    ids: Mapping[str, str],
    milliseconds: float,
) -> CaseView:
    """Raises what the run store raises."""
    run = await runtime.get_run(actor, ids["thread_id"], ids["run_id"])
    history = await runtime.history(actor, ids["thread_id"], limit=_CHECKPOINTS)
    given = run.request.input
    return CaseView(
        inputs=frozen(given if isinstance(given, Mapping) else {"input": given}),
        output=frozen(output),
        expected=frozen(case),
        run_id=ids["run_id"],
        thread_id=ids["thread_id"],
        milliseconds=milliseconds,
        recording=frozen(recording),
        checkpoints=frozen(history[::-1]),
        lineage=frozen(lineage),
    )
