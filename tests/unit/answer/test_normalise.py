"""Text, chat messages and events become one question."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from stemma.graphs.answer.normalise import event_question, follow_up, newest, read_content

IMAGE = {"type": "image", "url": "https://example.org/a.png"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("event", "question"),
    [
        ({"question": "Who?", "title": "No"}, "Who?"),
        ({"type": "mail", "subject": "Late ship", "body": "Where is it?"}, "Where is it?"),
        ({"data": {"payload": {"query": "How deep?"}}}, "How deep?"),
        ({"port": "Merrow", "delay_days": 4, "late": None}, "port: Merrow. delay_days: 4"),
        ({"text": "   ", "message": "Why?"}, "Why?"),
        ({"content": [{"type": "text", "text": "Who?"}, IMAGE]}, [{"type": "text", "text": "Who?"}, IMAGE]),
        ({}, ""),
    ],
)
def test_events(event: dict[str, Any], question: Any) -> None:
    assert event_question(event) == question


def test_blocks_that_are_not_text_are_kept_as_they_came() -> None:
    text, others = read_content(["Look:", {"type": "text", "text": "what is it?"}, IMAGE, {"type": "audio"}])
    assert text == "Look:\nwhat is it?"
    assert others == [IMAGE, {"type": "audio"}]


def human(text: str, name: str) -> HumanMessage:
    return HumanMessage(text, id=name)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"question": "A?"}, ("A?", False, "")),
        ({"messages": [human("A?", "1")]}, ("A?", True, "1")),
        ({"event": {"text": "E?"}, "question": "A?", "asked": "A?"}, ("E?", False, "")),
        # a chat goes on
        (
            {
                "question": "A?",
                "asked": "A?",
                "answered": "1",
                "messages": [human("A?", "1"), AIMessage("a"), human("B?", "2")],
            },
            ("B?", True, "2"),
        ),
        # a chat, then plain text; and the same text once more
        ({"question": "C?", "asked": "A?", "answered": "1", "messages": [human("A?", "1")]}, ("C?", False, "")),
        ({"question": "C?", "asked": "C?", "answered": "1", "messages": [human("A?", "1")]}, ("C?", False, "")),
        ({}, ("", False, "")),
    ],
)
def test_the_newest_input_asks(state: dict[str, Any], expected: tuple[Any, bool, str]) -> None:
    assert newest(state) == expected


def test_a_follow_up_borrows_the_names_of_the_question_before() -> None:
    before = "Who is the harbour master of Port Merrow?"
    assert follow_up("How deep is its channel?", before) == "How deep is its channel? (Port Merrow)"
    assert follow_up("How deep is the Wend?", before) == "How deep is the Wend?"
    assert follow_up("How deep is its channel?", "") == "How deep is its channel?"


@given(json_values)
def test_any_content_is_read(content: Any) -> None:
    text, others = read_content(content)
    assert isinstance(text, str)
    assert all(isinstance(block, dict) for block in others)


@given(st.dictionaries(st.text(max_size=10), json_values, max_size=5))
def test_any_event_asks_something_or_nothing(event: dict[str, Any]) -> None:
    assert isinstance(event_question(event), str | list)


@given(st.lists(st.sampled_from(["h", "a"]), max_size=6))
def test_the_last_human_message_asks_once(kinds: list[str]) -> None:
    messages: list[AnyMessage] = [
        human(f"q{i}?", str(i)) if kind == "h" else AIMessage(f"a{i}") for i, kind in enumerate(kinds)
    ]
    content, chat, message_id = newest({"messages": messages})
    humans = [message for message in messages if isinstance(message, HumanMessage)]
    assert (content, chat, message_id) == ((humans[-1].content, True, humans[-1].id) if humans else ("", False, ""))
