"""Stream parts to rows, rows to JSON: the pure parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langgraph.types import Interrupt

from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.translate import Translator


def test_deltas_of_one_message_become_one_row() -> None:
    translator = Translator({})
    rows = []
    for word in ("one ", "two ", "three"):
        rows += translator.rows(((), "messages", (AIMessageChunk(content=word, id="m"), {"step": 1})))
    assert [name for name, _, _ in rows] == ["messages/metadata"]
    assert translator.holding
    (delta,) = translator.flush()
    assert delta[0] == "messages"
    assert orjson.loads(delta[2])[0]["content"] == "one two three"
    assert translator.flush() == []


def test_other_parts_do_not_overtake_deltas() -> None:
    translator = Translator({})
    translator.rows(((), "messages", (AIMessageChunk(content="one", id="m"), {})))
    assert [name for name, _, _ in translator.rows(((), "custom", 1))] == ["messages", "custom"]


def test_a_whole_message_is_complete_at_once() -> None:
    rows = Translator({}).rows((("sub:1",), "messages", (AIMessage("all", id="m"), {})))
    assert [(name, ns) for name, ns, _ in rows] == [("messages/metadata", "sub:1"), ("messages/complete", "sub:1")]


def test_an_interrupt_marks_the_values_it_came_with() -> None:
    translator = Translator({"": "c1"})
    rows = translator.rows(((), "updates", {"__interrupt__": (Interrupt(value="?", id="i"),)}))
    assert [name for name, _, _ in rows] == ["updates", "values"]
    assert orjson.loads(rows[1][2]) == {
        "checkpoint_id": "c1",
        "checkpoint_ns": "",
        "interrupts": [{"value": "?", "id": "i"}],
    }
    assert translator.interrupted


def test_an_interrupt_of_a_subgraph_does_not_stop_the_root() -> None:
    translator = Translator({})
    translator.rows((("sub:1",), "updates", {"__interrupt__": ()}))
    assert not translator.interrupted


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({1, 2}, [1, 2]),
        (b"bytes", "bytes"),
        (ValueError("no"), "ValueError: no"),
        (Point(1), {"x": 1}),
        (2**70, 2**70),
        ({"deep": [2**70, float("nan")]}, {"deep": [2**70, None]}),
        ("\ud800", "?"),
        ({1: "key"}, {"1": "key"}),
        (float("inf"), None),
        (object, str(object)),
    ],
)
def test_any_value_has_json(value: Any, expected: Any) -> None:
    assert json.loads(to_json(value)) == expected
