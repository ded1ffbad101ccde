"""What ingestion needs from whoever finds statements in texts: the port `ClaimExtractor` and its values.

Decides the contract only. Rules stand in `statements.py`; a language model's extractor is brought by `stemma.graphs`.
Ids, quotes and confidence are never the extractor's business (`claims.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class NamedSpan(NamedTuple):
    """Characters [start, end) of a text that name something, and the name to show."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as an extractor sees it: its text, the title it stands under, and what it names, in order."""

    title: str
    text: str
    named: Sequence[NamedSpan] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What a passage states. `quote` are the words that state it, verbatim; `text` may say them more plainly."""

    text: str
    quote: str
    start: int = 0
    """Where the quote begins in the passage, as far as it is known; memory looks for it when it is not there."""
    subject: str = ""
    predicate: str = ""
    object: str = ""
    about: NamedSpan | None = None
    """What the quote speaks of without naming it: the characters of the quote that stand for it ("It", "Its"), and its
    name. The subject then says the name in their place."""
    topic: str = ""
    """What tells it from the same words said of something else; empty where the text says by itself what it is about.
    It takes part in the claim's id."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found in one passage."""

    statements: Sequence[Statement] = ()
    dropped: int = 0
    """Statements that the extractor itself took back."""
    failure: str = ""
    """Why nothing was found, when the extractor failed here; empty otherwise."""


class ClaimExtractor(Protocol):
    """Finds statements about named things. It raises nothing and always ends: a failure is told in `Extraction`."""

    @property
    def name(self) -> str:
        """What derivations say about their origin, for example "rule:statements" or "openai:gpt-5-mini"."""

    async def extract(self, excerpts: Sequence[Excerpt]) -> list[Extraction]:
        """One extraction for each excerpt, in order."""
