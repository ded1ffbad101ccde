"""What a run's values say, and when two answers are the same."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.graphs.healing.difference import asked_of, outcome, said
from stemma.graphs.healing.model import Outcome, Said


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"answer": "Four. [1]", "messages": [{"content": "Nine."}]}, "Four. [1]"),
        ({"messages": [{"content": "How many?"}, {"content": "Four."}, {"content": [{"type": "image"}]}]}, "Four."),
        ({"n": 4}, '{"n":4}'),
        (None, ""),
        ([1], "[1]"),
    ],
)
def test_what_is_said_is_found_in_any_graphs_values(values: Any, text: str) -> None:
    assert said(values).text == text


def test_what_memory_kept_stands_in() -> None:
    assert said(None, text="Four.").text == "Four."


def test_sources_are_named_once() -> None:
    cited = [{"source_id": "a"}, {"source_id": "b"}, {"source_id": "a"}, {}]
    assert said({"answer": "x", "citations": cited}).sources == ("a", "b")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (Said("Port Calder has four berths. [1]"), Said("port calder has FOUR berths [2]."), Outcome.SAME),
        (
            Said("Port Calder has four berths. [1] It lies in the north. [2]", "four"),
            Said("It lies in the north. [1] Port Calder has four berths. [2]", "four"),
            Outcome.SAME,
        ),
        (Said("Port Calder has nine berths.", "nine"), Said("Port Calder has four berths.", "four"), Outcome.CHANGED),
        (Said("Port Calder has nine berths."), Said("Port Calder has four berths."), Outcome.CHANGED),
        (
            Said("The lead time is 90 days. It is 35 days.", "35 days"),
            Said("It is 35 days.", "35 days"),
            Outcome.CHANGED,
        ),
        (Said("It is 35 days.", "35 days"), Said("It is 35 days. Ask Ann.", "35 days"), Outcome.SAME),
        (Said("Four."), Said("I cannot tell.", abstained=True), Outcome.ABSTAINS),
        (Said("I cannot tell.", abstained=True), Said("Nothing says so.", abstained=True), Outcome.SAME),
        (Said("I cannot tell.", abstained=True), Said("Four."), Outcome.CHANGED),
    ],
)
def test_the_same_answer_says_all_that_the_old_one_said(old: Said, new: Said, found: Outcome) -> None:
    assert outcome(old, new) is found


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"question": "Who?"}, "Who?"),
        ({"messages": [{"role": "user", "content": "Who?"}]}, "Who?"),
        ("Who?", "Who?"),
        ({"n": 1}, ""),
        (None, ""),
    ],
)
def test_what_was_asked(given: Any, asked: str) -> None:
    assert asked_of(given) == asked
