"""`stemma eval report DIR`: what an evaluation or a night found, printed again, and its reports made anew.

Decides the words. It exits with the code that the evaluation earned, so that reading a failure does not turn it green.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def report(
    results: Annotated[Path, typer.Argument(help="The folder that an evaluation or a night wrote.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Print stored results again, and write their page, Markdown and JUnit file anew."""
    from stemma.evals.nightly.record import read_night
    from stemma.evals.nightly.report import as_markdown
    from stemma.evals.settings import EvalSettings
    from stemma.evals.stored import rebuild
    from stemma.evals.terminal import lines_of

    if (night := read_night(results)) is not None:
        typer.echo(as_markdown(night), err=as_json)
        summary, code = night.as_json(), int(night.exit_code)
    else:
        evaluation = rebuild(results, EvalSettings().page_cases)
        code = int(evaluation.exit_code)
        summary = {**evaluation.summary(), "exit_code": code, "out": str(results)}
        for line in lines_of(summary):
            typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    raise typer.Exit(code)
