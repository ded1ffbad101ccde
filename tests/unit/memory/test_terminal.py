"""What a hostile document may not do to a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.item_view import details, summary
from stemma.memory.model import Entity, Scope
from stemma.memory.terminal import printable, shortened


@given(st.text())
def test_no_control_character_comes_through(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(char).startswith("C") for char in shown)
    assert "\n" not in shown


def test_escape_sequences_and_reversed_lines_are_defused() -> None:
    assert (
        printable("\x1b[2J\x1b]0;title\x07 a\u202eb\r\nnext\tcell")
        == "\ufffd[2J\ufffd]0;title\ufffd a\ufffdb next cell"
    )


@given(st.text(), st.integers(1, 50))
def test_shortened_is_not_longer(text: str, width: int) -> None:
    assert len(shortened(text, width)) <= width


def test_items_are_shown_without_control_characters() -> None:
    thing = Entity("id", Scope("t"), "\x1b[31mred[/red] [bold]", "k\x00d")
    assert summary(thing) == "id  \ufffd[31mred[/red] [bold]  (k\ufffdd)"
    assert all("\x1b" not in line for line in details(thing))
