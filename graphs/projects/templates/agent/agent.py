"""An agent with one tool that changes something in the world, and a person who approves each use of it.

`decide` stands where a language model would: it turns a request into a tool call. To use one, replace its body with
`return {"messages": [await model.bind_tools([order]).ainvoke(state["messages"])]}`.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

REQUEST = re.compile(r"(?P<quantity>\d+)\s+(?P<item>\w[\w ]*)")
DECISIONS = ["approve", "edit", "reject"]


@tool
def order(item: str, quantity: int) -> str:
    """Order goods."""
    return f"ordered {quantity} {item}"


async def decide(state: MessagesState) -> dict[str, Any]:
    """Call the tool for a request like "order 3 pallets"; answer with the tool's result when it is there."""
    last = state["messages"][-1]
    if isinstance(last, ToolMessage):
        return {"messages": [AIMessage(f"Done: {last.text}.")]}
    found = REQUEST.search(last.text)
    if found is None:
        return {"messages": [AIMessage("Tell me what to order, and how many.")]}
    arguments = {"item": found["item"].strip(), "quantity": int(found["quantity"])}
    call = {"name": order.name, "args": arguments, "id": str(uuid4())}
    return {"messages": [AIMessage("", tool_calls=[call])]}


def needs_approval(state: MessagesState) -> Literal["approve", "__end__"]:
    last = state["messages"][-1]
    return "approve" if isinstance(last, AIMessage) and last.tool_calls else "__end__"


async def approve(state: MessagesState) -> Command[Literal["act", "decide"]]:
    """Wait for a person. The shape of what is asked and answered is the one that agent chat frontends show."""
    message = cast("AIMessage", state["messages"][-1])
    call = message.tool_calls[0]
    answer = interrupt(
        {
            "action_requests": [{"name": call["name"], "args": call["args"], "description": "May it be ordered?"}],
            "review_configs": [{"action_name": call["name"], "allowed_decisions": DECISIONS}],
        }
    )
    decision = answer["decisions"][0]
    if decision["type"] == "reject":
        text = decision.get("message") or "a person said no"
        return Command(goto="decide", update={"messages": [ToolMessage(text, tool_call_id=call["id"])]})
    if decision["type"] == "edit":
        edited = {**call, "args": decision["edited_action"]["args"]}
        return Command(goto="act", update={"messages": [AIMessage("", id=message.id, tool_calls=[edited])]})
    return Command(goto="act")


builder = StateGraph(MessagesState)
builder.add_node("decide", decide)
builder.add_node("approve", approve)
builder.add_node("act", ToolNode([order]))
builder.add_edge(START, "decide")
builder.add_conditional_edges("decide", needs_approval, {"approve": "approve", "__end__": END})
builder.add_edge("act", "decide")
graph = builder.compile()
