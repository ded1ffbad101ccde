"""Bearer tokens of a configured issuer: signed JWTs, and whom their claims stand for.

Decides that only public-key signatures count, each checked with a key that is for that algorithm, and that a token
without an end, an issuer, an audience or a user is nobody's. A configured claim that is missing refuses: it never falls
back to a default tenant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from stemma.api.auth.key_set import Key, KeySet, fetching
from stemma.api.auth.settings import FAMILIES, JwtSettings
from stemma.graphs.keys.model import PERMISSIONS, Role
from stemma.graphs.policy import Actor, Permission
from stemma.memory.scope import DEFAULT_TENANT, Scope

MAX_CHARACTERS = 16 * 1024


class Bearer:
    """Checks tokens of one issuer."""

    def __init__(self, settings: JwtSettings, keys: KeySet | None = None) -> None:
        self._settings = settings
        self._keys = keys or KeySet(
            fetching(settings.jwks), max_age=settings.keys_seconds, refetch=settings.refetch_seconds
        )

    async def actor(self, token: bytes) -> Actor | None:
        """Whom the token stands for; None for one that is not good. Raises `Refusal` while there are no keys."""
        text = token.decode("latin-1")
        if len(text) > MAX_CHARACTERS or text.count(".") != 2:
            return None
        try:
            header = jwt.get_unverified_header(text)
            algorithm = header.get("alg")
            if algorithm not in self._settings.algorithms:
                return None
            for key in await self._keys.find(header.get("kid")):
                if _is_for(key, algorithm) and (claims := self._claims(text, key, algorithm)) is not None:
                    return actor_of(claims, self._settings)
        except jwt.PyJWTError:
            return None
        return None

    def _claims(self, text: str, key: Key, algorithm: str) -> Mapping[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(
                text,
                jwt.PyJWK(dict(key), algorithm),
                algorithms=[algorithm],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_seconds,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidSignatureError:
            return None  # a token that names no key is tried with each
        return claims


def actor_of(claims: Mapping[str, Any], settings: JwtSettings) -> Actor | None:
    """Tenant, user and permissions of checked claims; None where one that is needed is missing or is no name."""
    user = _text(claims, settings.user_claim)
    tenant = _text(claims, settings.tenant_claim) if settings.tenant_claim else DEFAULT_TENANT
    if not user or (settings.tenant_claim and not tenant):
        return None
    try:
        scope = Scope(tenant or DEFAULT_TENANT, user)
    except ValueError:
        return None
    permissions = permissions_of(claims, settings)
    profile = {
        "identity": user,
        "display_name": _text(claims, "name") or user,
        "is_authenticated": True,
        "permissions": sorted(permissions),
    }
    return Actor(scope.tenant, scope.user, permissions, name="token", profile=profile)


def permissions_of(claims: Mapping[str, Any], settings: JwtSettings) -> frozenset[Permission]:
    """Of all roles and permissions that the claim names, by our names or the settings'; without a claim, of the one
    role that every token has."""
    if not settings.role_claim:
        return PERMISSIONS[Role(settings.role)]
    said = claims.get(settings.role_claim)
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    allowed: set[Permission] = set()
    for word in words:
        name = settings.roles.get(word, word) if isinstance(word, str) else ""
        if name in list(Role):
            allowed |= PERMISSIONS[Role(name)]
        elif name in list(Permission):
            allowed.add(Permission(name))
    return frozenset(allowed)


def _text(claims: Mapping[str, Any], claim: str) -> str | None:
    value = claims.get(claim)
    return value if isinstance(value, str) and value else None


def _is_for(key: Key, algorithm: str) -> bool:
    return key.get("kty") == FAMILIES.get(algorithm) and key.get("alg") in (None, algorithm)
