"""What every store keeps of API keys: plain checks, run over each adapter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stemma.graphs.errors import InvalidRequest, UnknownKey
from stemma.graphs.keys.keys import Keys
from stemma.graphs.keys.model import PERMISSIONS, Role
from stemma.graphs.policy import Permission
from stemma.graphs.runs.ports import RunStore


async def check_a_secret_stands_for_its_holder(store: RunStore) -> None:
    keys = Keys(store.keys, store.version)
    assert not await keys.required()
    key, secret = await keys.create("laptop", tenant="blue", user="ann", role=Role.RUNNER)
    actor = await keys.actor(secret)
    assert actor is not None
    assert (actor.tenant, actor.user, actor.permissions) == ("blue", "ann", PERMISSIONS[Role.RUNNER])
    assert (await keys.required(), await keys.list()) == (True, [key])
    for wrong in ("", "stemma", f"stemma_{key.key_id}", f"stemma_{key.key_id}_x", f"{secret}x", secret[:-1], "\ud800"):
        assert await keys.actor(wrong) is None
    found = await store.keys.find(key.key_id)
    assert found is not None
    assert secret.encode() not in found[1]
    assert secret not in repr(found)


async def check_a_revoked_key_opens_nothing(store: RunStore) -> None:
    keys = Keys(store.keys, store.version)
    key, secret = await keys.create("old", tenant="blue", role=Role.ADMIN)
    assert await keys.actor(secret) is not None
    revoked = await keys.revoke(key.key_id)
    assert revoked.revoked_at is not None
    assert await keys.actor(secret) is None
    assert await keys.required()  # the last key gone does not open the doors
    again = await store.keys.revoke(key.key_id, revoked.revoked_at + timedelta(days=1))
    assert again.revoked_at == revoked.revoked_at
    with pytest.raises(UnknownKey):
        await keys.revoke("nobody")


async def check_names_are_names(store: RunStore) -> None:
    keys = Keys(store.keys, store.version)
    for tenant, user in (("", ""), ("a\x1fb", ""), ("a", "\x00")):
        with pytest.raises(InvalidRequest):
            await keys.create("x", tenant=tenant, user=user, role=Role.READER)
    assert await keys.list() == []


async def check_roles_allow_more_and_more(store: RunStore) -> None:
    assert [len(PERMISSIONS[role]) for role in Role] == sorted({len(PERMISSIONS[role]) for role in Role})
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)
    keys = Keys(store.keys, store.version)
    made = [(await keys.create(role, tenant="t", role=role))[0] for role in Role]
    assert {key.role for key in await keys.list()} == {key.role for key in made} == set(Role)


CHECKS = [
    check_a_secret_stands_for_its_holder,
    check_a_revoked_key_opens_nothing,
    check_names_are_names,
    check_roles_allow_more_and_more,
]
