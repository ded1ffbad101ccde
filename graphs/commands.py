"""`stemma ask`, `feedback`, `runs …` and `backup`: durable runs from the terminal, in this process.

Decides what they print. They use the same stores as a server on this machine, so a run that is asked for here can be
shown, replayed and forked there, and the other way round.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(rich_markup_mode=None)
runs_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="List, show, replay, fork and cancel runs.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
RunId = Annotated[str, typer.Argument(help="Run id; its first characters do when they name one run.")]
Checkpoint = Annotated[
    str,
    typer.Option("--checkpoint", "-c", help="Checkpoint id or the name of the step to go back before."),
]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    thread: Annotated[str, typer.Option(help="Go on in this thread; a new one otherwise.")] = "",
    as_json: Json = False,
) -> None:
    """Ask one question and watch each step."""
    from stemma.graphs.terminal import ask_once

    asyncio.run(ask_once(question, thread=thread, as_json=as_json))


@app.command()
def feedback(
    run: RunId,
    score: Annotated[str, typer.Option(help="up, down, or a number from 0 to 1.")] = "",
    correction: Annotated[str, typer.Option(help="What is true instead, in full sentences: answers may cite it.")] = "",
    comment: Annotated[str, typer.Option(help="Anything else; kept, never recalled.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Whose it is; without it, your login name.")] = "",
    as_json: Json = False,
) -> None:
    """Say what a run got right or wrong; with nothing to say, list what was said about it."""
    from stemma.graphs.feedback_shell import print_feedback, print_given

    if score or correction or comment:
        asyncio.run(print_given(run, score=score, correction=correction, comment=comment, by=by, as_json=as_json))
    else:
        asyncio.run(print_feedback(run, as_json=as_json))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="Folder to write the copies to; made if it is not there.")],
    as_json: Json = False,
) -> None:
    """Copy memory and runs, consistent, while they are in use."""
    from stemma.graphs.terminal import back_up

    target.mkdir(parents=True, exist_ok=True)
    written = asyncio.run(back_up(target))
    if as_json:
        typer.echo(json.dumps({"written": [str(path) for path in written]}))
        return
    for path in written:
        typer.echo(f"wrote {path}  ({path.stat().st_size / 1e6:.1f} MB)")


@runs_app.command("ls")
def list_runs(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    status: Annotated[str, typer.Option(help="Only runs with this status.")] = "",
    as_json: Json = False,
) -> None:
    """The newest runs."""
    from stemma.graphs.terminal import newest_runs

    rows = asyncio.run(newest_runs(limit, status))
    if as_json:
        typer.echo(json.dumps({"runs": rows}))
        return
    if not rows:
        typer.echo('no runs yet: stemma ask "…"')
    for row in rows:
        typer.echo(f"{row['run_id']}  {row['created_at'][:19]}  {row['status']:11}  {row['graph']:10}  {row['input']}")


@runs_app.command()
def show(run: RunId, as_json: Json = False) -> None:
    """What a run did, step by step, and the checkpoints to go back to."""
    from stemma.graphs.terminal import show_run

    asyncio.run(show_run(run, as_json=as_json))


@runs_app.command()
def replay(run: RunId, checkpoint: Checkpoint = "", as_json: Json = False) -> None:
    """Run again from a checkpoint (its first one otherwise), on a new branch; the old one stays."""
    from stemma.graphs.terminal import run_again

    asyncio.run(run_again(run, checkpoint, {}, as_json=as_json))


@runs_app.command()
def fork(
    run: RunId,
    values: Annotated[
        list[str], typer.Option("--set", help="key=value of the state to change; the value may be JSON.")
    ],
    checkpoint: Checkpoint = "",
    as_json: Json = False,
) -> None:
    """Change the state at a checkpoint and run on from there; the old branch stays."""
    from stemma.graphs.terminal import run_again

    asyncio.run(run_again(run, checkpoint, _assignments(values), as_json=as_json))


@runs_app.command()
def cancel(run: RunId, as_json: Json = False) -> None:
    """Stop a run that waits or works, in this process or in a server's."""
    from stemma.graphs.terminal import cancel_run

    ended = asyncio.run(cancel_run(run))
    typer.echo(json.dumps(ended) if as_json else f"run {ended['run_id']} is {ended['status']}")


def _assignments(pairs: list[str]) -> dict[str, Any]:
    """["k=4", "question=Who?"] -> {"k": 4, "question": "Who?"}: a value that is JSON is read as such."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{pair!r} is not key=value", param_hint="--set")
        try:
            found[key] = json.loads(value)
        except json.JSONDecodeError:
            found[key] = value
    return found
