"""A command of the thread-centric protocol in, its answer out, over HTTP and WebSocket alike.

Decides what is the protocol's own error reply and what stays an HTTP status: what is wrong with a command is a reply
(200 over HTTP, as the SDKs read it); who may not see the thread gets 403 or 404, and a store that cannot be used 503.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from stemma.api.schemas.protocol import (
    CheckpointsParams,
    CommandBody,
    ForkParams,
    InjectParams,
    RespondParams,
    StartParams,
    StateParams,
    TreeParams,
    config_of,
)
from stemma.graphs.errors import Forbidden, GraphFailure, StoreUnavailable, UnknownThread
from stemma.graphs.policy import Actor
from stemma.graphs.protocol.commands import Outcome, Overrides, Protocol
from stemma.graphs.protocol.refusals import ErrorCode, code_of

Reply = dict[str, Any]
Command = Callable[[Protocol, Actor, str, Any], Awaitable[Outcome]]


async def answer(protocol: Protocol, actor: Actor, thread_id: str, command: CommandBody) -> Reply:
    """The reply to a command. Raises `Forbidden`, `UnknownThread`, `StoreUnavailable`."""
    if command.method.startswith("subscription."):
        return refusal(command.id, "not_supported", "over HTTP, each request to stream/events is a subscription")
    known = COMMANDS.get(command.method)
    if known is None:
        return refusal(command.id, "unknown_command", f"there is no command {command.method!r} here")
    params, run = known
    try:
        asked = params.model_validate(command.params or {})
        outcome = await run(protocol, actor, thread_id, asked)
    except ValidationError as error:
        return refusal(command.id, "invalid_argument", said(error))
    except (Forbidden, UnknownThread, StoreUnavailable):
        raise
    except GraphFailure as failure:
        return refused(command.id, failure)
    reply: Reply = {"type": "success", "id": command.id, "result": outcome.result}
    if outcome.applied_through is not None:
        reply["meta"] = {"applied_through_seq": outcome.applied_through}
    return reply


def refused(command_id: int | None, failure: GraphFailure) -> Reply:
    """The reply that says why a command failed."""
    field = getattr(failure, "field", "")
    text = f"{field}: {failure}" if field else str(failure)
    return refusal(command_id, code_of(failure), f"{text}; {failure.hint}" if failure.hint else text)


def refusal(command_id: int | None, code: ErrorCode, message: str) -> Reply:
    return {"type": "error", "id": command_id, "error": code, "message": message}


def said(error: ValidationError) -> str:
    """What is wrong, field by field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    text = "; ".join(_line(one["loc"], one["msg"]) for one in found[:5])
    return text.encode("utf-8", "replace").decode()


def _line(place: Sequence[int | str], message: str) -> str:
    return ": ".join(filter(None, (".".join(map(str, place)), message.removeprefix("Value error, "))))


async def _start(protocol: Protocol, actor: Actor, thread_id: str, params: StartParams) -> Outcome:
    return await protocol.start(actor, thread_id, params.request())


async def _respond(protocol: Protocol, actor: Actor, thread_id: str, params: RespondParams) -> Outcome:
    goto = params.model_dump(include={"goto"}, exclude_unset=True).get("goto")
    overrides = Overrides(config_of(params), params.metadata or {})
    return await protocol.respond(actor, thread_id, params.answers(), overrides, update=params.update, goto=goto)


async def _inject(protocol: Protocol, actor: Actor, thread_id: str, params: InjectParams) -> Outcome:
    return await protocol.inject(actor, thread_id, params.namespace, params.message.model_dump(exclude_none=True))


async def _tree(protocol: Protocol, actor: Actor, thread_id: str, params: TreeParams) -> Outcome:
    return await protocol.tree(actor, thread_id, str(params.run_id) if params.run_id else None)


async def _state(protocol: Protocol, actor: Actor, thread_id: str, params: StateParams) -> Outcome:
    return await protocol.state(actor, thread_id, params.namespace, params.keys)


async def _checkpoints(protocol: Protocol, actor: Actor, thread_id: str, params: CheckpointsParams) -> Outcome:
    return await protocol.checkpoints(actor, thread_id, params.namespace, params.limit, params.before)


async def _fork(protocol: Protocol, actor: Actor, thread_id: str, params: ForkParams) -> Outcome:
    return await protocol.fork(actor, thread_id, params.checkpoint_id, params.input, Overrides(config_of(params)))


COMMANDS: Mapping[str, tuple[type[BaseModel], Command]] = {
    "run.start": (StartParams, _start),
    "input.respond": (RespondParams, _respond),
    "input.inject": (InjectParams, _inject),
    "agent.getTree": (TreeParams, _tree),
    "state.get": (StateParams, _state),
    "state.listCheckpoints": (CheckpointsParams, _checkpoints),
    "state.fork": (ForkParams, _fork),
}
"""What can be asked anywhere. Subscriptions are a WebSocket's: over HTTP, each stream is one."""
