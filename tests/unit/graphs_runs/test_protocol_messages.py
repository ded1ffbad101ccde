"""Pieces of messages and filters of the thread-centric protocol: the pure parts."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk

from stemma.graphs.protocol.blocks import OpenMessage
from stemma.graphs.protocol.event import ROOM, ProtocolEvent, before_row, row_before, seq_of
from stemma.graphs.protocol.subscription import Subscription, is_channel


def test_parallel_tool_calls_are_told_by_their_own_index() -> None:
    message = OpenMessage("m")
    said = []
    for index, args in ((0, '{"a"'), (1, '{"b"'), (0, ": 1}"), (1, ": oops")):
        first = args.startswith("{")
        name, call_id = (f"f{index}", f"c{index}") if first else (None, None)
        call = tool_call_chunk(name=name, id=call_id, args=args, index=index)
        said += message.add(AIMessageChunk(content="", tool_call_chunks=[call]), {"langgraph_node": "model"})
    said += message.finish()
    starts = [one["content"] for one in said if one["event"] == "content-block-start"]
    assert [(one["name"], one["id"], one["args"]) for one in starts] == [("f0", "c0", ""), ("f1", "c1", "")]
    deltas = [(one["index"], one["delta"]["args"]) for one in said if one["event"] == "content-block-delta"]
    assert deltas == [(0, '{"a"'), (1, '{"b"'), (0, ": 1}"), (1, ": oops")]
    whole = [one["content"] for one in said if one["event"] == "content-block-finish"]
    assert whole[0] == {"type": "tool_call", "id": "c0", "name": "f0", "args": {"a": 1}}
    assert whole[1]["type"] == "invalid_tool_call"
    assert message.node == "model"


def test_usage_is_summed_and_told_at_the_finish() -> None:
    message = OpenMessage("m")
    for tokens in (1, 2):
        used = UsageMetadata(input_tokens=5, output_tokens=tokens, total_tokens=5 + tokens)
        message.add(AIMessageChunk(content="x", usage_metadata=used), {})
    assert message.finish()[-1]["usage"] == {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}


def test_a_whole_message_is_told_as_one_that_streamed() -> None:
    message = OpenMessage("m")
    said = [*message.add(AIMessage("hi", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}]), {})]
    said += message.finish()
    assert [one["event"] for one in said] == [
        "message-start",
        "content-block-start",
        "content-block-delta",
        "content-block-start",
        "content-block-finish",
        "content-block-finish",
        "message-finish",
    ]
    assert said[3]["content"]["args"] == {}
    assert said[5]["content"]["args"] == {"a": 1}


@pytest.mark.parametrize(
    ("namespaces", "depth", "namespace", "wanted"),
    [
        (None, None, ("a:1", "b:2"), True),
        ([], 0, ("a:1",), True),
        ([[]], 0, (), True),
        ([[]], 0, ("a:1",), False),
        ([["a"]], None, ("a:1", "b:2"), True),
        ([["a"]], 0, ("a:1", "b:2"), False),
        ([["a:1"]], 1, ("a:1", "b:2"), True),
        ([["a:2"]], None, ("a:1",), False),
        ([["a", "b"]], None, ("a:1",), False),
    ],
)
def test_namespaces_are_prefixes(
    namespaces: list[list[str]] | None, depth: int | None, namespace: tuple[str, ...], wanted: bool
) -> None:
    event = ProtocolEvent(1, "1", "values", namespace, 0, b"{}")
    assert Subscription(frozenset({"values"}), namespaces, depth).wants(event) is wanted


def test_custom_events_are_wanted_by_name_or_all() -> None:
    named = ProtocolEvent(1, "1", "custom", (), 0, b"{}", name="x")
    for channels, wanted in (({"custom"}, True), ({"custom:x"}, True), ({"custom:y"}, False), ({"values"}, False)):
        assert Subscription(frozenset(channels)).wants(named) is wanted
    assert [is_channel(name) for name in ("custom:x", "custom:", "input", "debug")] == [True, False, True, False]


def test_a_cursor_is_found_in_the_log() -> None:
    assert row_before(7 * ROOM + 3) == 6  # the row may have more
    assert row_before(7 * ROOM + ROOM - 1) == 7
    assert row_before(before_row(7)) == 6
    assert row_before(0) == 0
    assert [seq_of(text) for text in ("12", "synth:run:12", "synth:run:x", "")] == [12, 12, None, None]
