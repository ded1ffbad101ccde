"""The `stemma` command: mounts each package's commands, and turns a failure into three lines.

Decides which commands exist and where each is imported from, without importing any of it: `--help` must answer at once.
What a command does is decided in the package that owns it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter

COMMANDS = {
    "dev": ("stemma.api.commands:app", "Serve on this machine, one line a run."),
    "serve": ("stemma.api.commands:app", "Serve other machines (needs API_KEY)."),
    "init": ("stemma.api.project_commands:app", "Write a project that runs."),
    "check": ("stemma.api.project_commands:app", "Import every graph of a project, one line each."),
    "ask": ("stemma.graphs.commands:app", "Ask one question and watch each step."),
    "feedback": ("stemma.graphs.commands:app", "Say what a run got right or wrong."),
    "ingest": ("stemma.memory.commands:app", "Read documents into memory."),
    "recall": ("stemma.memory.commands:app", "Search memory."),
    "remember": ("stemma.memory.commands:app", "Keep what a person says, with who said it."),
    "runs": ("stemma.graphs.commands:runs_app", "List, show, replay, fork and cancel runs."),
    "memory": ("stemma.memory.commands:memory_app", "What memory holds, where it came from, and taking it back."),
    "eval": ("stemma.evals.commands:eval_app", "Score retrieval and answers."),
    "neo4j": ("stemma.memory.neo4j_commands:neo4j_app", "Run a real Neo4j without Docker."),
    "keys": ("stemma.graphs.keys.commands:keys_app", "Who may use a server: make and revoke keys."),
    "webhooks": ("stemma.graphs.webhooks.commands:webhooks_app", "Calls at a run's end: what signs them."),
    "backup": ("stemma.graphs.commands:app", "Copy the stores while they are in use."),
    "erase": ("stemma.api.erasure.commands:app", "Erase a person, or a tenant, from everything."),
    "doctor": ("stemma.api.commands:app", "Check that everything that is needed is there."),
    "openapi": ("stemma.api.commands:app", "Print the API's OpenAPI document."),
    "version": ("stemma.cli:version_app", "Print the version."),
}
"""Command -> the Typer app that holds it (a group of its own, or an app with a command of that name), and its help."""

JOINED = {"memory": "stemma.graphs.healing.commands:app"}
"""Group -> the app of one command that stands in it and belongs to a package above the group's own."""

version_app = typer.Typer()


@version_app.command("version")
def _version() -> None:
    """Print the version."""
    from importlib.metadata import version

    typer.echo(version("stemma-agents"))


def _loaded(place: str) -> Command:
    module, attribute = place.split(":")
    return get_command(getattr(import_module(module), attribute))


class LazyGroup(TyperGroup):
    """Imports a command's module only when that command is used; `stemma --help` shows stand-ins with the same text."""

    listing = False

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signature is Typer's
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name not in COMMANDS:
            return None
        place, text = COMMANDS[cmd_name]
        if self.listing:
            return TyperCommand(cmd_name, help=text)
        found = _loaded(place)
        if not isinstance(found, TyperGroup):
            return found
        if cmd_name in JOINED:
            found.add_command(_loaded(JOINED[cmd_name]))
        return found.get_command(ctx, cmd_name) or found

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        self.listing = True
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    rich_markup_mode=None,  # loading rich doubles the time of --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(no_args_is_help=True)
def stemma(debug: Annotated[bool, typer.Option("--debug", help="Show the trace of a failure.")] = False) -> None:
    """Durable LangGraph runs, a memory that knows where each statement came from, evals that catch its faults."""
    _ = debug  # read from the arguments in main(), where a failure ends


def main() -> None:
    """Run the command; a failure becomes three lines on standard error and its `exit_code` (2 unless it says)."""
    try:
        app()
    except Exception as failure:  # the border of the process
        if "--debug" in sys.argv[1:2]:
            raise
        print("\n".join(three_lines(failure)), file=sys.stderr)
        sys.exit(getattr(failure, "exit_code", 2))


def three_lines(failure: Exception) -> tuple[str, str, str]:
    """What happened, why, and what to type. An exception without a `hint` is not a known failure: it is our bug."""
    again = f"stemma --debug {' '.join(sys.argv[1:])}"
    if type(failure).__name__ == "ValidationError" and hasattr(failure, "title"):
        return _wrong_setting(failure)
    if not hasattr(failure, "hint"):
        return f"error: {type(failure).__name__}: {failure}", "  why: a fault in Stemma itself", f"  try: {again}"
    beneath = failure.__cause__
    kind = (type(failure).__doc__ or type(failure).__name__).strip().splitlines()[0]
    why = " ".join(f"{type(beneath).__name__}: {beneath}".split()) if beneath else kind
    return f"error: {failure}", f"  why: {why}", f"  try: {failure.hint or again}"


def _wrong_setting(failure: Any) -> tuple[str, str, str]:
    """A pydantic error of one of the settings classes: names the variable, never its value."""
    first = failure.errors()[0]
    prefix = {"MemorySettings": "MEMORY_", "GraphSettings": "GRAPHS_", "EvalSettings": "EVALS_", "ApiSettings": "API_"}
    name = prefix.get(failure.title, "") + str(first["loc"][0] if first["loc"] else "").upper()
    return f"error: {name} has an impossible value", f"  why: {first['msg']}", f"  try: unset {name}, or correct it"
