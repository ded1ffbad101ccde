"""What `stemma feedback` does and prints. Failures are raised, and become three lines in the command's entry point."""

from __future__ import annotations

import json

import typer

from stemma.graphs.feedback import Opinion, feedback_on, give_feedback, score_of
from stemma.graphs.local import open_local
from stemma.graphs.policy import LOCAL
from stemma.graphs.terminal import find_run
from stemma.memory.feedback import KeptFeedback, feedback_record
from stemma.memory.lineage.flags import flags
from stemma.memory.retraction_shell import login_name
from stemma.memory.terminal import printable, shortened

_SHOWN = 1_000


async def print_given(run_id: str, *, score: str, correction: str, comment: str, by: str, as_json: bool) -> None:
    """Keep an opinion on a run and say what became of it. `score` is empty, or what `score_of` reads."""
    opinion = Opinion(score_of(score) if score else None, correction, comment, by.strip() or login_name())
    async with open_local(worker=False) as local:
        run = await find_run(local.runtime, run_id)
        kept = await give_feedback(local.runtime, local.memory, LOCAL, run.thread_id, run.run_id, opinion)
    if as_json:
        typer.echo(json.dumps(feedback_record(kept), ensure_ascii=False))
        return
    for line in given_lines(kept):
        typer.echo(line)


async def print_feedback(run_id: str, *, as_json: bool) -> None:
    """What was said about a run, newest first."""
    async with open_local(worker=False) as local:
        run = await find_run(local.runtime, run_id)
        found, total = await feedback_on(local.runtime, local.memory, LOCAL, run.thread_id, run.run_id, limit=_SHOWN)
    if as_json:
        typer.echo(
            json.dumps({"feedback": [feedback_record(kept) for kept in found], "total": total}, ensure_ascii=False)
        )
        return
    if not found:
        typer.echo(f"nothing was said about run {run.run_id}: stemma feedback {run.run_id} --score down --correction …")
    for kept in found:
        typer.echo(f"{kept.source.id}  {_said(kept)}")


def given_lines(kept: KeptFeedback) -> list[str]:
    """What was kept, what it changed, and what to type to undo it."""
    lines = [f"kept as source {kept.source.id}  {_said(kept)}"]
    if not kept.source.supported:
        return [*lines, "it was taken back, and stays so: stemma memory ls retractions"]
    if kept.feedback.correction:
        lines.append("from now on it is recalled and cited")
    lines += [f"it stands in the place of claim {claim}" for claim in kept.superseded]
    return [*lines, f"undo: stemma memory retract {kept.source.id} --reason …"]


def _said(kept: KeptFeedback) -> str:
    said = kept.feedback
    score = "" if said.score is None else f"score {said.score:g}"
    words = [f"{name}: {shortened(text, 100)}" for name, text in _texts(kept) if text]
    marks = f" ({', '.join(flags(kept.source))})" if flags(kept.source) else ""
    return f"{printable(said.by)}: {'; '.join(part for part in (score, *words) if part)}{marks}"


def _texts(kept: KeptFeedback) -> list[tuple[str, str]]:
    return [("correction", kept.feedback.correction), ("comment", kept.feedback.comment)]
