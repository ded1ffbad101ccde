"""`stemma serve`, `dev`, `openapi` and `doctor` as processes: how they start, refuse and stop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from stemma.api import create_app
from stemma.api.listening import bind
from stemma.api.serving import Server
from stemma.api.settings import ApiSettings
from tests.integration.toy_graphs import toy_graphs

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - that it is refused without a key is the point
STEMMA = str(Path(sys.executable).with_name("stemma"))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The caller's environment without its own settings, and stores in the folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("API_", "GRAPHS_", "MEMORY_"))}
    stores = {
        "MEMORY_EMBEDDER": "hashing",
        "MEMORY_URL": f"sqlite:///{folder / 'memory.db'}",
        "GRAPHS_DATABASE_URL": f"sqlite:///{folder / 'runs.db'}",
    }
    return {**inherited, **stores, **more}


def stemma(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STEMMA, *arguments], cwd=folder, env=environment(folder, **more), capture_output=True, text=True, timeout=60
    )


@contextmanager
def running(folder: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and its address, read from what it prints."""
    process = subprocess.Popen(
        [STEMMA, *arguments],
        cwd=folder,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("serving "), first + (process.stderr.read() if process.stderr else "")
        yield process, first.rpartition(" on ")[2].strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_dev_says_what_it_serves_then_one_line_a_run_and_stops_quietly(tmp_path: Path) -> None:
    with running(tmp_path, "dev", "--port", "0") as (process, url):
        assert process.stdout is not None
        assert "Ctrl-C" in process.stdout.readline()
        answer = httpx.post(f"{url}/runs/wait", json={"assistant_id": "answer", "input": {"question": "Why?"}})
        assert answer.status_code == 200
        assert answer.json()["abstained"] is True
        line = process.stdout.readline().split()
        assert line[1:3] == ["answer", "success"]
        assert line[-1] == "ms"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, "", "")


def test_a_server_with_an_open_stream_stops_at_once(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--port", "0") as (process, url), httpx.Client(base_url=url) as client:
        thread = client.post("/threads", json={}).json()["thread_id"]
        with client.stream("GET", f"/threads/{thread}/stream") as answer:
            process.send_signal(signal.SIGTERM)
            assert answer.read() == b""
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (-signal.SIGTERM, "")


def test_a_plain_uvicorn_with_an_open_stream_stops_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from stemma.api import create_app\napp = create_app(answer=False)\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "mine:app", "--fd", str(listener.fileno()), "--log-level", "critical"],
            cwd=tmp_path,
            env=environment(tmp_path, API_HEARTBEAT_SECONDS="0.1"),
            pass_fds=[listener.fileno()],
        )
    # The socket listens already, so the first request simply waits until the server takes it.
    with httpx.Client(base_url=url, timeout=60) as client:
        thread = client.post("/threads", json={}).json()["thread_id"]
        with client.stream("GET", f"/threads/{thread}/stream") as answer:
            process.send_signal(signal.SIGTERM)
            assert set(answer.read().split(b"\n\n")) <= {b"", b": heartbeat"}
    assert process.wait(timeout=30) in (0, -signal.SIGTERM)


def test_a_port_in_use_is_three_lines(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("dev", "serve"):
            refused = stemma(tmp_path, command, "--port", str(port))
            assert refused.returncode == 2
            lines = refused.stderr.splitlines()
            assert len(lines) == 3
            assert str(port) in lines[0]
            assert "--port" in lines[2]
        checked = stemma(tmp_path, "doctor", "--json", API_PORT=str(port))
    assert checked.returncode == 1
    failed = [check for check in json.loads(checked.stdout)["checks"] if not check["ok"]]
    assert [check["name"] for check in failed] == [f"port {port}"]


def test_other_machines_need_a_key(tmp_path: Path) -> None:
    for host in (EVERY_ADDRESS, "::", "stemma.example"):
        refused = stemma(tmp_path, "serve", "--host", host, "--port", "0")
        assert refused.returncode == 2
        assert "API_KEY" in refused.stderr.splitlines()[2]
    assert list(tmp_path.iterdir()) == []
    with running(tmp_path, "serve", "--host", EVERY_ADDRESS, "--port", "0", API_KEY="k-123") as (_, url):
        port = url.rpartition(":")[2]
        assert httpx.get(f"http://localhost:{port}/info").status_code == 401
        assert httpx.get(f"http://localhost:{port}/info", headers={"x-api-key": "k-123"}).status_code == 200


def test_a_store_that_cannot_be_opened_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"this is not a database, and it is long enough to look like one" * 100)
    refused = stemma(tmp_path, "serve", "--port", "0")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 3
    checked = stemma(tmp_path, "doctor")
    assert checked.returncode == 1
    assert "FAIL  runs" in checked.stdout


def test_doctor_is_content_with_a_fresh_folder(tmp_path: Path) -> None:
    checked = stemma(tmp_path, "doctor", "--json", API_PORT="0")
    report = json.loads(checked.stdout)
    assert report["ok"], report
    assert checked.returncode == 0
    assert {"python", "packages", "memory", "runs", "model"} <= {check["name"] for check in report["checks"]}


def test_openapi_prints_the_document(tmp_path: Path) -> None:
    document = json.loads(stemma(tmp_path, "openapi").stdout)
    assert "/threads/{thread_id}/runs/{run_id}/stream" in document["paths"]
    assert list(tmp_path.iterdir()) == []


async def test_a_persons_own_graph_is_served_beside_the_built_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`create_app(graphs=…)` opens the stores of the settings when the application starts, and closes them."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    settings = ApiSettings(port=0)
    app = create_app(settings=settings, graphs={"mine": toy_graphs()["count"]})
    listener, started = bind(settings), asyncio.Event()
    server = Server(app, settings, started.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await started.wait()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
        assert (await client.get("/info")).json()["graphs"] == ["answer", "mine"]
        answer = await client.post("/runs/wait", json={"assistant_id": "mine", "input": {"n": 0}})
        assert answer.json()["n"] == 2
        assert "stemma_runs_submitted_total 1\n" in (await client.get("/metrics")).text
    server.should_exit = True
    await serving
    assert (tmp_path / "runs.db").exists()
