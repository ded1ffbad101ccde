"""What every run store must do to erase a person: find what is theirs, take it, and leave everybody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stemma.graphs.assistants.model import Assistant
from stemma.graphs.crons.model import Cron
from stemma.graphs.erasure.ports import Holdings
from stemma.graphs.errors import UnknownThread
from stemma.graphs.keys.model import ApiKey, Role
from stemma.graphs.runs.model import Run, RunRequest, RunStatus, Thread, ThreadStatus
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.rows import request_json
from stemma.graphs.runs.submission import Submission

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def thread_of(tenant: str, user: str, name: str, **metadata: str) -> Thread:
    return Thread(name, tenant, NOW, NOW, metadata, ThreadStatus.IDLE, user=user)


async def ran(store: RunStore, tenant: str, user: str, thread_id: str, run_id: str, key: str | None = None) -> None:
    """A run of somebody, not yet begun."""
    request = RunRequest("graph", input={"question": f"a question of {user or 'nobody'}"})
    run = Run(run_id, thread_id, tenant, "graph", "graph", NOW, NOW, RunStatus.PENDING, {}, request, user=user)
    made = Submission(run, request_json(request), first_event=b"{}", create_thread=True, idempotency_key=key)
    await store.submit(replace(made, fingerprint="print"))


async def filled(store: RunStore) -> None:
    """Ann's and Bob's in tenant t, and another Ann's in tenant u."""
    for tenant, user in (("t", "ann"), ("t", "bob"), ("u", "ann")):
        whose = f"{tenant}-{user}"
        await store.create_thread(thread_of(tenant, user, f"{whose}-empty"))
        await ran(store, tenant, user, f"{whose}-ran", f"{whose}-run", key=whose)
        await store.copy_thread(tenant, f"{whose}-ran", f"{whose}-copy", NOW)
        await store.keys.add(ApiKey(f"{whose}-key", "k", tenant, user, Role.ADMIN, NOW), b"digest")
        cron = Cron(f"{whose}-cron", tenant, user, "graph", None, "* * * * *", RunRequest("graph"), NOW, NOW)
        await store.crons.create(cron)
        await store.assistants.create(
            tenant, Assistant(f"{whose}-made", "graph", "a", NOW, NOW, metadata={"owner": user})
        )
    await store.create_thread(thread_of("t", "", "owned", owner="ann"))


async def check_what_is_theirs_is_found(store: RunStore) -> None:
    await filled(store)
    held = await store.erasure.holdings("t", "ann")
    assert sorted(held.threads) == ["owned", "t-ann-copy", "t-ann-empty", "t-ann-ran"]
    assert (list(held.shared), list(held.active)) == ([], ["t-ann-run"])
    assert set(held.ids) == {*held.threads, "t-ann-run"}
    assert any("a question of ann" in text for text in held.texts)
    assert {name: held.counts[name] for name in ("threads", "runs", "crons", "api_keys", "assistants")} == {
        "threads": 4,
        "runs": 1,
        "crons": 1,
        "api_keys": 1,
        "assistants": 1,
    }
    whole = await store.erasure.holdings("t", "")
    assert len(whole.threads) == 7
    assert whole.counts["api_keys"] == 2


async def check_a_thread_of_several_is_shared(store: RunStore) -> None:
    await ran(store, "t", "ann", "both", "one")
    await ran(store, "t", "bob", "both", "two")
    for user in ("ann", "bob"):
        assert list((await store.erasure.holdings("t", user)).shared) == ["both"]
    assert list((await store.erasure.holdings("t", "")).shared) == []


async def check_erasing_takes_theirs_and_nothing_else(store: RunStore) -> None:
    await filled(store)
    others = [await store.erasure.holdings(*whose) for whose in (("t", "bob"), ("u", "ann"))]
    for _ in range(2):  # again changes nothing
        for thread_id in ("owned", "t-ann-copy", "t-ann-empty", "t-ann-ran"):
            await store.erasure.erase_thread("t", thread_id)
        await store.erasure.erase_person("t", "ann")
    assert await store.erasure.holdings("t", "ann") == Holdings([], [], [], {}, [], [])
    assert [await store.erasure.holdings(*whose) for whose in (("t", "bob"), ("u", "ann"))] == others
    with pytest.raises(UnknownThread):
        await store.thread("t", "t-ann-ran")
    assert await store.events("t-ann-ran", 0, 10) == []


async def check_another_tenants_thread_is_not_erased(store: RunStore) -> None:
    await filled(store)
    await store.erasure.erase_thread("t", "u-ann-ran")
    assert (await store.thread("u", "u-ann-ran")).thread_id == "u-ann-ran"


async def check_what_others_said_too_is_told(store: RunStore) -> None:
    await filled(store)
    said = [b"a question of ann", b"a question of bob", b"a question of nobody"]
    assert await store.erasure.others("t", "bob", said) == {said[0]}
    assert await store.erasure.others("t", "ann", said) == {said[0], said[1]}, "her namesake of another tenant says it"


CHECKS = [
    check_what_others_said_too_is_told,
    check_what_is_theirs_is_found,
    check_a_thread_of_several_is_shared,
    check_erasing_takes_theirs_and_nothing_else,
    check_another_tenants_thread_is_not_erased,
]
