"""What every `stemma eval` command that measures does around the measuring: folder, progress, files, words, exit code.

With --json standard output gets one JSON object as its last line and nothing else; progress and notes go to standard
error. What is measured is decided by who calls.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from stemma.evals.metrics.intervals import Sampling
    from stemma.evals.progress import Phase
    from stemma.evals.results import Evaluation
    from stemma.evals.settings import EvalSettings


def sampling_of(settings: EvalSettings) -> Sampling:
    """How intervals are drawn, as the settings say."""
    from stemma.evals.metrics.intervals import Sampling

    return Sampling(settings.seed, settings.resamples, settings.level)


def results_folder(out: Path | None, settings: EvalSettings, kind: str) -> Path:
    """The results folder, made before anything is measured so that a wrong one is found at once."""
    from stemma.evals.results import new_folder

    return new_folder(out, settings.folder, kind)


def carried_out(folder: Path, work: Callable[[Phase], Awaitable[Evaluation]]) -> Evaluation:
    """Do the work under a progress bar. What fails leaves no empty results folder behind."""
    from stemma.evals.progress import terminal_progress

    async def with_progress() -> Evaluation:
        with terminal_progress() as phase:
            return await work(phase)

    try:
        return asyncio.run(with_progress())
    except BaseException:
        with suppress(OSError):  # not empty: somebody's own folder, or a run store that tells what happened
            folder.rmdir()
        raise


def finish(evaluation: Evaluation, folder: Path, settings: EvalSettings, *, as_json: bool) -> None:
    """Write, print, and exit with the code that the evaluation earned."""
    from stemma.evals.page.document import page_of
    from stemma.evals.results import write_results

    write_results(folder, evaluation, page_of(evaluation, settings.page_cases))
    code = evaluation.exit_code
    summary = {**evaluation.summary(), "exit_code": int(code), "out": str(folder)}
    _print(summary, to_stderr=as_json)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    raise typer.Exit(code)


def _print(summary: dict[str, Any], *, to_stderr: bool) -> None:
    from stemma.evals.terminal import lines_of

    for line in lines_of(summary):
        typer.echo(line, err=to_stderr)
