"""`stemma eval card`: show a data set's card, or write one with the hash of what is there now."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def card(
    folder: Annotated[Path, typer.Argument(help="The data folder.")],
    version: Annotated[str, typer.Option("--version", help="Write the card, with this version.")] = "",
    origin: Annotated[str, typer.Option("--origin", help="Who made the data, and where it is published.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="As the authors state it.")] = "",
    made: Annotated[str, typer.Option("--made", help="How questions, answers and gold came about.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Show a data set's card and check it, or with --version write one for the data as it is now."""
    from stemma.evals.card import Card, read_card, write_card
    from stemma.evals.dataset import read_dataset
    from stemma.evals.errors import InvalidDataset

    before = read_card(folder)
    if not version and (before is None or origin or licence or made):
        raise InvalidDataset(f"{folder} has no card to show", hint=f"stemma eval card {folder} --version 1 --origin …")
    dataset = read_dataset([folder], check=not version)
    if version:
        known = before or Card(version)
        shown = Card(
            version,
            origin or known.origin,
            licence or known.licence,
            made or known.made,
            known.generated,
            dataset.hash,
        )
        write_card(folder, shown)
    else:
        shown = before or Card(version)
    for name, value in asdict(shown).items():
        typer.echo(f"{name:10} {value if value != '' else '–'}", err=as_json)
    if as_json:
        typer.echo(json.dumps({**asdict(shown), "questions": len(dataset.cases)}, ensure_ascii=False))
