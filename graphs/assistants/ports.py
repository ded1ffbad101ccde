"""What assistants need from the place where they are kept, as one Protocol.

Every operation may raise `StoreUnavailable` and its kinds; the docstrings below name what comes on top. A tenant's
assistants are its own: the same id in two tenants is two assistants.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery


class AssistantStore(Protocol):
    """The assistants that tenants made or changed."""

    async def create(self, tenant: str, assistant: Assistant) -> bool:
        """Keep it as version 1. False, and nothing is written, when the tenant has one with this id."""
        ...

    async def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        """The version that is in use."""
        ...

    async def change(
        self, tenant: str, assistant_id: str, change: AssistantChange, now: datetime, default: Assistant | None
    ) -> Assistant:
        """Make the next version and use it. `default` becomes version 1 when the tenant has not changed it before.

        Raises `UnknownAssistant` when there is neither.
        """
        ...

    async def use(self, tenant: str, assistant_id: str, version: int, now: datetime) -> Assistant:
        """Use another version from now on. Raises `UnknownAssistant` when there is no such version."""
        ...

    async def versions(
        self, tenant: str, assistant_id: str, metadata: Mapping[str, Any], limit: int, offset: int
    ) -> list[Assistant]:
        """Newest first, those whose metadata contains what is given; empty for an assistant that is not kept here."""
        ...

    async def delete(self, tenant: str, assistant_id: str) -> bool:
        """With all its versions. False when there was none."""
        ...

    async def search(self, query: AssistantQuery) -> list[Assistant]: ...

    async def count(self, query: AssistantQuery) -> int: ...
