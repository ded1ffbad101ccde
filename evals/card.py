"""A data set's card: card.json beside the questions, what a reader must know before trusting a figure.

Decides its fields and what a stated hash means: the data is exactly that, and a set that was changed since is refused
until its card gets a new version. A set without a card, or a card without a hash, is read as it is.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from stemma.evals.errors import InvalidDataset
from stemma.evals.results import write_json

CARD = "card.json"


@dataclass(frozen=True, slots=True)
class Card:
    """Where a data set comes from."""

    version: str
    origin: str = ""
    """Who made the data, and where it is published."""
    licence: str = ""
    """As its authors state it."""
    made: str = ""
    """How questions, answers and gold came about."""
    generated: bool = False
    """No person wrote the questions: a program did."""
    hash: str = ""
    """SHA-256 (hex) of the content (`Dataset.hash` of this folder alone)."""


def read_card(folder: Path) -> Card | None:
    """None where there is none. Raises `InvalidDataset` for one that is not JSON or has a field of another type."""
    file = folder / CARD
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise InvalidDataset(f"{file} is not JSON: {problem}") from problem
    if not isinstance(content, dict) or not isinstance(content.get("version"), str):
        raise InvalidDataset(f'{file} has no "version"', hint='{"version": "1", "origin": "…", "licence": "…"}')
    known = {each.name: content[each.name] for each in fields(Card) if each.name in content}
    for name, value in known.items():
        if not isinstance(value, bool if name == "generated" else str):
            raise InvalidDataset(f'{file}: "{name}" is not {"true or false" if name == "generated" else "text"}')
    return Card(**known)


def write_card(folder: Path, card: Card) -> None:
    """Write it whole or not at all. Raises `InvalidResults` when it cannot be written."""
    write_json(folder / CARD, asdict(card))


def check_card(folder: Path, card: Card, found: str) -> None:
    """Raises `InvalidDataset` when the card states another hash than the data has."""
    if card.hash and card.hash != found:
        raise InvalidDataset(
            f"{folder} is not what its card describes: version {card.version} has the hash {card.hash[:12]}…,"
            f" the data has {found[:12]}…",
            hint=f"undo the change, or give it a version of its own: stemma eval card {folder} --version NEXT",
        )
