"""The commands `ingest`, `recall`, `remember` and `memory`: their names, arguments and help.

Decides what can be typed. What a command does and prints stands in `shell.py`, which is imported only when a command
runs, so that help answers at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from stemma.memory.consolidation.commands import consolidation_app
from stemma.memory.contradictions.commands import contradictions_app
from stemma.memory.exchange.commands import exchange_app
from stemma.memory.history.commands import AsOf, KnownAt, history_app, moment
from stemma.memory.lineage_commands import lineage_app

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None
)  # loading rich doubles the time of --help
memory_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="What memory holds, where it came from, and taking it back.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Kind = Literal["sources", "passages", "entities", "claims", "answers", "retractions"]
StandingName = Literal["unsupported", "withdrawn", "quarantined", "stale"]
User = Annotated[str, typer.Option("--user", help="Narrow to one user's memory.")]


@app.command()
def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|- ...", help="Files and folders, or - for input."),
    ],
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Read documents into memory. The same document again changes nothing; a changed one becomes a new version.

    Markdown, text, HTML, CSV, mail (.eml) with what is attached, and JSONL rows of id, title and text; with
    stemma-agents[ingest] also PDF, Word (.docx), PowerPoint (.pptx), Excel (.xlsx) and Outlook mail (.msg).

    Ends with 1 when a document could not be read: it is named, and the others are stored.
    """
    from stemma.memory.shell import ingest_paths

    raise typer.Exit(ingest_paths(paths, user=user, as_json=as_json))


@app.command()
def recall(
    query: Annotated[str, typer.Argument(help="A question, or words.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=1000, help="How many hits.")] = 5,
    recipe: Annotated[str, typer.Option(help="graph, hybrid, dense or lexical (default: MEMORY_RECIPE).")] = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Search memory: the best passages and claims, each with its scores and its source.

    With --known-at as memory was at a time, with --as-of of what held in the world at a time: 2026-03-01, or with a
    time of day as 2026-03-01T12:00+01:00; in UTC where it says no zone.
    """
    import asyncio

    from stemma.memory.shell import Moments, print_hits

    moments = Moments(as_of=moment(as_of, "--as-of"), known_at=moment(known_at, "--known-at"))
    asyncio.run(print_hits(query, k=k, recipe=recipe or None, moments=moments, user=user, as_json=as_json))


@app.command()
def remember(
    text: Annotated[str, typer.Argument(help="A statement, in quotes.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Whose it is; without it, your login name.")] = "",
    title: Annotated[str, typer.Option(help="What it is about.")] = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Keep what a person says as a source of its own. Said again, it is the same one."""
    import asyncio

    from stemma.memory.retraction_shell import login_name
    from stemma.memory.shell import print_kept

    asyncio.run(print_kept(text, by=by.strip() or login_name(), title=title, user=user, as_json=as_json))


@memory_app.command("ls")
def list_items(
    kind: Annotated[Kind, typer.Argument(help="Of what.")] = "sources",
    standing: Annotated[
        StandingName | None, typer.Option(help="Only these; an answer that is unsupported is tainted.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """List what memory holds, newest first."""
    import asyncio

    from stemma.memory.lineage.model import Standing
    from stemma.memory.shell import print_items

    narrowed = Standing(standing) if standing else None
    asyncio.run(print_items(kind, standing=narrowed, limit=limit, offset=offset, user=user, as_json=as_json))


@memory_app.command("show")
def show(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An id that ls, recall or ask printed.")],
    known_at: KnownAt = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Show one source, passage, entity, claim, answer or retraction; with --known-at as it stood at a time."""
    import asyncio

    from stemma.memory.shell import print_item

    asyncio.run(print_item(item_id, known_at=moment(known_at, "--known-at"), user=user, as_json=as_json))


@memory_app.command("stats")
def stats(user: User = "", as_json: AsJson = False) -> None:
    """Count what memory holds, and what of it was taken back."""
    import asyncio

    from stemma.memory.shell import print_statistics

    asyncio.run(print_statistics(user=user, as_json=as_json))


@memory_app.command("reindex")
def reindex(
    embedder: Annotated[str, typer.Option(help="Change to this embedder (default: MEMORY_EMBEDDER).")] = "",
    abandon: Annotated[bool, typer.Option("--abandon", help="Drop what an unfinished reindexing has made.")] = False,
    as_json: AsJson = False,
) -> None:
    """Embed everything again with another embedder. Recall uses the old one until all is done.

    Ctrl-C keeps what is done (exit code 130); the same command goes on from there.
    """
    from stemma.memory.reindex_shell import reindex as embed_again

    raise typer.Exit(embed_again(embedder, abandon=abandon, as_json=as_json))


memory_app.add_typer(lineage_app)
memory_app.add_typer(history_app)
memory_app.add_typer(contradictions_app)
memory_app.add_typer(exchange_app)
memory_app.add_typer(consolidation_app)
