"""Keeps web pages out: a page that somebody has open must not reach a server on their machine.

Refuses a `Host` that is neither this machine, an address nor a configured name (a page can point its own name at
127.0.0.1), a foreign `Origin`, and cross-site requests that carry no Origin. It knows nothing about keys.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.api.cors import CrossOrigin
from stemma.api.errors import problem
from stemma.api.settings import ApiSettings


class BrowserDefence:
    """Answer 403 to what only a foreign web page would send."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, cross_origin: CrossOrigin) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in (*settings.allowed_hosts, settings.host))
        self.cross_origin = cross_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (reason := self._refusal(scope)):
            await problem(403, reason, kind="Forbidden")(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        headers = {name: value for name, value in scope["headers"] if name in _ASKED}
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._own_name(host):
            return "this Host is not allowed; add it to API_ALLOWED_HOSTS"
        if origin := headers.get(b"origin"):
            text = origin.decode("latin-1").lower()
            if not self.cross_origin.allows(text) and urlsplit(text).netloc != host:
                return "this Origin is not allowed; add it to API_CORS_ORIGINS"
        elif headers.get(b"sec-fetch-site") in _FOREIGN and not _follows_a_link(scope.get("method", ""), headers):
            return "another site's page may not call this server"
        return ""

    def _own_name(self, host: str) -> bool:
        name = _without_port(host)
        if name in self.names or name == "localhost" or name.endswith(".localhost") or "*" in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


_ASKED = frozenset({b"host", b"origin", b"sec-fetch-site", b"sec-fetch-mode"})
_FOREIGN = frozenset({b"cross-site", b"same-site"})


def _follows_a_link(method: str, headers: Mapping[bytes, bytes]) -> bool:
    # A form that a page posts is a navigation too: only a link is harmless.
    return method in ("GET", "HEAD") and headers.get(b"sec-fetch-mode") == b"navigate"


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
