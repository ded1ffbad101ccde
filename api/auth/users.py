"""What an `@auth.authenticate` handler may return, as what the rest of the server knows of a user.

Decides the user's identity and tenant, and what of them is kept with their runs: what JSON can say. An answer without
an identity is no user; one without the tenant that the settings ask for is refused, never put into the default one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson
from langgraph_sdk.auth.types import StudioUser

from stemma.api.auth.refusals import Refusal
from stemma.graphs.policy import Actor, Permission
from stemma.graphs.runs.auth_user import AuthUser
from stemma.memory.scope import DEFAULT_TENANT, Scope

_KNOWN = ("identity", "display_name", "is_authenticated", "permissions")


class KnownUser(AuthUser):
    """What handlers get as `ctx.user`: the fields that were returned, and what else the returned object can do."""

    def __init__(self, profile: Mapping[str, Any], origin: object) -> None:
        super().__init__(profile)
        object.__setattr__(self, "_origin", origin)

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        return getattr(self._origin, name)


def profile_of(returned: object) -> dict[str, Any] | None:
    """The user as JSON, or None for what names nobody."""
    if isinstance(returned, str):
        fields: dict[str, Any] = {"identity": returned}
    elif isinstance(returned, Mapping):
        fields = dict(returned)
    else:
        fields = {**_fields(returned), **{name: getattr(returned, name) for name in _KNOWN if hasattr(returned, name)}}
    identity = fields.get("identity")
    if not isinstance(identity, str) or not identity:
        return None
    fields.setdefault("display_name", identity)
    fields.setdefault("is_authenticated", True)
    fields["permissions"] = list(fields.get("permissions") or ())
    plain: dict[str, Any] = orjson.loads(orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS))
    return plain


def actor_of(profile: Mapping[str, Any], tenant_field: str = "") -> Actor | None:
    """A user whom only rules hold back; None for a name that no scope can have.

    `tenant_field`: of the profile, the tenant; "" is the default tenant. Raises `Refusal` when there is no name in it.
    """
    tenant = profile.get(tenant_field) if tenant_field else DEFAULT_TENANT
    if not isinstance(tenant, str) or not tenant:
        raise Refusal(403, f"this user is of no tenant: {tenant_field} names none")
    try:
        scope = Scope(tenant, str(profile["identity"]))
    except ValueError:
        return None
    return Actor(tenant=scope.tenant, user=scope.user, permissions=frozenset(Permission), name="user", profile=profile)


def shown_to_handlers(returned: object, profile: Mapping[str, Any]) -> Any:
    """`ctx.user`. One of Studio stays what it is: handlers ask for its class."""
    return returned if isinstance(returned, StudioUser) else KnownUser(profile, returned)


def _fields(returned: object) -> dict[str, Any]:
    dump = getattr(returned, "model_dump", None)
    if callable(dump):
        return dict(dump())
    if is_dataclass(returned) and not isinstance(returned, type):
        return asdict(returned)
    return {name: value for name, value in getattr(returned, "__dict__", {}).items() if not name.startswith("_")}
