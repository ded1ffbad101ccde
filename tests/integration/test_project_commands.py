"""`stemma check`, `init` and `dev` over a project, as a person types them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langgraph_sdk import get_client

from tests.flow.projects.places import GRAPH, write

STEMMA = str(Path(sys.executable).with_name("stemma"))
GATED = (
    GRAPH
    + """
import asyncio
from pathlib import Path
from langgraph.config import get_stream_writer

async def gate(state):
    get_stream_writer()("begun")
    while not Path("open").exists():
        await asyncio.sleep(0.05)
    return {"said": state["said"] + VERSION}

VERSION = "first"
builder.add_node("gate", gate)
builder.add_edge("step", "gate")
graph = builder.compile()
"""
)


def environment() -> dict[str, str]:
    names = ("MEMORY_URL", "GRAPHS_DATABASE_URL", "GRAPHS_MODEL", "API_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "MEMORY_EMBEDDER": "hashing", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def stemma(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [STEMMA, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


class Serving:
    """`stemma dev` in a folder, and what it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.url = self.until("serving ").rpartition(" on ")[2].strip()

    def until(self, text: str) -> str:
        """Read on to a line with this text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"ended without {text!r}: {''.join(self.lines)}")


@contextmanager
def dev(folder: Path, *arguments: str) -> Iterator[Serving]:
    process = subprocess.Popen(
        [STEMMA, "dev", "--port", "0", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Serving(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_init_then_check_then_what_is_wrong(tmp_path: Path) -> None:
    told = stemma(tmp_path, "init", "made").stdout
    assert "cd made && stemma check && stemma dev" in told
    write(tmp_path / "made", {"graphs": {"greet": "./greet.py:graph", "bad": "./bad.py:graph"}}, bad="import\n")
    lines = stemma(tmp_path / "made", "check", code=1).stdout.splitlines()
    assert [line.split()[:2] for line in lines if not line.startswith(" ")] == [
        ["ok", "langgraph.json"],
        ["ok", "dependencies"],
        ["ok", "greet"],
        ["FAIL", "bad"],
    ]
    assert "bad.py line 1: SyntaxError" in lines[3]
    assert lines[4].strip().startswith("try: ")
    refused = stemma(tmp_path / "made", "serve", "--port", "0", code=2).stderr
    assert refused.splitlines()[0].startswith("error: graph bad: bad.py line 1: SyntaxError")


async def test_dev_reloads_waits_for_a_fix_and_loses_no_run(tmp_path: Path) -> None:
    file = write(tmp_path, {"graphs": {"gated": "./gated.py:graph"}}, gated=GATED)
    module = file.with_name("gated.py")
    with dev(tmp_path) as serving:
        async with get_client(url=serving.url) as client:
            thread = (await client.threads.create())["thread_id"]
            run = await client.runs.create(thread, "gated", input={})
            async for part in client.runs.join_stream(thread, run["run_id"], stream_mode="custom"):
                if part.event == "custom":
                    break
            module.write_text(GATED.replace('VERSION = "first"', "VERSION = ("), "utf-8")
            assert "gated.py line" in serving.until("error: graph gated")
            serving.until("goes on")
            assert (await client.runs.get(thread, run["run_id"]))["status"] == "running"
            module.write_text(GATED.replace("first", "second"), "utf-8")
            serving.until("serving gated")
            (tmp_path / "open").touch()
            assert await client.runs.join(thread, run["run_id"]) == {"said": "!second"}
            assert (await client.runs.get(thread, run["run_id"]))["status"] == "success"
    assert serving.process.returncode == 130
