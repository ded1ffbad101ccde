"""The OpenAPI document: complete, true, and no request made from it is answered with a fault of the server."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from stemma.api.schemas.assistants import AssistantBody, DrawingBody, SchemasBody
from stemma.api.schemas.runs import RunBody
from stemma.api.schemas.threads import StateBody, StateUpdated, ThreadBody
from stemma.evals.archive import Archive
from tests.integration.kept_evaluations import NIGHT, evaluations
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = 10_000
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))


async def test_every_route_says_what_it_takes_and_gives(live: Live) -> None:
    async with httpx.AsyncClient(base_url=live.url) as client:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
    assert "/threads/{thread_id}/runs/stream" in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    seen = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            assert operation.get("description"), (method, path)
            success = next(content for status, content in operation["responses"].items() if status.startswith("2"))
            assert success.get("content") or set(operation["responses"]) & {"202", "204"}, (method, path)
            for status, answer in operation["responses"].items():
                if status[0] in "45":
                    schema = answer["content"]["application/problem+json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}, (method, path, status)
            if path.endswith(("/stream", "/stream/events")):
                assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert document["components"]["securitySchemes"]["key"]["name"] == "x-api-key"


async def test_answers_are_what_the_document_says(live: Live) -> None:
    """Routes write their answers without a second validation, so the models are checked here."""
    async with live.client() as sdk:
        thread = await sdk.threads.create(metadata={"a": 1})
        thread_id = thread["thread_id"]
        run = await sdk.runs.create(thread_id, "count", input={"n": 0})
        await sdk.runs.join(thread_id, run["run_id"])
        answers: list[tuple[Any, Any]] = [
            (ThreadBody, thread),
            (list[ThreadBody], await sdk.threads.search()),
            (RunBody, run),
            (list[RunBody], await sdk.runs.list(thread_id)),
            (StateBody, await sdk.threads.get_state(thread_id)),
            (list[StateBody], await sdk.threads.get_history(thread_id)),
            (StateUpdated, await sdk.threads.update_state(thread_id, {"n": 1})),
            (AssistantBody, await sdk.assistants.get("count")),
            (DrawingBody, await sdk.assistants.get_graph("count")),
            (SchemasBody, await sdk.assistants.get_schemas("count")),
            (dict[str, SchemasBody], await sdk.assistants.get_subgraphs("nested")),
        ]
    for model, answer in answers:
        adapter = TypeAdapter(model)
        assert adapter.dump_python(adapter.validate_python(answer, strict=True)) == answer


@pytest.mark.timeout(600)
async def test_no_generated_request_is_answered_with_a_fault(live: Live, tmp_path: Path) -> None:
    """schemathesis in a process of its own, against the real server; the seed is printed to repeat a run.

    Ids are drawn from things that exist, so that requests get further than a 404. The streams that never end are
    left out.
    """
    live.app.state.services.evals = Archive(evaluations(tmp_path / "stemma-eval"))
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(await reachable_document(live)), "utf-8")
    seed = os.environ.get("STEMMA_FUZZ_SEED") or str(random.SystemRandom().randrange(2**31))
    print(f"schemathesis --seed {seed}")
    process = await asyncio.create_subprocess_exec(
        *(SCHEMATHESIS, "run", str(document), "--url", live.url, "--seed", seed, "--no-color"),
        *(
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ),
        *("--phases", "examples,coverage,fuzzing,stateful", "--mode", "all"),
        *("--max-examples", "20", "--request-timeout", "20", "--continue-on-failure"),
        *("--exclude-path", "/threads/{thread_id}/stream"),
        *("--exclude-path", "/threads/{thread_id}/stream/events", "--warnings", "off"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, f"seed {seed}\n{output}"
    made = re.search(r"([\d,]+) generated", output)
    assert made, output
    print(made[0])
    assert int(made[1].replace(",", "")) >= CASES


async def reachable_document(live: Live) -> dict[str, Any]:
    """The document with each id narrowed to a few that exist and one that does not, and waits to short ones."""
    async with live.client() as sdk:
        threads = [(await sdk.threads.create())["thread_id"] for _ in range(8)]
        runs = [await sdk.runs.create(thread, "count", input={"n": 0}) for thread in threads[:6]]
        for run in runs:
            await sdk.runs.join(run["thread_id"], run["run_id"])
        history = await sdk.threads.get_history(threads[0])
    async with httpx.AsyncClient(base_url=live.url) as client:
        document: dict[str, Any] = (await client.get("/openapi.json")).json()
        sources = [await stored_source(client, n) for n in range(6)]
        made = [await client.post("/memory/retractions", json={"item_id": i, "reason": "x"}) for i in sources[:3]]
        items = [item["id"] for item in (await client.get("/memory/items?label=Passage")).json()["items"]]
    nobody = str(uuid.UUID(int=0))
    known = {
        "thread_id": [*threads, nobody],
        "run_id": [*(run["run_id"] for run in runs), nobody],
        "checkpoint_id": [*(state["checkpoint"]["checkpoint_id"] for state in history), nobody],
        "assistant_id": ["count", "ask", "fail", "tell", "chat", "nobody"],
        "retraction_id": [*(answer.json()["retraction"]["id"] for answer in made), nobody],
        "item_id": [*sources, *items, nobody],
        "eval_id": [NIGHT, f"{NIGHT}~retrieval", "20261119T010000-retrieval", nobody],
        "suite": ["retrieval", "none"],
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    schemas = document["components"]["schemas"]
    schemas["RunCreate"]["properties"]["assistant_id"] = {"enum": known["assistant_id"]}
    # A wait for a run that begins next year does not end.
    schemas["RunCreate"]["properties"]["after_seconds"] = {"enum": [0, 0.1, None]}
    schemas["RetractionCreate"]["properties"]["item_id"] = {"enum": known["item_id"]}
    return document


async def stored_source(client: httpx.AsyncClient, n: int) -> str:
    """The id of a new source."""
    body = {"uri": f"crane-{n}", "text": f"Crane {n} of Port Merrow is idle."}
    (result,) = (await client.post("/memory/sources", json=body)).json()["results"]
    return str(result["source_ids"][0])
