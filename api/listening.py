"""Which address the server may take. Light, because a port in use should be told before anything heavy is loaded."""

from __future__ import annotations

import errno
import ipaddress
import socket
from functools import lru_cache

from stemma.api.failures import CannotListen, KeyRequired, PortInUse
from stemma.api.settings import ApiSettings


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def bind(settings: ApiSettings) -> socket.socket:
    """A bound socket for the settings' host and port.

    Raises: KeyRequired when other machines could reach a server without a key; PortInUse; CannotListen.
    """
    if not (settings.key or settings.require_key or settings.insecure or is_loopback(settings.host)):
        raise KeyRequired(f"refusing to listen on {settings.host} without a key")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"cannot listen on {settings.host}: {error.strerror}") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Until someone listens, the system lets a second socket bind the same port.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"port {settings.port} is in use",
                hint=f"stop what uses it, or choose another: --port {settings.port + 1}",
            ) from error
        raise CannotListen(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener
