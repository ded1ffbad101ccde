"""POST /memory/sources as a form: files in, one result for each; what is too large, too many or too slow is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.live_server import Live, live_server
from tests.integration.memory_client import TARIFF, Acting, acting
from tests.unit.memory.sample_files import pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 1_000_000
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
Files = list[tuple[str, tuple[str, bytes]]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def small(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server with small limits: the files of an upload may be larger than a JSON body."""
    folder = tmp_path_factory.mktemp("uploads")
    async with live_server(
        folder, max_body_bytes=20_000, max_upload_bytes=LIMIT, max_upload_files=3, max_uploads=1, upload_seconds=5
    ) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(small: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=small.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


def files(**named: bytes) -> Files:
    return [("files", (name.replace("__", "."), data)) for name, data in named.items()]


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


async def test_each_file_has_a_result_and_a_bad_one_spoils_nothing(asker: Acting) -> None:
    answer = await asker.request(
        "POST",
        "/sources",
        files=files(
            fees__md=b"# Fees\n\nThe berth fee is 2,400 euros a day.", broken__txt=b"\xff\xfe\x00", empty__md=b""
        ),
    )
    assert answer.status_code == 200, answer.text
    fees, broken, empty = answer.json()["results"]
    assert (fees["name"], fees["status"], len(fees["source_ids"]), fees["failures"]) == ("fees.md", "added", 1, [])
    for result in (broken, empty):
        assert (result["status"], result["source_ids"], result["passages"]) == ("unreadable", [], 0)
        assert result["failures"][0]["reason"]
    (hit,) = (await asker.post("/recall", {"query": "berth fee"}))["hits"]
    assert (hit["source_id"], hit["title"]) == (fees["source_ids"][0], "Fees")
    assert (await asker.get("/sources"))["total"] == 1


async def test_a_corpus_gives_a_source_for_each_row(asker: Acting) -> None:
    rows = b'{"id": "a", "text": "Crane one."}\n{"id": "b"}\n{"id": "c", "text": "Crane two."}\n'
    answer = await asker.request("POST", "/sources", files=files(rows__jsonl=rows))
    (result,) = answer.json()["results"]
    assert (result["status"], len(result["source_ids"]), len(result["failures"])) == ("added", 2, 1)


async def test_a_pdf_keeps_its_pages_and_a_locked_one_is_named(asker: Acting) -> None:
    given = files(
        fees__pdf=pdf(["The crane fee is 90 euros a day.", "The berth fee is 2,400 euros a day."]),
        locked__pdf=pdf(["The berth fee is nine euros."], is_encrypted=True),
        bomb__pdf=b"%PDF-1.7\n" + b"[" * 100_000,
    )
    fees, locked, bomb = (await asker.request("POST", "/sources", files=given)).json()["results"]
    assert (fees["status"], locked["status"], bomb["status"]) == ("added", "unreadable", "unreadable")
    assert locked["failures"][0]["reason"] != bomb["failures"][0]["reason"]
    hits = (await asker.post("/recall", {"query": "berth fee"}))["hits"]
    assert [hit["position"]["page"] for hit in hits if "2,400" in hit["text"]] == [2]
    assert not [hit for hit in hits if "nine" in hit["text"]]


async def test_the_same_file_again_changes_nothing_and_a_changed_one_is_a_version(asker: Acting) -> None:
    for data, status in ((b"Crane 3 is idle.", "added"), (b"Crane 3 is idle.", "unchanged"), (b"Busy.", "updated")):
        answer = await asker.request("POST", "/sources", files=files(crane__txt=data))
        assert answer.json()["results"][0]["status"] == status
    assert (await asker.get("/sources"))["total"] == 2
    assert (await asker.get("/sources", params={"standing": "stale"}))["total"] == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\secret\\passwd", "file:///etc/passwd"])
async def test_a_name_is_only_a_name(asker: Acting, name: str) -> None:
    """What is stored is what was sent; no folder of the name is kept, and nothing on this machine is read."""
    answer = await asker.request("POST", "/sources", files=[("files", (name, b"Crane 3 is idle."))])
    (result,) = answer.json()["results"]
    assert (result["name"], result["status"]) == ("passwd", "added"), result
    (source,) = (await asker.get("/sources"))["items"]
    assert "etc" not in source["uri"]
    assert "secret" not in source["uri"]


async def test_a_uri_is_never_fetched(asker: Acting) -> None:
    for uri in ("file:///etc/passwd", "http://127.0.0.1:1/x", "upload:x"):
        source = await asker.add({"uri": uri, "text": "Crane 3 is idle."})
        item = await asker.get(f"/items/{source}")
        assert item["uri"] == uri
    assert {hit["text"] for hit in (await asker.post("/recall", {"query": "crane root"}))["hits"]} == {
        "Crane 3 is idle."
    }


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"files": [("files", (f"{n}.md", b"x")) for n in range(4)]}, 422),
        ({"files": [("files", ("same.md", b"x")), ("files", ("a/same.md", b"y"))]}, 422),
        ({"files": [("other", ("a.md", b"x"))]}, 422),
        ({"files": [("files", ("a.md", b"x"))], "data": {"title": "no fields"}}, 422),
        ({"content": b"", "headers": FORM}, 422),
        ({"content": b"--b--\r\n", "headers": FORM}, 422),
        ({"content": b"--b\r\nnonsense", "headers": FORM}, 422),
        ({"content": b"--b\r\n\r\nx\r\n--b--\r\n", "headers": FORM}, 422),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 422),
        ({"content": b"x", "headers": {"Content-Type": "multipart/mixed; boundary=b"}}, 415),
        ({"content": b"text=x", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
        ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {}}, 422),
        ({"json": {"text": " \n "}}, 422),
        ({"json": {"text": 7}}, 422),
        ({"json": {"text": "x", "path": "/etc/passwd"}}, 422),
        ({"json": {"text": "x", "kind": "person"}}, 422),
        ({"json": {"text": "x", "title": "t" * 1_001}}, 422),
        ({"json": ["x"]}, 422),
        ({"content": b'{"text": "\\ud800"}', "headers": {"Content-Type": "application/json"}}, 422),
        ({"json": {"text": "x" * 20_000}}, 413),
        ({"files": [("files", ("a.md", b"x" * LIMIT))]}, 413),
        ({"files": [("files", ("a.md", b"x" * 1_900_000))]}, 413),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_bad_upload_is_refused_and_nothing_is_stored(asker: Acting, given: dict[str, Any], status: int) -> None:
    problem(await asker.request("POST", "/sources", **given), status)
    assert (await asker.get("/statistics"))["nodes"]["Source"] == 0


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "base64", "no-such", "utf-16"])
async def test_an_odd_charset_is_no_fault_of_the_server(asker: Acting, charset: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="\xff\xe4.md"\r\n\r\nx\r\n--b--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = await asker.request("POST", "/sources", content=part, headers=headers)
    assert answer.status_code in (200, 422), answer.text


async def test_an_upload_without_a_length_is_cut_at_the_limit(asker: Acting) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
        for _ in range(LIMIT // 1_000 + 1):
            yield b"x" * 1_000

    problem(await asker.request("POST", "/sources", content=endless(), headers=FORM), 413)


async def test_only_one_route_takes_forms(asker: Acting) -> None:
    for path in ("/recall", "/retractions", "/supersessions", "/sources/"):
        problem(await asker.request("POST", path, files=files(a__md=b"x")), 415)


async def test_one_upload_too_many_is_told_to_come_back(
    asker: Acting, small: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one body is on its way the next is refused at once; one that does not arrive is given up.

    Without a socket for the slow one: the application itself asks for each piece of its body.
    """
    monkeypatch.setattr(small.app.state.services.settings, "upload_seconds", 0.5)
    begun, arrived = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"--b\r\n"
        begun.set()
        await arrived.wait()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=small.app), base_url=small.url) as direct:
        waiting = asyncio.create_task(direct.post("/memory/sources", content=slow(), headers=FORM))
        await begun.wait()
        refused = await asker.request("POST", "/sources", json=TARIFF)
        assert problem(refused, 503)["type"] == "TooManyUploads"
        assert "retry-after" in refused.headers
        problem(await waiting, 408)
    await asker.add(TARIFF)


async def test_one_statement_too_many_is_told_to_come_back(asker: Acting, small: Live) -> None:
    """Long uploads do not shut statements out, nor the other way round."""
    services = small.app.state.services
    with ExitStack() as taken:
        for _ in range(services.settings.max_statements):
            taken.enter_context(services.statements.one(services.settings.max_statements))
        refused = await asker.request("POST", "/statements", json={"text": "Crane 3 is idle."})
        assert problem(refused, 503)["type"] == "TooManyUploads"
        assert "retry-after" in refused.headers
        await asker.add(TARIFF)
    assert await asker.post("/statements", {"text": "Crane 3 is idle."})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
        {"Host": "rebound.evil.example"},
    ],
    ids=str,
)
async def test_a_foreign_page_cannot_upload(asker: Acting, headers: dict[str, str]) -> None:
    """A page may send a form to any site without asking first; only its Origin gives it away."""
    answer = await asker.request(
        "POST", "/sources", files=files(planted__md=b"The fee is nine euros."), headers=headers
    )
    assert problem(answer, 403)["type"] == "Forbidden"
    assert (await asker.get("/statistics"))["nodes"]["Source"] == 0
