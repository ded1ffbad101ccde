"""One HTTP call to an address that a client chose.

Decides that the addresses a name stands for are looked up once, judged, and that the connection goes to one of those
judged and to no other: between a check and a second look-up a name could change (DNS rebinding). TLS still verifies
the name. It follows no redirect, uses no proxy, keeps no connection, and reads nothing but the status line.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import httpcore

from stemma.graphs.errors import WebhookFailed, WebhookRefused
from stemma.graphs.webhooks.destination import internal
from stemma.graphs.webhooks.settings import WebhookSettings

_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError)


class Caller:
    """Calls webhooks. `aclose` when done."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    @cached_property
    def _pool(self) -> httpcore.AsyncConnectionPool:
        """Made with the first call: the certificates take 20 ms to read."""
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=self._settings.concurrency,
            max_keepalive_connections=0,
            network_backend=_JudgedNetwork(self._settings.allow_internal),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that was answered. Raises `WebhookRefused`, and `WebhookFailed` when there was no answer."""
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                async with self._pool.stream("POST", url, headers=sent, content=body) as response:
                    return response.status
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise WebhookFailed(f"no answer within {self._settings.timeout_seconds:g} s") from error
        except socket.gaierror as error:
            raise WebhookFailed("the name of the host is not known") from error
        except _FAILURES as error:
            raise WebhookFailed(f"no answer: {type(error).__name__}") from error

    async def aclose(self) -> None:
        if "_pool" in self.__dict__:
            await self._pool.aclose()


class _JudgedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses it has judged."""

    def __init__(self, allow_internal: bool) -> None:
        self._allow_internal = allow_internal
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not self._allow_internal and any(internal(address) for address in addresses):
            raise WebhookRefused()
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
