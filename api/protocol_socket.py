"""One WebSocket of the thread-centric protocol: commands in, answers and the events of its subscriptions out.

Decides that all subscriptions of a socket share one reader of the log, so that what it tells is in order; a new one
sends it back to where that one begins. A socket that takes nothing for `slow_reader_seconds` is cut. One that is
refused after it opened closes with 4000 plus the HTTP status, which is how a browser can learn of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from stemma.api.errors import UNEXPECTED, status_of
from stemma.api.json_wire import dumps, loads
from stemma.api.protocol_answers import Reply, answer, refusal, refused, said
from stemma.api.schemas.protocol import CommandBody, EventStreamBody, ReconnectParams, UnsubscribeParams
from stemma.api.services import Services
from stemma.api.subscriptions import body_of, id_of
from stemma.graphs.errors import GraphFailure, UnknownThread
from stemma.graphs.policy import Actor
from stemma.graphs.protocol.commands import Protocol
from stemma.graphs.protocol.event import seq_of
from stemma.graphs.protocol.refusals import ErrorCode
from stemma.graphs.protocol.subscription import Subscription

logger = logging.getLogger("stemma.api")

MOST = 64
"""Subscriptions of one socket."""
LINGER_SECONDS = 0.02
"""Clients subscribe several times in a row: an event that ends one subscription must not overtake another's first."""
RESTART, FAILED = 1012, 1011
"""The close codes of a server that stops and of one that cannot go on: clients come back."""


class ProtocolSocket:
    """One open connection."""

    def __init__(self, socket: WebSocket, served: Services, actor: Actor, thread_id: str) -> None:
        self._socket, self._served, self._actor, self._thread_id = socket, served, actor, thread_id
        self._protocol = Protocol(served.runtime)
        self._wanted: dict[str, Subscription] = {}
        """Each with `since` as far as it was told."""
        self._reader: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._count = 0
        self._closing: tuple[int, str] | None = None
        self._task: asyncio.Task[Any] | None = None
        self._own: dict[str, tuple[type[BaseModel], Callable[[int, Any], Awaitable[None]]]] = {
            "subscription.subscribe": (EventStreamBody, self._subscribe),
            "subscription.unsubscribe": (UnsubscribeParams, self._unsubscribe),
            "subscription.reconnect": (ReconnectParams, self._reconnect),
        }

    def stop(self) -> None:
        """The server stops."""
        self._close(RESTART, "the server stops")

    async def serve(self) -> None:
        """Take commands until the client goes or the connection is cut."""
        self._task = asyncio.current_task()
        await self._socket.accept()
        self._served.answers.add(self)
        try:
            while self._closing is None:
                await self._take(await self._socket.receive_text())
        except (WebSocketDisconnect, KeyError):  # a frame of bytes has no text
            self._closing = self._closing or (1003, "commands are text")
        except asyncio.CancelledError:
            if self._closing is None or self._task is None:
                raise
            self._task.uncancel()
        finally:
            self._served.answers.remove(self)
            await self._pause()
        await self._end()

    async def _end(self) -> None:
        code, reason = self._closing or (1000, "")
        try:
            async with asyncio.timeout(1):
                await self._socket.close(code, reason)
        except (RuntimeError, WebSocketDisconnect, WebSocketDisconnected, TimeoutError):
            return  # the client has closed it, or takes nothing any more

    def _close(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = (code, reason.encode()[:120].decode("utf-8", "ignore"))
            if self._task is not None:
                self._task.cancel()

    async def _take(self, text: str) -> None:
        try:
            command = CommandBody.model_validate(loads(text.encode()))
        except ValidationError as error:
            await self._send(refusal(None, "invalid_argument", said(error)))
            return
        except ValueError:
            await self._send(refusal(None, "invalid_argument", "a command is a JSON object"))
            return
        own = self._own.get(command.method)
        try:
            if own is None:
                await self._send(await answer(self._protocol, self._actor, self._thread_id, command))
                return
            params, run = own
            await run(command.id, params.model_validate(command.params or {}))
        except ValidationError as error:
            await self._send(refusal(command.id, "invalid_argument", said(error)))
        except GraphFailure as failure:
            await self._send(refused(command.id, failure))

    async def _subscribe(self, command_id: int, body: EventStreamBody) -> None:
        if not await self._admitted():
            return
        if len(self._wanted) >= MOST:
            await self._send(refusal(command_id, "invalid_argument", f"a connection has at most {MOST} subscriptions"))
            return
        self._count += 1
        subscription_id = id_of(body, self._count)
        await self._send({"type": "success", "id": command_id, "result": {"subscription_id": subscription_id}})
        await self._want({subscription_id: body.subscription()})

    async def _unsubscribe(self, command_id: int, params: UnsubscribeParams) -> None:
        await self._pause()
        known = self._wanted.pop(params.subscription_id, None)
        await self._want({})
        if known is None:
            await self._send(refusal(command_id, "no_such_subscription", "this connection has no such subscription"))
            return
        await self._send({"type": "success", "id": command_id, "result": {}})

    async def _reconnect(self, command_id: int, params: ReconnectParams) -> None:
        """Take up the subscriptions of an earlier connection after the last event it saw."""
        if not await self._admitted():
            return
        since = seq_of(params.last_event_id) if params.last_event_id else 0
        wanted = {name: body_of(name) for name in dict.fromkeys(params.subscriptions or ())}
        found = {name: body for name, body in wanted.items() if body is not None}
        if since is None or len(found) < len(wanted) or len(self._wanted | found) > MOST:
            code: ErrorCode = "invalid_argument" if since is None else "no_such_subscription"
            await self._send(refusal(command_id, code, "what the earlier connection had is not known here"))
            return
        tree = (await self._protocol.tree(self._actor, self._thread_id, str(params.run_id))).result["tree"]
        result = {"restored": True, "current_namespaces": list(_flat(tree))}
        await self._send({"type": "success", "id": command_id, "result": result})
        restored = {name: replace(body.subscription(), since=since) for name, body in found.items()}
        await self._want({name: wanted for name, wanted in restored.items() if name not in self._wanted})

    async def _admitted(self) -> bool:
        """Whether the actor may follow the thread. If not, the connection is of no use and is closed."""
        try:
            await self._protocol.admit(self._actor, self._thread_id)
        except GraphFailure as failure:
            self._close(4000 + status_of(failure), str(failure))
            return False
        return True

    async def _want(self, more: Mapping[str, Subscription]) -> None:
        """Go on telling, with these subscriptions too."""
        await self._pause()
        self._wanted.update(more)
        if self._wanted:
            self._reader = asyncio.create_task(self._follow())
            self._reader.add_done_callback(self._ended)

    async def _pause(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _follow(self) -> None:
        """Tell every event that a subscription wants, once and in order: a client hands it to all that want it."""
        await asyncio.sleep(LINGER_SECONDS)
        channels = frozenset[str]().union(*(wanted.channels for wanted in self._wanted.values()))
        since = min(wanted.since for wanted in self._wanted.values())
        watches = all(wanted.watches for wanted in self._wanted.values())
        events = self._protocol.events(
            self._actor, self._thread_id, Subscription(channels, since=since, watches=watches)
        )
        try:
            async with aclosing(events) as following:
                async for event in following:
                    if any(wanted.wants(event) for wanted in self._wanted.values()):
                        await self._write(event.encode())
                    for name, wanted in self._wanted.items():
                        if wanted.since < event.seq:
                            self._wanted[name] = replace(wanted, since=event.seq)
        except UnknownThread as failure:
            self._close(4404, str(failure))
        except (WebSocketDisconnect, WebSocketDisconnected):
            self._close(1000, "")
        except GraphFailure as failure:
            await self._send(refused(None, failure))
            self._close(FAILED, "the stream failed")

    def _ended(self, reader: asyncio.Task[None]) -> None:
        failure = None if reader.cancelled() else reader.exception()
        if failure is not None:  # whatever a graph or store raised ends this connection; the log says what
            logger.error("a stream failed", exc_info=failure)
            self._close(FAILED, UNEXPECTED)

    async def _send(self, reply: Reply) -> None:
        await self._write(dumps(reply))

    async def _write(self, text: bytes) -> None:
        try:
            async with asyncio.timeout(self._served.settings.slow_reader_seconds), self._sending:
                await self._socket.send_text(text.decode())
        except TimeoutError:
            logger.warning("a reader took nothing for %g s and was cut", self._served.settings.slow_reader_seconds)
            self._close(1008, "took nothing for too long")


def _flat(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Every namespace of a tree and what it is doing."""
    below = [entry for child in node.get("children", ()) for entry in _flat(child)]
    return [{"namespace": node["namespace"], "status": node["status"]}, *below]
