"""The commands `ingest`, `recall` and `memory`: their names, arguments and help.

Decides what can be typed. What a command does and prints stands in `shell.py`, which is imported only when a command
runs, so that help answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None
)  # loading rich doubles the time of --help
memory_app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="List and show what memory holds."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Narrow to one user's memory.")]


@app.command()
def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|- ...", help="Files and folders (Markdown, text, HTML, JSONL), or - for input."),
    ],
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Read documents into memory. The same document again changes nothing; a changed one becomes a new version.

    Ends with 1 when a document could not be read: it is named, and the others are stored.
    """
    from stemma.memory.shell import ingest_paths

    raise typer.Exit(ingest_paths(paths, user=user, as_json=as_json))


@app.command()
def recall(
    query: Annotated[str, typer.Argument(help="A question, or words.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=1000, help="How many hits.")] = 5,
    recipe: Annotated[str, typer.Option(help="hybrid, dense or lexical (default: MEMORY_RECIPE).")] = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Search memory: the best passages and claims, each with its scores and its source."""
    import asyncio

    from stemma.memory.shell import print_hits

    asyncio.run(print_hits(query, k=k, recipe=recipe or None, user=user, as_json=as_json))


@memory_app.command("ls")
def list_items(
    kind: Annotated[str, typer.Argument(help="sources, passages, entities, claims or answers.")] = "sources",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """List what memory holds, newest first."""
    import asyncio

    from stemma.memory.shell import print_items

    asyncio.run(print_items(kind, limit=limit, offset=offset, user=user, as_json=as_json))


@memory_app.command("show")
def show(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An id that ls, recall or ask printed.")],
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Show one source, passage, entity, claim or answer, and what it rests on."""
    import asyncio

    from stemma.memory.shell import print_item

    asyncio.run(print_item(item_id, user=user, as_json=as_json))
