"""A small installation in which three people have left canaries: unique words in everything that keeps text.

A canary is "zq", whose it is and where it was left. They stand in documents, questions, answers, metadata, store items,
thread state, addresses of webhooks, feedback, errors of runs, keys, crons, assistants and results of evaluations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph

from stemma.graphs.assistants.model import AssistantChange
from stemma.graphs.crons.model import CronChange
from stemma.graphs.feedback import Opinion, give_feedback
from stemma.graphs.keys.model import Role
from stemma.graphs.local import Local, open_local
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run, RunRequest
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Document

PEOPLE = (Actor("default", "ann"), Actor("default", "bob"), Actor("other", "ann"))
ANN, BOB, NAMESAKE = PEOPLE


class Said(TypedDict, total=False):
    """What a thread keeps."""

    text: str


async def _keep(state: Said) -> Said:
    return {"text": state.get("text", "") + " kept"}


async def _fail(state: Said) -> Said:
    raise ValueError(f"cannot do {state.get('text')}")


def _graph(step: Any) -> Any:
    built = StateGraph(Said)
    built.add_node("step", step)
    built.add_edge(START, "step")
    built.add_edge("step", END)
    return built


GRAPHS = {"keeping": _graph(_keep), "failing": _graph(_fail)}


def canary(actor: Actor, place: str) -> str:
    """A word that stands nowhere else."""
    return f"zq{actor.tenant}{actor.user}{place}zq"


async def plant(results: Path) -> None:
    """Leave everybody's canaries in the stores of the settings, and in a results folder."""
    async with open_local(graphs=GRAPHS) as local:
        for actor in PEOPLE:
            await plant_memory(local.memory, actor)
            assert local.runtime.stores
            store = local.runtime.stores.of_actor(actor)
            await store.aput(("notes",), canary(actor, "key"), {"text": canary(actor, "item")})
            await _plant_runs(local, actor, results)


async def plant_memory(memory: LongTermMemory, actor: Actor) -> None:
    """Leave somebody's canaries in what was ingested."""
    document = canary(actor, "document")
    text = f"The harbour of {document} is run by Tomas {canary(actor, 'name')}. It opened in 1999."
    metadata = {"note": canary(actor, "metadata")}
    found = Document(f"file:/{canary(actor, 'uri')}.md", canary(actor, "title"), text, metadata=metadata)
    await memory.ingest(memory_scope(actor), [found])


async def _plant_runs(local: Local, actor: Actor, results: Path) -> None:
    runtime = local.runtime
    thread = await runtime.create_thread(actor, metadata={"topic": canary(actor, "topic")})
    question = f"Who runs the harbour of {canary(actor, 'document')}, {canary(actor, 'question')}?"
    asked = RunRequest("answer", input={"question": question}, metadata={"tag": canary(actor, "tag")})
    run = await _ended(local, actor, thread.thread_id, asked)
    await give_feedback(
        runtime, local.memory, actor, run.thread_id, run.run_id, Opinion(0.0, f"It is {canary(actor, 'correction')}.")
    )
    kept = await runtime.create_thread(actor)
    hook = f"https://example.org/{canary(actor, 'webhook')}"
    await _ended(local, actor, kept.thread_id, RunRequest("keeping", {"text": canary(actor, "state")}, webhook=hook))
    await runtime.update_state(actor, kept.thread_id, {"text": canary(actor, "update")})
    await runtime.copy_thread(actor, kept.thread_id)
    failed = await runtime.create_thread(actor)
    await _ended(local, actor, failed.thread_id, RunRequest("failing", {"text": canary(actor, "error")}))
    await runtime.keys.create(canary(actor, "keyname"), tenant=actor.tenant, user=actor.user, role=Role.ADMIN)
    change = AssistantChange(name=canary(actor, "assistant"), metadata={"owner": actor.user})
    await runtime.assistants.create(actor, "keeping", change)
    cron = CronChange(schedule="0 0 1 1 *", metadata={"note": canary(actor, "cron")})
    await runtime.crons.create(actor, cron, RunRequest("keeping", {"text": canary(actor, "cronrun")}), None)
    _plant_results(results / actor.tenant / actor.user, run, actor)


async def _ended(local: Local, actor: Actor, thread_id: str, request: RunRequest) -> Run:
    run = await local.runtime.submit(actor, thread_id, request)
    async for _ in local.runtime.stream(actor, thread_id, run.run_id):
        pass
    return await local.runtime.get_run(actor, thread_id, run.run_id)


def _plant_results(folder: Path, run: Run, actor: Actor) -> None:
    folder.mkdir(parents=True)
    rows = [
        {"record": "run", "schema": 1},
        {"record": "case", "run_id": run.run_id, "question": canary(actor, "case")},
        {"record": "case", "run_id": "somebody's", "question": "What else?"},
    ]
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (folder / "report.html").write_text(f"<p>{run.run_id} {canary(actor, 'page')}</p>", "utf-8")
    (folder / "summary.json").write_text('{"schema": 1}', "utf-8")


def left(folder: Path, actor: Actor) -> dict[str, list[str]]:
    """The files below a folder that hold canaries of somebody, whatever their case, and which."""
    start = f"zq{actor.tenant}{actor.user}".encode()
    found = {}
    for path in folder.rglob("*"):
        content = path.read_bytes().lower() if path.is_file() else b""
        if start in content:
            words = {content[at : at + 40].split(b"zq")[1] for at in _places(content, start)}
            found[str(path.relative_to(folder))] = sorted(word.decode(errors="replace") for word in words)
    return found


def _places(content: bytes, start: bytes) -> list[int]:
    places, at = [], content.find(start)
    while at >= 0:
        places.append(at)
        at = content.find(start, at + 1)
    return places
