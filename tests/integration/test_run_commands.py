"""A person in the loop: how a run waits, and what each command does to it. The desk is the one in examples/approval."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

from examples.approval.graph import graph as desk
from tests.integration.live_server import Live, live_server

pytestmark = pytest.mark.asyncio(loop_scope="module")
ORDERS = "order 40 seals\norder 2 cranes\nwrite to Norrland: please confirm"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server with the desk beside the toys."""
    async with live_server(tmp_path_factory.mktemp("desk")) as server:
        server.runtime.catalog.register("desk", desk)
        yield server


async def asked(sdk: LangGraphClient, text: str) -> tuple[str, dict[str, Any]]:
    """A thread that waits, and its interrupts: first action's name -> {"id", "value"}."""
    thread_id = (await sdk.threads.create())["thread_id"]
    question: Any = {"messages": [{"role": "user", "content": text}]}
    await sdk.runs.wait(thread_id, "desk", input=question)
    return thread_id, await waiting(sdk, thread_id)


async def waiting(sdk: LangGraphClient, thread_id: str) -> dict[str, Any]:
    state = await sdk.threads.get_state(thread_id)
    return {entry["value"]["action_requests"][0]["name"]: entry for entry in state["interrupts"]}


async def resumed(sdk: LangGraphClient, thread_id: str, resume: Any) -> list[str]:
    """What the tool messages say after the answer."""
    after: Any = await sdk.runs.wait(thread_id, "desk", command={"resume": resume})
    return [message["content"] for message in after["messages"] if message["type"] == "tool"]


async def test_what_waits_has_the_shape_that_chat_frontends_show(sdk: LangGraphClient) -> None:
    thread_id, found = await asked(sdk, ORDERS)
    assert (await sdk.threads.get(thread_id))["status"] == "interrupted"
    assert found["order"]["value"] == {
        "action_requests": [
            {
                "name": "order",
                "args": {"quantity": 40, "item": "seals"},
                "description": "40 seals would be ordered",
            },
            {"name": "order", "args": {"quantity": 2, "item": "cranes"}, "description": "2 cranes would be ordered"},
        ],
        "review_configs": [
            {"action_name": "order", "allowed_decisions": ["approve", "edit", "reject", "respond"]},
        ],
    }
    listed = (await sdk.threads.get(thread_id))["interrupts"].values()
    assert {entry["id"] for entries in listed for entry in entries} == {entry["id"] for entry in found.values()}


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({"type": "approve"}, "Norrland was written to: please confirm"),
        (
            {"type": "edit", "edited_action": {"name": "write", "args": {"to": "Tessaly", "text": "thanks"}}},
            "Tessaly was written to: thanks",
        ),
        ({"type": "reject", "message": "not yet"}, "not yet"),
        ({"type": "reject"}, "rejected"),
        ({"type": "respond", "message": "they confirmed by phone"}, "they confirmed by phone"),
    ],
)
async def test_each_decision_does_what_it_says(sdk: LangGraphClient, decision: Mapping[str, Any], said: str) -> None:
    thread_id, _ = await asked(sdk, "write to Norrland: please confirm")
    assert await resumed(sdk, thread_id, {"decisions": [decision]}) == [said]
    assert (await sdk.threads.get(thread_id))["status"] == "idle"


async def test_several_interrupts_are_answered_at_once_by_their_ids(sdk: LangGraphClient) -> None:
    thread_id, found = await asked(sdk, ORDERS)
    answers = {
        found["order"]["id"]: {"decisions": [{"type": "approve"}, {"type": "reject", "message": "too dear"}]},
        found["write"]["id"]: {"decisions": [{"type": "approve"}]},
    }
    assert await resumed(sdk, thread_id, answers) == [
        "40 seals was ordered",
        "too dear",
        "Norrland was written to: please confirm",
    ]


async def test_an_interrupt_answered_alone_leaves_the_other_waiting(sdk: LangGraphClient) -> None:
    thread_id, found = await asked(sdk, ORDERS)
    await resumed(sdk, thread_id, {found["write"]["id"]: {"decisions": [{"type": "approve"}]}})
    assert (await sdk.threads.get(thread_id))["status"] == "interrupted"
    left = await waiting(sdk, thread_id)
    assert left == {"order": found["order"]}
    rest = {left["order"]["id"]: {"decisions": [{"type": "approve"}, {"type": "approve"}]}}
    assert len(await resumed(sdk, thread_id, rest)) == 3
    assert (await sdk.threads.get(thread_id))["status"] == "idle"


async def test_one_answer_for_several_interrupts_is_refused(sdk: LangGraphClient) -> None:
    thread_id, _ = await asked(sdk, ORDERS)
    failed: Any = await sdk.runs.wait(
        thread_id, "desk", command={"resume": {"decisions": [{"type": "approve"}]}}, raise_error=False
    )
    assert "specify the interrupt id" in failed["__error__"]["message"]


async def test_goto_jumps_and_update_changes_the_state(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 0})
    jumped: Any = await sdk.runs.wait(
        thread_id, "count", command={"goto": "second", "update": {"n": 10, "log": ["edited"]}}
    )
    assert jumped == {"n": 11, "log": ["first", "second", "edited", "second"]}
    sent: Any = await sdk.runs.wait(thread_id, "count", command={"goto": {"node": "second", "input": {"n": 40}}})
    assert sent["n"] == 41


async def test_an_answer_and_an_update_go_together(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "ask", input={"n": 0})
    after: Any = await sdk.runs.wait(thread_id, "ask", command={"resume": "yes", "update": {"log": ["noted"]}})
    assert after["log"] == ["first", "noted", "answered yes", "second"]
