"""What somebody says, as a document: clean, signed, and the same one when it is said again."""

from __future__ import annotations

import pytest

from stemma.memory.ingest.testimony import testimony as document_of
from stemma.memory.model import Document, SourceKind


def said(text: str, *, by: str = "ann", title: str = "", trust: float = 1.0) -> Document:
    return document_of(text, by=by, title=title, kind=SourceKind.PERSON, trust=trust)


def test_control_characters_are_gone_whoever_brings_them() -> None:
    kept = said("\ufeffPier 4\x1b[2J is\x00 shut.\r\nFor\tgood \ud83d.", by=" ann\x07\nberg ", title=" Pier\x00\n4 ")
    assert kept.text == "Pier 4[2J is shut.\nFor\tgood \ufffd."
    assert (kept.title, kept.metadata["by"]) == ("Pier 4", "ann berg")
    assert kept.uri.startswith("person:ann%20berg/")


def test_what_differs_in_control_characters_alone_is_the_same() -> None:
    assert said("Pier 4 is shut.\x00").uri == said("Pier 4 is shut.").uri != said("Pier 4 is open.").uri


@pytest.mark.parametrize(("by", "trust"), [("", 1.0), (" \x00", 1.0), ("ann", 1.5), ("ann", -0.1)])
def test_nobody_and_impossible_trust_are_refused(by: str, trust: float) -> None:
    with pytest.raises(ValueError, match=r"by|trust"):
        said("Pier 4 is shut.", by=by, trust=trust)
