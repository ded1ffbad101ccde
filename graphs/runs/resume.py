"""What a run is started with: its input at first, its last checkpoint after a crash.

Decides whether an attempt begins anew or carries on, and what LangGraph is told. It runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.constants import END
from langgraph.types import Command, Send

from stemma.graphs.catalog import Access
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.runs.auth_user import PREFIX, configurable_of
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.saver import LEASE_KEY

NULL_TASK = "00000000-0000-0000-0000-000000000000"
"""LangGraph's task id for writes that come from a command."""
STRICT_RESUME_KEY = "__pregel_strict_resume"
"""LangGraph's own name for it."""
_OURS = ("thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map")


@dataclass(frozen=True, slots=True)
class Start:
    """The two first arguments of `astream`."""

    input: Any
    config: RunnableConfig
    resumed: bool


def start(run: Run, unit: Unit, head: CheckpointTuple | None, recursion_limit: int) -> Start:
    """How this attempt starts. `head`: the thread's newest checkpoint, looked up for second attempts only."""
    request = run.request
    config = run_config(run, unit, recursion_limit)
    if head is not None and head.metadata.get("run_id") == run.run_id:
        return Start(None, config, resumed=True)
    if request.checkpoint_id:
        config["configurable"]["checkpoint_id"] = request.checkpoint_id
        config["configurable"]["checkpoint_ns"] = request.checkpoint_ns
    return Start(_input(run, head), config, resumed=False)


def _input(run: Run, head: CheckpointTuple | None) -> Any:
    if run.request.command is None:
        return run.request.input
    command = to_command(run.request.command)
    noted = head is not None and any(task == NULL_TASK for task, _, _ in head.pending_writes or ())
    if not noted:
        return command
    # An attempt that crashed has left the command's writes at the head: said again, an update would apply twice.
    return Command(resume=command.resume) if isinstance(command.resume, Mapping) else None


def leaves(run: Run) -> bool:
    """Whether the run's command only goes to the end: what waits on the thread is left, and nothing executes.

    Intentional divergence: LangGraph knows no step of that name, does not go there, and stops at the same interrupt.
    """
    command = run.request.command or {}
    said = {name for name, value in command.items() if value is not None}
    return said == {"goto"} and command["goto"] in (END, [END])


def run_config(run: Run, unit: Unit, recursion_limit: int) -> RunnableConfig:
    """The request's config with what is ours: ids, the lease, and metadata that names the run."""
    asked = dict(run.request.config)
    configurable = {k: v for k, v in dict(asked.get("configurable") or {}).items() if _allowed(k)}
    ids = {"run_id": run.run_id, "graph_id": run.graph_id, "assistant_id": run.assistant_id}
    config: RunnableConfig = {
        "recursion_limit": int(asked.get("recursion_limit") or recursion_limit),
        "run_id": UUID(run.run_id),
        "metadata": {**dict(asked.get("metadata") or {}), **run.metadata, **ids},
        "configurable": {
            **configurable,
            **configurable_of(run.request.auth_user),
            **ids,
            "thread_id": run.thread_id,
            "checkpoint_ns": "",
            LEASE_KEY: unit,
        },
    }
    if run.request.strict_resume:
        config["configurable"][STRICT_RESUME_KEY] = True
    if asked.get("tags"):
        config["tags"] = list(asked["tags"])
    if asked.get("max_concurrency"):
        config["max_concurrency"] = int(asked["max_concurrency"])
    return config


def access_of(run: Run) -> Access:
    """What a function that makes the run's graph is told of the run: its config, without what steers from inside, and
    its context. The context is a mapping as it was sent; the graph's own schema is not known before it is made.
    """
    config = dict(run.request.config)
    asked = {key: value for key, value in dict(config.get("configurable") or {}).items() if _allowed(key)}
    known = configurable_of(run.request.auth_user)
    config |= {"configurable": {**asked, **known, "thread_id": run.thread_id}, "run_id": UUID(run.run_id)}
    return Access("threads.create_run", cast("RunnableConfig", config), run.request.context or None)


def _allowed(key: str) -> bool:
    """Names that begin with two underscores steer LangGraph and Stemma from inside, others say who asks; a request may
    use neither."""
    return not key.startswith(("__", PREFIX)) and key not in _OURS


def to_command(command: Mapping[str, Any]) -> Command[Any]:
    """The protocol's command as LangGraph's. Raises `InvalidRequest`."""
    unknown = set(command) - {"resume", "update", "goto"}
    if unknown:
        raise InvalidRequest(f"a command has no {', '.join(sorted(unknown))}", field="command")
    goto = command.get("goto")
    targets = goto if isinstance(goto, list) else [goto] if goto else []
    update = command.get("update")
    if isinstance(update, list):
        update = [tuple(pair) for pair in update]
    return Command(resume=command.get("resume"), update=update, goto=[_target(target) for target in targets])


def _target(target: Any) -> str | Send:
    if isinstance(target, str):
        return target
    if isinstance(target, Mapping) and isinstance(target.get("node"), str):
        return Send(target["node"], target.get("input"))
    raise InvalidRequest('goto is a step\'s name or {"node": …, "input": …}', field="command.goto")


def context_of(graph: Any, run: Run) -> Any:
    """The request's context, or an empty one where the graph's context can be made of nothing."""
    if run.request.context:
        return dict(run.request.context)
    schema = graph.context_schema
    if schema is None:
        return None
    try:
        return schema()
    except (TypeError, ValueError):
        return None


async def stops_at_once(graph: Any, run: Run, head: CheckpointTuple | None) -> bool:
    """Whether the crashed attempt had come to a breakpoint, which carrying on would jump over."""
    before = run.request.interrupt_before or graph.interrupt_before_nodes
    if not before or head is None or not head.checkpoint["versions_seen"]:
        return False
    state = await graph.aget_state(head.config)
    return bool(state.next) and (before == "*" or any(step in before for step in state.next))
