"""Which address the server may take. Light, because a port in use should be told before anything heavy is loaded."""

from __future__ import annotations

import errno
import socket

from stemma.api.auth.settings import JwtSettings
from stemma.api.failures import CannotListen, KeyRequired, PortInUse
from stemma.api.loopback import is_loopback
from stemma.api.settings import ApiSettings


def bind(settings: ApiSettings, *, asks: bool = False) -> socket.socket:
    """A bound socket for the settings' host and port. `asks`: a project's auth file says who may ask.

    Raises: KeyRequired when other machines could reach a server without a key; PortInUse; CannotListen.
    """
    asked = asks or settings.key or settings.require_key or settings.auth_path or JwtSettings().configured
    if not (asked or settings.insecure or is_loopback(settings.host)):
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
