"""Which tokens count, whom they stand for, and how often the issuer is asked for its keys. Nothing waits for time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from stemma.api.auth.bearer import Bearer
from stemma.api.auth.key_set import KeySet, fetching
from stemma.api.auth.refusals import Refusal
from stemma.api.auth.settings import JwtSettings
from stemma.graphs.keys.model import PERMISSIONS, Role
from stemma.graphs.policy import Permission
from tests.integration.token_issuer import AUDIENCE, ISSUER, Issuer

BASE: dict[str, Any] = {"jwks": "unused", "issuer": ISSUER, "audience": f"other,{AUDIENCE}"}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    made = Issuer()
    for kid, algorithm in (("rsa", "RS256"), ("ec", "ES256"), ("ed", "EdDSA")):
        made.add(kid, algorithm)
    return made


class Fetches:
    """Answers with the issuer's keys and counts how often it was asked."""

    def __init__(self, issuer: Issuer, **more: Any) -> None:
        self.issuer, self.more, self.count, self.broken = issuer, more, 0, False

    async def __call__(self) -> bytes:
        self.count += 1
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("away")
        return self.issuer.public(**self.more)


def bearer(fetch: Fetches, clock: Callable[[], float] = lambda: 0.0, **settings: Any) -> Bearer:
    return Bearer(JwtSettings(**{**BASE, **settings}), KeySet(fetch, max_age=3600, refetch=30, clock=clock))


@pytest.mark.parametrize("kid", ["rsa", "ec", "ed"])
async def test_a_good_token_is_its_user(issuer: Issuer, kid: str) -> None:
    actor = await bearer(Fetches(issuer)).actor(issuer.token(kid, name="Ann").encode())
    assert actor is not None
    assert (actor.tenant, actor.user, actor.permissions) == ("default", "ann", PERMISSIONS[Role.RUNNER])
    assert actor.profile is not None
    assert (actor.profile["identity"], actor.profile["display_name"]) == ("ann", "Ann")


NOW = time.time()
DAY = 86_400
WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://issuer.example"},
    "another audience": {"aud": "somebody"},
    "no audience": {"aud": None},
    "over": {"exp": NOW - 31},
    "without an end": {"exp": None},
    "not yet": {"nbf": NOW + DAY},
    "made in the future": {"iat": NOW + DAY},
    "nobody": {"sub": None},
    "an empty user": {"sub": ""},
    "a user that is no text": {"sub": 7},
    "a control character": {"sub": "a\x1fb"},
    "an unknown key": {"header": {"kid": "gone"}},
    "an algorithm that was not allowed": {"algorithm": "RS512"},
    "a critical extension": {"header": {"crit": ["exp"], "x": 1}},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
async def test_any_other_token_is_nobody(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert await bearer(Fetches(issuer)).actor(issuer.token("rsa", **changes).encode()) is None


async def test_a_clock_may_be_off_by_the_leeway(issuer: Issuer) -> None:
    token = issuer.token("ec", exp=time.time() - 20).encode()
    assert await bearer(Fetches(issuer)).actor(token) is not None
    assert await bearer(Fetches(issuer), leeway_seconds=0).actor(token) is None


async def test_forgeries_are_nobody(issuer: Issuer) -> None:
    checks = bearer(Fetches(issuer))
    good = issuer.token("rsa")
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    private = issuer.keys["rsa"][1]
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    other = Issuer()
    other.add("rsa", "RS256")
    forged = [
        jwt.encode(claims, "", "none", headers={"kid": "rsa"}),
        hmac_signed(claims, pem),
        other.token("rsa"),
        f"{head}.{body}.",
        f"{head}.{body[:-2]}AA.{signature}",
        f"{head}.{issuer.token('rsa', sub='root').split('.')[1]}.{signature}",
        issuer.token("ec", header={"kid": "rsa"}),
        issuer.token("rsa", algorithm="PS256"),
        "a.b.c",
        "..",
        "é.é.é",
        "x" * 20_000,
        f"{head}.{body}.{signature}" + "A" * 20_000,
    ]
    for token in forged:
        assert await checks.actor(token.encode("latin-1", "replace")) is None, token[:80]
    assert await checks.actor(good.encode()) is not None


def hmac_signed(claims: dict[str, Any], secret: bytes) -> str:
    """What an attacker makes of a public key: PyJWT itself refuses to sign with one."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "rsa"}).encode())
    signed = f"{head}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


async def test_a_key_is_for_its_own_algorithm_and_for_signing(issuer: Issuer) -> None:
    token = issuer.token("rsa").encode()
    allowed = "RS256,RS512"
    assert await bearer(Fetches(issuer, alg="RS512"), algorithms=allowed).actor(token) is None
    assert await bearer(Fetches(issuer, alg="RS256"), algorithms=allowed).actor(token) is not None
    with pytest.raises(Refusal):
        await bearer(Fetches(issuer, use="enc")).actor(token)
    with pytest.raises(Refusal):
        await bearer(Fetches(issuer, kty="oct")).actor(token)


async def test_keys_rotate_and_strangers_do_not_make_the_issuer_work(issuer: Issuer) -> None:
    now = [0.0]
    turning = Issuer(dict(issuer.keys))
    fetch = Fetches(turning)
    checks = bearer(fetch, lambda: now[0])
    assert await checks.actor(issuer.token("ec").encode()) is not None
    turning.add("new")
    token = turning.token("new").encode()
    assert await checks.actor(token) is None, "the issuer was asked a moment ago"
    now[0] = 31
    answers = await asyncio.gather(*(checks.actor(token) for _ in range(50)))
    assert None not in answers
    unknown = issuer.token("ec", header={"kid": "guess"}).encode()
    assert await asyncio.gather(*(checks.actor(unknown) for _ in range(50))) == [None] * 50
    assert fetch.count == 2
    del turning.keys["ec"]
    now[0] = 31 + 3601
    assert await checks.actor(issuer.token("ec").encode()) is None, "a key that the issuer took back"
    assert fetch.count == 3


async def test_an_issuer_that_is_away(issuer: Issuer) -> None:
    now = [0.0]
    fetch = Fetches(issuer)
    fetch.broken = True
    checks = bearer(fetch, lambda: now[0])
    token = issuer.token("ec").encode()
    with pytest.raises(Refusal) as refused:
        await checks.actor(token)
    assert refused.value.status == 503
    fetch.broken, now[0] = False, 31
    assert await checks.actor(token) is not None
    fetch.broken, now[0] = True, 31 + 3601
    assert await checks.actor(token) is not None, "the keys that are there stay"


@pytest.mark.parametrize(
    ("said", "role", "permissions"),
    [
        ({"role_claim": "roles"}, ["reader"], PERMISSIONS[Role.READER]),
        ({"role_claim": "roles"}, "runner other", PERMISSIONS[Role.RUNNER]),
        ({"role_claim": "roles", "roles": "staff=admin"}, ["staff"], PERMISSIONS[Role.ADMIN]),
        ({"role_claim": "roles"}, "runs:read store:write", {Permission.RUNS_READ, Permission.STORE_WRITE}),
        ({"role_claim": "roles"}, ["root", 7], set()),
        ({"role_claim": "roles"}, None, set()),
        ({"role": "reader"}, ["admin"], PERMISSIONS[Role.READER]),
    ],
)
async def test_what_a_token_allows(issuer: Issuer, said: dict[str, Any], role: Any, permissions: Any) -> None:
    actor = await bearer(Fetches(issuer), **said).actor(issuer.token("ec", roles=role).encode())
    assert actor is not None
    assert actor.permissions == permissions


async def test_a_tenant_is_never_a_guess(issuer: Issuer) -> None:
    checks = bearer(Fetches(issuer), tenant_claim="org", user_claim="email")
    for claims in ({"org": "acme"}, {"email": "a@b"}, {"org": "", "email": "a@b"}, {"org": ["acme"], "email": "a@b"}):
        assert await checks.actor(issuer.token("ec", **claims).encode()) is None
    actor = await checks.actor(issuer.token("ec", org="acme", email="a@b").encode())
    assert actor is not None
    assert (actor.tenant, actor.user) == ("acme", "a@b")


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithms": "none"},
        {"algorithms": "RS256,HS256"},
        {"algorithms": ""},
        {"issuer": ""},
        {"audience": ""},
        {"jwks": "http://issuer.example/keys"},
        {"roles": "staff=root"},
        {"role": "root"},
    ],
    ids=str,
)
def test_settings_that_would_open_a_door_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JwtSettings(**{**BASE, **wrong})


async def test_keys_come_from_a_file_or_an_address(issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(issuer.public())
    assert await fetching(str(file))() == issuer.public()
    answers = {b"/keys": (b"200 OK", issuer.public()), b"/moved": (b"302 Found\r\nLocation: /keys", b"")}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        status, body = answers[path]
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await fetching(f"{address}/keys")() == issuer.public()
        with pytest.raises(OSError, match="302"):
            await fetching(f"{address}/moved")()
