"""What a person reads of one item, one edge and one decision: short texts, fit for a terminal and for a picture. Pure.

Decides the wording. All that came from outside goes through `printable`. It cuts nothing: whoever draws knows the room.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from stemma.memory.lineage.model import LineageEdge, Retraction, RetractionKind
from stemma.memory.model import Answer, Claim, Passage, Position, Source, SourceKind
from stemma.memory.terminal import printable

Explained = Source | Passage | Claim | Answer
"""What a lineage holds."""

_TAKEN_BACK = {
    RetractionKind.WITHDRAWAL: "withdrawn",
    RetractionKind.QUARANTINE: "put into quarantine",
}


def label(item: Explained) -> str:
    """What it is: source, passage, claim or answer."""
    return type(item).__name__.lower()


def headline(item: Explained) -> str:
    """What it says, or is called."""
    match item:
        case Source(kind=SourceKind.STORE):
            return printable(f"{item.title}: {item.metadata.get('value', '')}")
        case Source():
            return printable(item.title) or printable(item.uri)
        case Passage():
            title = printable(item.title)
            return f"{title}: {printable(item.text)}" if title else printable(item.text)
        case Claim() | Answer():
            return printable(item.text)


def places(item: Explained) -> list[str]:
    """Where and when: the address of a source, the page of a passage, the run and thread of an answer."""
    match item:
        case Source():
            parts = [printable(item.uri), f"version {item.version}, {day(item.added_at)}"]
        case Passage():
            parts = [place(item.position)]
        case Claim():
            parts = [f"recorded {day(item.recorded_at)}"]
        case Answer():
            run = f"run {printable(item.run_id)}" if item.run_id else ""
            thread = f"thread {printable(item.thread_id)}" if item.thread_id else ""
            parts = [run, thread, day(item.recorded_at)]
    return [part for part in parts if part]


def place(position: Position) -> str:
    """The page or sheet; empty for a text that has neither."""
    page = f"page {position.page}" if position.page is not None else ""
    sheet = f"sheet {printable(position.sheet)}" if position.sheet else ""
    return " of ".join(part for part in (page, sheet) if part)


def evidence(edges: Sequence[LineageEdge]) -> list[str]:
    """The words that edges between the same two items rest on, each with its place in the antecedent's text."""
    quotes = dict.fromkeys((edge.quote, edge.start, edge.end) for edge in edges if edge.quote)
    return [f"“{printable(quote)}” (characters {start} to {end})" for quote, start, end in quotes]


def repeated(edges: Sequence[LineageEdge]) -> str:
    """How often something was said, where it was more than once."""
    runs = {edge.run_id for edge in edges if edge.run_id}
    return f"{len(runs)} runs" if len(runs) > 1 else ""


def decision(retraction: Retraction) -> str:
    """Who took something back, when and why, and whether that was lifted."""
    made = f"{_TAKEN_BACK[retraction.kind]} by {printable(retraction.actor)}, {moment(retraction.at)}"
    reason = printable(retraction.reason)
    text = f"{made}: {reason}" if reason else made
    if retraction.lifted_at is None:
        return text
    return f"{text}; given back by {printable(retraction.lifted_by)}, {moment(retraction.lifted_at)}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def counted(number: int, noun: str) -> str:
    """ "1 claim", "2,000 claims"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
