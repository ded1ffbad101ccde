"""Where a webhook may go: what its address may look like, and which network addresses may be called. Pure.

Decides twice. An address that can never be called is refused when the run is submitted. What its name stands for is
judged at every attempt, on the addresses that will be connected to (call.py): a name may mean another address by then.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from stemma.graphs.errors import InvalidRequest
from stemma.graphs.webhooks.settings import WebhookSettings

PORTS = {"http": 80, "https": 443}
NAT64 = IPv6Network("64:ff9b::/96")
"""The last 32 bits are an IPv4 address (RFC 6052)."""


def refuse(url: str, settings: WebhookSettings) -> None:
    """Raises `InvalidRequest`, naming `webhook`, for an address that these settings never call."""
    problem = _problem(url, settings)
    if problem:
        raise InvalidRequest(problem, field="webhook")


def _problem(url: str, settings: WebhookSettings) -> str:
    if not settings.enabled:
        return "this server calls no webhooks"
    if len(url) > settings.max_url_length:
        return f"at most {settings.max_url_length} characters"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "write it in ASCII, other characters percent-encoded and the host as punycode"
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return "this is no address"
    host = (parts.hostname or "").rstrip(".")
    if not host or parts.scheme not in PORTS:
        return "an absolute address that begins with http:// or https://"
    if parts.username is not None or parts.password is not None:
        return "no user or password in the address; the server can send headers (GRAPHS_WEBHOOK_HEADERS)"
    return _forbidden(parts, host, port, settings)


def _forbidden(parts: SplitResult, host: str, port: int, settings: WebhookSettings) -> str:
    if settings.require_https and parts.scheme != "https":
        return "this server calls https:// only"
    if settings.allowed_ports and port not in settings.allowed_ports:
        return "this server does not call that port"
    if settings.allowed_domains and not any(_covers(domain, host) for domain in settings.allowed_domains):
        return "this server does not call that host"
    if not settings.allow_internal and _names_itself(host):
        return "this server does not call internal addresses"
    return ""


def _covers(domain: str, host: str) -> bool:
    return host.endswith(domain[1:]) if domain.startswith("*.") else host == domain


def _names_itself(host: str) -> bool:
    """Whether the host is internal by its looks alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return internal(host)


def internal(address: str) -> bool:
    """Whether a numeric address is not of the public internet: private, loopback, link-local, shared, reserved,
    multicast, or an IPv6 form that carries such an IPv4 address.
    """
    found = ip_address(address.partition("%")[0])
    carried = _carried(found) if isinstance(found, IPv6Address) else None
    if carried is not None:
        return internal(str(carried))
    return not found.is_global or found.is_multicast


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
