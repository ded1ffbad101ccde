"""Each endpoint by the call of the Python SDK that a person would write."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.clients.endpoints import Called

SECONDS = 60


class Drive:
    """Calls of one client, with what each requested."""

    def __init__(self, client: LangGraphClient) -> None:
        self.client = client
        self.results: dict[int, Called] = {}
        self._seen: list[tuple[str, str, int]] = []
        client.http.client.event_hooks = {"response": [self._note]}

    async def _note(self, response: httpx.Response) -> None:
        request = response.request
        self._seen.append((request.method, request.url.raw_path.decode(), response.status_code))

    async def call(self, number: int, name: str, /, *given: Any, most: int | None = None, **named: Any) -> Any:
        """What `client.<name>(*given, **named)` answers; of a stream its parts, `most` of them at the most."""
        start = len(self._seen)
        error, value = None, None
        group, _, method = name.partition(".")
        try:
            async with asyncio.timeout(SECONDS):
                made = getattr(getattr(self.client, group), method)(*given, **named)
                value = made if isinstance(made, AsyncIterator) else await made
                if isinstance(value, AsyncIterator):
                    value = await _taken(value, most)
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        self.results[number] = Called(name, self._seen[start:], error)
        return value if value is not None else {}

    async def commanded(self, number: int, name: str, **transport: Any) -> None:
        """A run started by a command on a thread of the client's making, and its values over one transport."""
        start = len(self._seen)
        error = None
        try:
            async with (
                asyncio.timeout(SECONDS),
                self.client.threads.stream(assistant_id="count", **transport) as stream,
            ):
                await stream.run.start(input={"n": 1})
                async for _ in stream.values:
                    pass
        except (httpx.HTTPError, OSError, TimeoutError, ValueError, RuntimeError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        socket = [("GET", f"/threads/{stream.thread_id}/stream/events", 101)] if transport else []
        self.results[number] = Called(name, [*self._seen[start:], *socket], error)


async def _taken(stream: AsyncIterator[Any], most: int | None) -> list[Any]:
    parts: list[Any] = []
    async for part in stream:
        parts.append(part)
        if len(parts) == most:
            break
    return parts


async def drive(url: str) -> dict[int, Called]:
    """Every call on the server at `url`, by endpoint."""
    async with get_client(url=url, api_key=None) as client:
        drive = Drive(client)
        for part in (_assistants, _threads, _runs, _stateless_runs, _crons, _store, _commands):
            await part(drive)
        return drive.results


async def _assistants(of: Drive) -> None:
    mine = await of.call(1, "assistants.create", "count", name="mine", metadata={"of": "python"})
    assistant_id = mine.get("assistant_id", "")
    await of.call(2, "assistants.get", assistant_id)
    await of.call(3, "assistants.update", assistant_id, metadata={"more": 1})
    await of.call(5, "assistants.search", metadata={"of": "python"}, response_format="object")
    await of.call(6, "assistants.count", metadata={"of": "python"})
    await of.call(7, "assistants.get_graph", "nested", xray=True)
    await of.call(8, "assistants.get_schemas", assistant_id)
    await of.call(9, "assistants.get_subgraphs", "nested", recurse=True)
    await of.call(10, "assistants.get_subgraphs", "nested", namespace="inner")
    await of.call(11, "assistants.get_versions", assistant_id)
    await of.call(12, "assistants.set_latest", assistant_id, 1)
    await of.call(4, "assistants.delete", assistant_id, delete_threads=True)


async def _threads(of: Drive) -> None:
    first = {"values": {"n": 1, "log": ["first"]}, "as_node": "first"}
    made = await of.call(
        13, "threads.create", metadata={"of": "python"}, graph_id="count", supersteps=[{"updates": [first]}], ttl=60
    )
    thread_id = made.get("thread_id", "")
    await of.call(14, "threads.get", thread_id, include=["ttl"])
    await of.call(15, "threads.update", thread_id, metadata={"more": 1}, return_minimal=True)
    await of.call(17, "threads.search", metadata={"of": "python"}, sort_by="created_at", select=["thread_id"])
    await of.call(18, "threads.count", metadata={"of": "python"})
    await of.call(19, "threads.copy", thread_id)
    state = await of.call(21, "threads.get_state", thread_id, subgraphs=True)
    await of.call(22, "threads.get_state", thread_id, checkpoint_id=state.get("checkpoint", {}).get("checkpoint_id"))
    await of.call(23, "threads.get_state", thread_id, checkpoint=state.get("checkpoint"))
    await of.call(24, "threads.update_state", thread_id, {"n": 5}, as_node="first")
    await of.call(25, "threads.get_history", thread_id, limit=3)
    await of.call(20, "threads.prune", [thread_id], strategy="keep_latest")
    await of.call(16, "threads.delete", thread_id)


async def _runs(of: Drive) -> None:
    thread_id = (await of.client.threads.create())["thread_id"]
    made = await of.call(27, "runs.create", thread_id, "count", input={"n": 1}, metadata={"of": "python"})
    await of.call(28, "runs.stream", thread_id, "count", input={"n": 1}, stream_mode=["values", "updates"])
    await of.call(29, "runs.wait", thread_id, "count", input={"n": 1})
    await of.call(26, "threads.join_stream", thread_id, last_event_id="-1", most=2)
    run_id = made.get("run_id", "")
    await of.call(30, "runs.list", thread_id, status="success", select=["run_id", "status"])
    await of.call(31, "runs.get", thread_id, run_id)
    await of.call(34, "runs.join", thread_id, run_id)
    await of.call(35, "runs.join_stream", thread_id, run_id, last_event_id="-1", stream_mode="values")
    await of.call(32, "runs.delete", thread_id, run_id)
    never = {"gate": f"never-{uuid.uuid4()}"}
    waiting = await of.client.runs.create(thread_id, "gate", input=never)
    await of.call(33, "runs.cancel", thread_id, waiting["run_id"], wait=True)
    late = await of.client.runs.create(thread_id, "gate", input=never)
    await of.call(40, "runs.cancel_many", thread_id=thread_id, run_ids=[late["run_id"]])


async def _stateless_runs(of: Drive) -> None:
    await of.call(36, "runs.create", None, "count", input={"n": 1}, on_completion="keep")
    await of.call(37, "runs.stream", None, "count", input={"n": 1})
    await of.call(38, "runs.wait", None, "count", input={"n": 1})
    await of.call(39, "runs.create_batch", [{"assistant_id": "count", "input": {"n": 1}}, {"assistant_id": "count"}])


async def _crons(of: Drive) -> None:
    thread_id = (await of.client.threads.create())["thread_id"]
    far: dict[str, Any] = {"schedule": "0 3 1 1 *", "input": {"n": 1}, "timezone": "Europe/Madrid"}
    end = datetime.now(UTC) + timedelta(days=900)
    made = await of.call(41, "crons.create", "count", **far, end_time=end, on_run_completed="keep")
    await of.call(42, "crons.create_for_thread", thread_id, "count", **far)
    await of.call(43, "crons.update", made.get("cron_id", ""), enabled=False)
    await of.call(45, "crons.search", sort_by="created_at", sort_order="asc")
    await of.call(46, "crons.count", thread_id=thread_id)
    await of.call(44, "crons.delete", made.get("cron_id", ""))


async def _store(of: Drive) -> None:
    place = ["python", "notes"]
    await of.call(47, "store.put_item", place, key="one", value={"text": "a first note"}, ttl=60)
    await of.call(48, "store.get_item", place, key="one", refresh_ttl=True)
    await of.call(50, "store.search_items", ["python"], query="note", filter={"text": "a first note"})
    await of.call(51, "store.list_namespaces", prefix=["python"], max_depth=1)
    await of.call(49, "store.delete_item", place, key="one")


async def _commands(of: Drive) -> None:
    await of.commanded(53, "threads.stream().values")
    started = of.results[53]
    of.results[52] = Called("threads.stream().run.start", started.requests, started.error)
    await of.commanded(54, 'threads.stream(transport="websocket")', transport="websocket")
