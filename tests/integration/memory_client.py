"""A client of the /memory routes that acts for whom a test says, and the small world that it asks about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from stemma.graphs.policy import Actor, Permission, memory_scope
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Use

MEMO = {"title": "Memo", "uri": "memo.md", "text": "The berth fee of Port Merrow is nine euros a day."}
TARIFF = {"title": "Tariff", "uri": "tariff.md", "text": "The berth fee of Port Merrow is 2,400 euros a day."}
STATED = "The berth fee is nine euros."


@dataclass(frozen=True)
class Acting:
    """Requests of one actor. The key's actor is replaced, because keys of other tenants cannot be configured yet."""

    http: httpx.AsyncClient
    actor: Actor
    patch: pytest.MonkeyPatch

    def other(self, **changes: Any) -> Acting:
        """The same client for somebody else; a user of the same tenant unless told otherwise."""
        given: dict[str, Any] = {"tenant": self.actor.tenant, **changes}
        return Acting(self.http, Actor(**given), self.patch)

    def may(self, *permissions: Permission) -> Acting:
        """The same actor with these permissions only."""
        return self.other(user=self.actor.user, permissions=frozenset(permissions))

    async def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        self.patch.setattr("stemma.api.auth.key.LOCAL", self.actor)
        return await self.http.request(method, f"/memory{path}", **given)

    async def get(self, path: str, **given: Any) -> Any:
        """The JSON of a GET that succeeds."""
        return _read(await self.request("GET", path, **given))

    async def post(self, path: str, body: Any, **given: Any) -> Any:
        """The JSON of a POST that succeeds."""
        return _read(await self.request("POST", path, json=body, **given))

    async def add(self, text: dict[str, str], **given: Any) -> str:
        """Ingest one text; the id of its source."""
        (result,) = (await self.post("/sources", text, **given))["results"]
        return str(result["source_ids"][0])


def _read(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def acting(http: httpx.AsyncClient, patch: pytest.MonkeyPatch) -> Acting:
    """Somebody of a tenant that no other test has used."""
    return Acting(http, Actor(tenant=f"tenant-{uuid4().hex}"), patch)


async def learned(
    memory: LongTermMemory, actor: Actor, passage_id: str, *, name: str = "1", claim: str = STATED, hours: int = 0
) -> Answer:
    """An answer of run `run-NAME` that used the passage and states one claim derived from it, so many hours ahead."""
    scope = memory_scope(actor)
    answer = Answer(
        id="",
        scope=scope,
        text="Nine euros [1].",
        run_id=f"run-{name}",
        thread_id=f"thread-{name}",
        checkpoint_id="c-1",
        question="What is the berth fee?",
        recorded_at=datetime.now(UTC) + timedelta(hours=hours),
        used=(Use(passage_id, 1, 0.5),),
    )
    derived = LearnedClaim(claim, [Antecedent(passage_id, "nine euros", 33, 43)], extractor="test", step="learn")
    return await memory.learn(scope, answer, [derived])
