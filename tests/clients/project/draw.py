"""A graph of a project with an interface of its own: it shows the weather."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langgraph.graph import StateGraph
from langgraph.graph.message import MessagesState
from langgraph.graph.ui import AnyUIMessage, push_ui_message, ui_message_reducer


class Drawing(MessagesState):
    """A conversation with something to look at."""

    ui: Annotated[Sequence[AnyUIMessage], ui_message_reducer]


async def _step(_: Drawing) -> dict[str, Any]:
    message = AIMessage("look", id="look-1")
    push_ui_message("weather", {"degrees": 21}, message=message)
    return {"messages": [message]}


draw: Any = StateGraph(Drawing)
draw.add_node("step", _step)
draw.set_entry_point("step")
