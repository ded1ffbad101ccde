"""/memory/retractions/…/heal over HTTP: what is told before, during and after, and what bad input gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from stemma.api import create_app
from stemma.api.schemas.memory_healing import HealingBody
from stemma.graphs.policy import Permission
from tests.flow.answer.memo_world import ABOUT, World, open_world, withdrawn
from tests.integration.memory_client import Acting

SHAPE: TypeAdapter[HealingBody] = TypeAdapter(HealingBody)
FIRST = next(iter(ABOUT))


@dataclass(frozen=True)
class Asking:
    """A server over the world of the false memo."""

    world: World
    asker: Acting

    async def healed(self, retraction: str, **body: object) -> HealingBody:
        """Begin, and look again at the end."""
        begun = SHAPE.validate_python(await self.asker.post(f"/retractions/{retraction}/heal", body))
        assert begun["run_id"] is not None
        path = f"/threads/{begun['thread_id']}/runs/{begun['run_id']}/join"
        assert (await self.asker.http.get(path)).status_code == 200
        return SHAPE.validate_python(await self.asker.get(f"/retractions/{retraction}/heal"))


@pytest.fixture
async def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asking]:
    async with open_world("memory:", tmp_path) as world:
        app = create_app(world.runtime, memory=world.memory)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
        ):
            yield Asking(world, Acting(http, world.actor, monkeypatch))


async def test_a_retraction_is_healed_and_looked_at(asking: Asking) -> None:
    for question in ABOUT:
        await asking.world.ask(question)
    retraction = await withdrawn(asking.world)
    path = f"/retractions/{retraction}/heal"
    assert (await asking.asker.request("GET", path)).status_code == 404
    assert (await asking.asker.request("POST", f"{path}/cancel")).status_code == 404

    planned = SHAPE.validate_python(await asking.asker.post(path, {"dry_run": True}))
    assert (planned["total"], planned["counts"], planned["run_id"]) == (3, {"to do": 3}, None)
    assert (await asking.asker.request("GET", path)).status_code == 404

    done = await asking.healed(retraction, move_head=True, parallel=2)
    assert (done["status"], done["done"], done["counts"]) == ("success", 3, {"changed": 3})
    assert {row["head"] for row in done["answers"]} == {"moved"}
    page = await asking.asker.request("GET", f"{path}?limit=2")
    assert (page.headers["X-Pagination-Total"], page.headers["X-Pagination-Next"]) == ("3", "2")
    assert page.json()["answers"] == done["answers"][:2]
    assert (await asking.asker.post(f"{path}/cancel", None))["status"] == "success"


async def test_where_nothing_is_tainted_nothing_is_run(asking: Asking) -> None:
    retraction = await withdrawn(asking.world)
    told = SHAPE.validate_python(await asking.asker.post(f"/retractions/{retraction}/heal", {}))
    assert (told["total"], told["run_id"], told["status"]) == (0, None, None)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("heal", {"parallel": 0}, "parallel"),
        ("heal", {"parallel": 65}, "parallel"),
        ("heal", {"move_heads": True}, "move_heads"),
        ("heal?agent=clerk", {}, "agent"),
        ("heal/cancel?agent=clerk", None, "agent"),
    ],
)
async def test_wrong_input_names_the_field(asking: Asking, path: str, body: object, field: str) -> None:
    retraction = await withdrawn(asking.world)
    answer = await asking.asker.request("POST", f"/retractions/{retraction}/{path}", json=body)
    assert answer.status_code == 422
    assert field in {row["field"] for row in answer.json()["errors"]}


async def test_each_permission_that_it_uses_is_asked_for(asking: Asking) -> None:
    await asking.world.ask(FIRST)
    retraction = await withdrawn(asking.world)
    for missing in (Permission.MEMORY_WRITE, Permission.RUNS_WRITE, Permission.THREADS_WRITE):
        asker = asking.asker.may(*(set(Permission) - {missing}))
        assert (await asker.request("POST", f"/retractions/{retraction}/heal", json={})).status_code == 403, missing
