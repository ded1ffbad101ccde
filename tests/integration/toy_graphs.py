"""Small real graphs for the HTTP tests: one for each thing a client can watch happen."""

from __future__ import annotations

import asyncio
import operator
from collections import defaultdict
from typing import Annotated, Any, TypedDict

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import get_runtime
from langgraph.types import interrupt

GATES: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
"""What the `gate` graph waits for, by the name in its input. A test opens it: nothing here waits for time to pass."""


class Steps(TypedDict, total=False):
    """n counts steps; log names them."""

    n: int
    log: Annotated[list[str], operator.add]
    gate: str
    events: int


class Who(TypedDict, total=False):
    """A context."""

    name: str
    place: str


class Chat(TypedDict, total=False):
    """A conversation."""

    messages: Annotated[list[AnyMessage], add_messages]


async def _first(state: Steps) -> Steps:
    return {"n": state.get("n", 0) + 1, "log": ["first"]}


async def _second(state: Steps) -> Steps:
    return {"n": state.get("n", 0) + 1, "log": ["second"]}


async def _tell(state: Steps) -> Steps:
    write = get_stream_writer()
    for number in range(state.get("events", 3)):
        write({"number": number})
    return {"log": ["told"]}


async def _wait(state: Steps) -> Steps:
    await GATES[state["gate"]].wait()
    return {"log": ["passed"]}


async def _fail(_: Steps) -> Steps:
    raise ValueError("the toy is broken")


async def _ask(_: Steps) -> Steps:
    answer = interrupt({"question": "may it go on?"})
    return {"log": [f"answered {answer}"]}


async def _other(_: Steps) -> Steps:
    answer = interrupt({"question": "and the other?"})
    return {"log": [f"other {answer}"]}


async def _name(_: Steps) -> Steps:
    get_stream_writer()({"name": "progress", "payload": {"percent": 50}})
    return {"log": ["named"]}


async def _reply(state: Chat) -> dict[str, Any]:
    model = GenericFakeChatModel(messages=iter([AIMessage("a reply of six short words")]))
    return {"messages": [await model.ainvoke(state["messages"])]}


async def _told(_: Steps, config: RunnableConfig) -> Steps:
    """What the run was configured with."""
    asked = config["configurable"]
    context = get_runtime(Who).context or {}
    return {
        "log": [f"{key}={asked[key]}" for key in ("mood", "size") if key in asked] + sorted(map(str, context.items()))
    }


async def _whom(_: Steps, config: RunnableConfig) -> Steps:
    """Whom it acts for, in every way a graph may ask."""
    asked = config["configurable"]
    user = asked["langgraph_auth_user"]
    info = get_runtime().server_info
    known = info.user.identity if info and info.user else ""
    log = [user["identity"], known, user.org, user["github_token"][:3], *asked["langgraph_auth_permissions"]]
    return {"log": log}


async def _who(_: Steps, config: RunnableConfig) -> Steps:
    return {"log": [config["configurable"]["langgraph_auth_user"]["identity"]]}


def _line(state: type[Any], context: type[Any] | None = None, **steps: Any) -> Any:
    graph: Any = StateGraph(state, context_schema=context)
    last = START
    for name, step in steps.items():
        graph.add_node(name, step)
        graph.add_edge(last, name)
        last = name
    graph.add_edge(last, END)
    return graph


def _both() -> Any:
    """Two steps that ask at the same time."""
    graph: Any = StateGraph(Steps)
    for name, step in (("ask", _ask), ("other", _other)):
        graph.add_node(name, step)
        graph.add_edge(START, name)
    return graph


def _beside() -> Any:
    """One step asks while another waits for its gate."""
    graph: Any = StateGraph(Steps)
    for name, step in {"ask": _ask, "wait": _wait}.items():
        graph.add_node(name, step)
        graph.add_edge(START, name)
    return graph


def toy_graphs() -> dict[str, Any]:
    """The graphs by name, compiled."""
    inner = _line(Steps, first=_first, told=_tell).compile()
    return {
        "who": _line(Steps, who=_who).compile(),
        "whom": _line(Steps, whom=_whom).compile(),
        "count": _line(Steps, first=_first, second=_second).compile(),
        "tell": _line(Steps, told=_tell, second=_second).compile(),
        "gate": _line(Steps, first=_first, wait=_wait).compile(),
        "fail": _line(Steps, first=_first, broken=_fail).compile(),
        "ask": _line(Steps, first=_first, ask=_ask, second=_second).compile(),
        "beside": _beside().compile(),
        "both": _both().compile(),
        "named": _line(Steps, named=_name).compile(),
        "chat": _line(Chat, reply=_reply).compile(),
        "configured": _line(Steps, Who, told=_told).compile(),
        "nested": _line(Steps, inner=inner, second=_second).compile(),
    }
