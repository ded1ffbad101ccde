"""Bad input gets the right status and a `detail` that helps, and changes nothing. Each row is one mistake."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from stemma.api.errors import STATUS, show_failure, status_of
from stemma.graphs import errors as graphs
from stemma.memory import errors as memory
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = str(uuid.UUID(int=0))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def thread(http: httpx.AsyncClient) -> str:
    return str((await http.post("/threads", json={})).json()["thread_id"])


def assert_problem(answer: httpx.Response, status: int, *words: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    for word in words:
        assert word in body["detail"], body
    return body


BAD_RUNS: list[tuple[dict[str, Any], int, str]] = [
    ({"assistant_id": "nobody"}, 404, "nobody"),
    ({}, 422, "assistant_id"),
    ({"assistant_id": "count", "stream_mode": "everything"}, 422, "stream_mode"),
    ({"assistant_id": "count", "webhook": "http://127.0.0.1/hook"}, 422, "webhook"),
    ({"assistant_id": "count", "after_seconds": -5}, 422, "after_seconds"),
    ({"assistant_id": "count", "on_completion": "delete"}, 422, "on_completion"),
    ({"assistant_id": "count", "no_such_option": 1}, 422, "no_such_option"),
    ({"assistant_id": "count", "multitask_strategy": "fight"}, 422, "multitask_strategy"),
    ({"assistant_id": "count", "config": {"recursion_limit": 0}}, 422, "recursion_limit"),
    ({"assistant_id": "count", "input": {"n": 1}, "command": {"resume": 1}}, 422, "exclude"),
    ({"assistant_id": "count", "durability": "sync", "checkpoint_during": True}, 422, "checkpoint_during"),
    ({"assistant_id": "count", "checkpoint_id": NOBODY}, 404, "checkpoint"),
]


@pytest.mark.parametrize(("body", "status", "word"), BAD_RUNS, ids=[json.dumps(row[0])[:60] for row in BAD_RUNS])
@pytest.mark.parametrize("route", ["", "/stream", "/wait"])
async def test_a_bad_run_is_refused_by_name(
    http: httpx.AsyncClient, thread: str, route: str, body: dict[str, Any], status: int, word: str
) -> None:
    assert_problem(await http.post(f"/threads/{thread}/runs{route}", json=body), status, word)
    assert (await http.get(f"/threads/{thread}/runs")).json() == []


BAD_BODIES: list[tuple[bytes, str]] = [
    (b"{", "not JSON"),
    (b"", "body"),
    (b"[]", "dictionary"),
    (b'{"assistant_id": "count", "input": NaN}', "not JSON"),
    (b'{"assistant_id": "count", "input": "\\ud800"}', "not JSON"),
    (b'{"assistant_id": "count", "input": {"n": 123456789012345678901234567890}}', "64 bits"),
    (b'{"assistant_id": "count", "input": ' + b"[" * 200 + b"]" * 200 + b"}", "levels"),
    (b'{"assistant_id": "count", "input": ' + b"[" * 90_000, "not JSON"),
    (b'\xff\xfe{"assistant_id": "count"}', "not JSON"),
]


@pytest.mark.parametrize(("body", "word"), BAD_BODIES, ids=[str(row[0][:60]) for row in BAD_BODIES])
async def test_a_body_that_cannot_be_stored_is_refused(
    http: httpx.AsyncClient, thread: str, body: bytes, word: str
) -> None:
    answer = await http.post(f"/threads/{thread}/runs", content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, word)


async def test_odd_but_valid_text_and_numbers_come_back_unchanged(http: httpx.AsyncClient) -> None:
    odd = {"nul": "a\u0000b", "big": 2**63, "small": -(2**63), "emoji": "\U0001f40d", "": "", "1e400": "1" * 40}
    made = await http.post("/threads", json={"metadata": odd})
    assert made.status_code == 200, made.text
    got = await http.get(f"/threads/{made.json()['thread_id']}")
    assert got.json()["metadata"] == odd
    found = await http.post("/threads/search", json={"metadata": {"nul": "a\u0000b"}})
    assert made.json()["thread_id"] in [thread["thread_id"] for thread in found.json()]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/threads/{NOBODY}", 404),
        ("PATCH", f"/threads/{NOBODY}", 404),
        ("DELETE", f"/threads/{NOBODY}", 404),
        ("GET", f"/threads/{NOBODY}/state", 404),
        ("POST", f"/threads/{NOBODY}/state", 404),
        ("GET", f"/threads/{NOBODY}/history", 404),
        ("GET", f"/threads/{NOBODY}/stream", 404),
        ("GET", f"/threads/{NOBODY}/runs", 404),
        ("GET", f"/threads/{NOBODY}/runs/{NOBODY}", 404),
        ("DELETE", f"/threads/{NOBODY}/runs/{NOBODY}", 404),
        ("POST", f"/threads/{NOBODY}/runs/{NOBODY}/cancel", 404),
        ("GET", f"/threads/{NOBODY}/runs/{NOBODY}/join", 404),
        ("GET", f"/threads/{NOBODY}/runs/{NOBODY}/stream", 404),
        ("GET", f"/runs/{NOBODY}/stream", 404),
        ("GET", "/assistants/nobody", 404),
        ("GET", "/assistants/%00", 404),
        ("GET", "/assistants/nobody/graph", 404),
        ("GET", "/no/such/path", 404),
        ("PUT", "/threads", 405),
        ("GET", "/threads/not-a-uuid", 422),
        ("GET", "/threads/%00", 422),
        ("GET", f"/threads/{NOBODY}/runs?limit=0", 422),
        ("GET", f"/threads/{NOBODY}/runs?limit=99999999999999999999", 422),
        ("GET", f"/threads/{NOBODY}/runs?status=asleep", 422),
        ("GET", f"/threads/{NOBODY}/runs/{NOBODY}/stream?stream_mode=everything", 422),
        ("GET", "/assistants/count/graph?xray=-1", 422),
    ],
)
async def test_what_is_not_there_or_cannot_be(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    body: dict[str, Any] | None = (
        {"metadata": {}} if method == "PATCH" else {"values": {}} if path.endswith("/state") else None
    )
    assert_problem(await http.request(method, path, json=body if method in ("PATCH", "POST") else None), status)


@pytest.mark.parametrize("cursor", ["x", "-2", "1.5", "9" * 30, "１"])
async def test_a_cursor_that_is_no_number_is_refused(http: httpx.AsyncClient, thread: str, cursor: str) -> None:
    path = f"/threads/{thread}/stream"
    assert_problem(await http.get(path, headers={b"Last-Event-ID": cursor.encode()}), 422, "last-event-id")


async def test_a_body_is_json_and_not_too_large(http: httpx.AsyncClient, live: Live) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Content-Type": content_type} if content_type else {}
        assert_problem(await http.post("/threads", content=b"{}", headers=headers), 415)
    json_type = {"Content-Type": "application/json"}
    limit = live.app.state.services.settings.max_body_bytes
    assert_problem(await http.post("/threads", content=b" " * (limit + 1), headers=json_type), 413)

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"metadata": {"a": "'
        for _ in range(limit // 65536 + 1):
            yield b"a" * 65536
        yield b'"}}'

    assert_problem(await http.post("/threads", content=endless(), headers=json_type), 413)


async def test_an_error_repeats_nothing_of_the_request(http: httpx.AsyncClient) -> None:
    secret = "canary-5d1f"
    for body in (b'{"thread_id": "' + secret.encode() + b'"}', b'{"broken": ' + secret.encode()):
        answer = await http.post("/threads", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert secret not in answer.text


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (graphs.StoreBusy(), 503),
        (graphs.StoreUnavailable(), 503),
        (graphs.StoreFull(), 507),
        (graphs.HistoryTruncated(), 410),
        (graphs.InvalidRequest("no such node", field="as_node"), 422),
        (memory.MemoryBusy(), 503),
        (memory.MemoryFull(), 507),
        (memory.EmbedderMismatch(hint="stemma memory reindex"), 500),
    ],
)
async def test_every_failure_has_its_status(http: httpx.AsyncClient, failure: Exception, status: int) -> None:
    answer = await show_failure(http.build_request("GET", "/"), failure)  # type: ignore[arg-type]  # it is not looked at
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["status"], body["type"]) == (status, status, type(failure).__name__)
    assert body["detail"].endswith(str(failure))
    assert body.get("hint", "") == getattr(failure, "hint", "")
    assert ("retry-after" in answer.headers) is (status == 503)
    if isinstance(failure, graphs.InvalidRequest):
        assert body["errors"] == [{"field": "as_node", "problem": "no such node"}]
        assert body["detail"] == "as_node: no such node"


async def test_no_failure_is_without_a_status() -> None:
    for module in (graphs, memory):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Exception):
                assert any(cls in STATUS for cls in kind.__mro__), kind
    assert status_of(KeyError("not ours")) == 500
