"""One HTTP call to an address that a client chose.

Decides that the addresses a name stands for are looked up once, judged, and that the connection goes to one of those
judged and to no other: between a check and a second look-up a name could change (DNS rebinding). TLS still verifies
the name. It follows no redirect, uses no proxy, keeps no connection, and reads nothing but the status line.
"""

from __future__ import annotations

import asyncio
import contextlib
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
    """Calls webhooks."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """Read with the first call: that takes 20 ms."""
        return ssl.create_default_context()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that was answered. Raises `WebhookRefused`, and `WebhookFailed` when there was no answer."""
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        network = _JudgedNetwork(self._settings.allow_internal)
        try:
            async with (
                asyncio.timeout(self._settings.timeout_seconds),
                httpcore.AsyncConnectionPool(ssl_context=self._certificates, network_backend=network) as pool,
                pool.stream("POST", url, headers=sent, content=body) as response,
            ):
                return response.status
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise WebhookFailed(f"no answer within {self._settings.timeout_seconds:g} s") from error
        except socket.gaierror as error:
            raise WebhookFailed("the name of the host is not known") from error
        except _FAILURES as error:
            raise WebhookFailed(f"no answer: {type(error).__name__}") from error
        finally:
            await network.aclose()


class _JudgedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses it has judged. Of one call: it closes what a call leaves open that is cut short."""

    def __init__(self, allow_internal: bool) -> None:
        self._allow_internal = allow_internal
        self._network = httpcore.AnyIOBackend()
        self._streams: list[httpcore.AsyncNetworkStream] = []

    async def aclose(self) -> None:
        for stream in self._streams:
            await stream.aclose()

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
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._connect(address, port, timeout, local_address, socket_options)
        return await self._connect(addresses[-1], port, timeout, local_address, socket_options)

    async def _connect(self, address: str, port: int, *how: Any) -> httpcore.AsyncNetworkStream:
        stream = await self._network.connect_tcp(address, port, *how)
        self._streams.append(stream)
        return stream

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
