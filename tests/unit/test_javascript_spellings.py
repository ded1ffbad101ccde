"""What JavaScript clients send otherwise than Python ones counts too; what is not known is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stemma.api.schemas.batches import RunBatch
from stemma.api.schemas.runs import RunCreate


def test_camel_case_options_of_a_batch_count() -> None:
    (run,) = RunBatch.model_validate(
        [{"assistantId": "a", "assistant_id": "a", "multitaskStrategy": "reject", "afterSeconds": 2, "input": {"x": 1}}]
    ).root
    request = run.request()
    assert (request.assistant_id, request.multitask_strategy, request.after_seconds) == ("a", "reject", 2)
    assert request.input == {"x": 1}


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"assistantId": "b"}, "assistantId"),
        ({"neverHeard": 1}, "neverHeard"),
        ({"onDisconnect": "no"}, "on_disconnect"),
    ],
)
def test_what_cannot_count_is_refused_by_name(extra: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        RunBatch.model_validate([{"assistant_id": "a", **extra}])


def test_a_command_as_langgraph_js_writes_it() -> None:
    sent = {"lg_name": "Send", "node": "step", "args": {"n": 1}}
    command = {"lg_name": "Command", "resume": "yes", "goto": [sent, "other"]}
    request = RunCreate.model_validate({"assistant_id": "a", "command": command}).request()
    assert request.command == {"resume": "yes", "goto": [{"node": "step", "input": {"n": 1}}, "other"]}


def test_a_command_as_langgraph_writes_it() -> None:
    command: dict[str, Any] = {"graph": None, "update": None, "resume": "yes", "goto": []}
    request = RunCreate.model_validate({"assistant_id": "a", "command": command}).request()
    assert request.command is not None
    assert request.command["resume"] == "yes"
    with pytest.raises(ValidationError, match="not supported"):
        RunCreate.model_validate({"assistant_id": "a", "command": {"graph": "__parent__", "resume": "yes"}})
