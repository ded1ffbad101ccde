"""The stream of one attempt: what LangGraph is asked to tell, part by part.

Decides that every run tells everything a later reader may ask for, but for LangChain's own events: they cost several
times the run itself, so only a run that was started with the mode `events` has them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from stemma.graphs.catalog import AnyGraph
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.model import Durability
from stemma.graphs.runs.translate import MODES, Part

UPDATES = EventName.UPDATES.value
EVENTS = EventName.EVENTS.value


def parts(
    graph: AnyGraph, given: Any, config: RunnableConfig, durability: Durability, *, traced: bool, **options: Any
) -> AsyncGenerator[Part, None]:
    """Run the graph. `traced`: with LangChain's events; `options` are those of `astream`. Close it when done."""
    asked = {
        "stream_mode": [*MODES, "values"] if durability == "exit" else MODES,
        "subgraphs": True,
        "durability": durability,
        **options,
    }
    if traced:
        return _traced(graph, given, config, asked)
    return cast(AsyncGenerator[Part, None], graph.astream(given, config, **asked))


async def _traced(
    graph: AnyGraph, given: Any, config: RunnableConfig, asked: Mapping[str, Any]
) -> AsyncGenerator[Part, None]:
    """The same parts, and between them LangChain's events (version 2), all at the root.

    The root's own chunks are the parts. Only its updates are told as events too: those are what `astream_events` of a
    graph shows when it is asked for nothing else.
    """
    root = str(config["run_id"])
    told = cast(AsyncIterator[dict[str, Any]], graph.astream_events(given, config, version="v2", **asked))
    async with aclosing(cast(AsyncGenerator[dict[str, Any], None], told)) as events:
        async for event in events:
            if event["event"] != "on_chain_stream" or str(event["run_id"]) != root:
                yield (), EVENTS, event
                continue
            part: Part = event["data"]["chunk"]
            yield part
            path, mode, payload = part
            if mode == UPDATES and not path:
                yield (), EVENTS, {**event, "data": {"chunk": payload}}
