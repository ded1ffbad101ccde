"""A purchasing desk that acts only on what a person has approved.

It needs no model: each line of the message that begins with `order` or `write` is an action. Orders are reviewed
together and letters together, so a message with both waits at two interrupts at once. What an interrupt says and what
answers it has the shape that agent-chat-ui shows: {"action_requests", "review_configs"}, and {"decisions"}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Send, interrupt

ORDER = re.compile(r"order (?P<quantity>\d+) (?P<item>.+)", re.IGNORECASE)
LETTER = re.compile(r"write to (?P<to>[^:]+): *(?P<text>.+)", re.IGNORECASE)
DECISIONS = ("approve", "edit", "reject", "respond")


class Desk(TypedDict):
    """A conversation."""

    messages: Annotated[list[AnyMessage], add_messages]


class Batch(TypedDict):
    """Actions of one kind, to review together."""

    calls: list[ToolCall]


def plan(state: Desk) -> dict[str, Any]:
    """Read the actions out of the last message."""
    lines = str(state["messages"][-1].content).splitlines()
    calls = []
    for number, line in enumerate(lines):
        for name, shape in (("order", ORDER), ("write", LETTER)):
            if found := shape.fullmatch(line.strip()):
                args: dict[str, Any] = found.groupdict()
                if name == "order":
                    args["quantity"] = int(args["quantity"])
                calls.append(ToolCall(name=name, args=args, id=f"call-{number}", type="tool_call"))
    return {"messages": [AIMessage("" if calls else "There is nothing to do.", tool_calls=calls)]}


def reviews(state: Desk) -> list[Send] | str:
    """One review for each kind of action, all at the same time."""
    calls = _asked(state["messages"])
    batches = [[call for call in calls if call["name"] == name] for name in ("order", "write")]
    return [Send("review", {"calls": batch}) for batch in batches if batch] or END


def review(state: Batch) -> dict[str, Any]:
    """Wait for a decision on each action, in order, and do what it says."""
    answer = interrupt(
        {
            "action_requests": [
                {"name": call["name"], "args": call["args"], "description": _described(call)} for call in state["calls"]
            ],
            "review_configs": [{"action_name": state["calls"][0]["name"], "allowed_decisions": list(DECISIONS)}],
        }
    )
    decisions = answer["decisions"]
    if len(decisions) != len(state["calls"]):
        raise ValueError(f"{len(state['calls'])} actions need as many decisions, not {len(decisions)}")
    return {"messages": [decided(call, decision) for call, decision in zip(state["calls"], decisions, strict=True)]}


def decided(call: ToolCall, decision: Mapping[str, Any]) -> ToolMessage:
    """What becomes of an action. Raises `ValueError` for a decision that there is not."""
    about = {"tool_call_id": call["id"], "name": call["name"]}
    match decision["type"]:
        case "approve":
            return ToolMessage(_done(call["name"], call["args"]), **about)
        case "edit":
            edited = decision["edited_action"]
            return ToolMessage(_done(edited["name"], edited["args"]), **about)
        case "reject":
            return ToolMessage(decision.get("message") or "rejected", status="error", **about)
        case "respond":
            return ToolMessage(decision["message"], **about)
        case other:
            raise ValueError(f"a decision is one of {', '.join(DECISIONS)}, not {other!r}")


def report(state: Desk) -> dict[str, Any]:
    """Say what was done."""
    wanted = {call["id"] for call in _asked(state["messages"])}
    done = [m for m in state["messages"] if isinstance(m, ToolMessage) and m.tool_call_id in wanted]
    return {"messages": [AIMessage("\n".join(str(message.content) for message in done))]}


def _asked(messages: Sequence[AnyMessage]) -> list[ToolCall]:
    return next((m.tool_calls for m in reversed(messages) if isinstance(m, AIMessage)), [])


def _described(call: ToolCall) -> str:
    return _done(call["name"], call["args"]).replace("was", "would be", 1)


def _done(name: str, args: Mapping[str, Any]) -> str:
    """A real desk would act here, with the call's id as idempotency key."""
    if name == "order":
        return f"{args['quantity']} {args['item']} was ordered"
    return f"{args['to']} was written to: {args['text']}"


builder = StateGraph(Desk)
builder.add_node("plan", plan)
builder.add_node("review", review, input_schema=Batch)
builder.add_node("report", report)
builder.add_edge(START, "plan")
builder.add_conditional_edges("plan", reviews, ["review", END])
builder.add_edge("review", "report")
builder.add_edge("report", END)
graph = builder.compile()
