"""What a correction contradicts, and what feedback is none."""

from __future__ import annotations

import pytest

from stemma.memory.feedback import Feedback, contradicts

QUESTION = "Who is the harbour master of Port Merrow?"
MASTER = "The harbour master of Port Merrow is Mira Holt."


@pytest.mark.parametrize(
    ("claim", "correction"),
    [
        ("Its harbour master is Tomas Reyl.", MASTER),
        ("The harbour master of Port Merrow is Tomas Reyl.", "Mira Holt."),
        ("The harbour master of Port Merrow is Tomas Reyl [1].", f"It closes at noon. {MASTER}"),
        ("The channel is dredged to 13.4 metres.", "The channel is dredged to 14 metres."),
        ("The lead time is ninety days.", "The lead time is twelve days."),
        ("The terminal is not closed at night.", "The terminal is closed at night."),
    ],
    ids=str,
)
def test_another_name_number_or_negation_contradicts(claim: str, correction: str) -> None:
    assert contradicts(claim, correction, QUESTION)


@pytest.mark.parametrize(
    ("claim", "correction"),
    [
        (MASTER, MASTER),
        ("Its harbour master is Mira Holt.", MASTER),
        ("Port Merrow lies on the Wend estuary.", MASTER),
        ("Northwind Lines sails to Bergen.", "The lead time of Northwind Lines is twelve days."),
        ("The terminal closes at night.", MASTER),
        ("The channel is deep.", "The channel is shallow."),
        ("", MASTER),
    ],
    ids=str,
)
def test_the_same_and_something_else_do_not(claim: str, correction: str) -> None:
    assert not contradicts(claim, correction, QUESTION)


def test_what_is_said_is_cleaned() -> None:
    feedback = Feedback("r", "t", " ann\x00", correction=f" {MASTER}\r\n", comment="half a pair: \ud83d")
    assert (feedback.by, feedback.correction, feedback.comment) == ("ann", MASTER, "half a pair: \ufffd")
