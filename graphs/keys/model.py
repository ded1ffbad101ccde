"""API keys: who holds one, and what it allows.

Decides the roles. A key's secret is shown once, when it is made; what is kept of it is a digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stemma.graphs.policy import Permission


class Role(StrEnum):
    """What a key's holder may do, each more than the one before."""

    READER = "reader"
    RUNNER = "runner"
    ADMIN = "admin"


_READER = frozenset(permission for permission in Permission if permission.value.endswith(":read"))
_RUNNER = _READER | {
    Permission.RUNS_WRITE,
    Permission.THREADS_WRITE,
    Permission.FEEDBACK_WRITE,
    Permission.STORE_WRITE,
}
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.RUNNER: _RUNNER,
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed."""

    key_id: str
    name: str
    tenant: str
    user: str
    """Empty: nobody in particular, within the tenant."""
    role: Role
    created_at: datetime
    revoked_at: datetime | None = None
