"""Who a run acts for, as LangGraph's own server tells graphs: `config["configurable"]["langgraph_auth_user"]`.

Decides the names and the shape. Nothing of it reaches a checkpoint, an event or an answer: it may hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PREFIX = "langgraph_auth_"
"""A request cannot say these itself."""
USER_ID = "langgraph_auth_user_id"


def as_sent(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request's config without what it says of the user: it may be another server's, forwarded with its secrets."""
    configurable = config.get("configurable")
    if not isinstance(configurable, Mapping) or not any(str(key).startswith(PREFIX) for key in configurable):
        return config
    kept = {key: value for key, value in configurable.items() if not str(key).startswith(PREFIX)}
    return {**config, "configurable": kept}


class AuthUser(dict[str, Any]):
    """Satisfies `langgraph_sdk.auth.types.BaseUser`: every field by key, the four known ones by name as well."""

    @property
    def identity(self) -> str:
        return str(self["identity"])

    @property
    def display_name(self) -> str:
        return str(self.get("display_name") or self["identity"])

    @property
    def is_authenticated(self) -> bool:
        return bool(self.get("is_authenticated", True))

    @property
    def permissions(self) -> Sequence[str]:
        return list(self.get("permissions") or ())

    def __getattr__(self, name: str) -> Any:
        """Every other field, by name as well."""
        if name in self:
            return self[name]
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"AuthUser({self.get('identity')!r})"  # the rest may be secret, and texts of this kind end in logs


def configurable_of(profile: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a graph finds in `configurable`; nothing for a run of nobody in particular."""
    if profile is None:
        return {}
    user = AuthUser(profile)
    return {"langgraph_auth_user": user, USER_ID: user.identity, "langgraph_auth_permissions": user.permissions}
