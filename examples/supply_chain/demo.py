"""The whole idea on a small corpus: read, ask, watch, go back, take a falsehood back, heal, score. `make demo`

Works in a scratch directory on a free port, without keys or network, and stops the server it started. The directory
stays, so that the page with the score can be opened.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgraph_sdk import get_client

HERE = Path(__file__).resolve().parent
START = os.getcwd()
STEMMA = str(Path(sys.executable).with_name("stemma"))
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")

QUESTIONS = (
    ("A question with an answer", "Which port are containers diverted to when Port Merrow is closed?"),
    (
        "A question that finds too little at first: it is rewritten",
        "Who is the contact for claims at the trucking company?",
    ),
    ("A question without an answer: it abstains", "Which bank financed the new headquarters in Lisbon?"),
)


DISPUTED = "How fast does the claims desk of Corvane Freight answer?"
"""What false-memo.md, which is not among the documents, gives a false answer to."""


def say(text: str = "") -> None:
    print(text, flush=True)


def command(*arguments: str) -> None:
    """Show a command as a person would type it, then run it."""
    shown = (os.path.relpath(a, START) if os.path.exists(a) else f'"{a}"' if " " in a else a for a in arguments)
    say(f"{DIM}$ stemma {' '.join(shown)}{PLAIN}")
    subprocess.run([STEMMA, *arguments], check=True)


def printed(*arguments: str) -> Any:
    """What a command prints with --json."""
    done = subprocess.run([STEMMA, *arguments, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@contextmanager
def served() -> Iterator[str]:
    """A server of its own on a free loopback port; stopped, whatever happens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    say(f"{DIM}$ stemma serve --port {port} &{PLAIN}")
    process = subprocess.Popen([STEMMA, "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/ok", process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    started = time.monotonic()
    while time.monotonic() - started < 30:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not come up in 30 s")


async def follow(stream: Any) -> None:
    """Print each step of a run as it streams, then the answer and its sources."""
    values: dict[str, Any] = {}
    async for part in stream:
        if part.event == "custom":
            say(f"  {part.data['step']:10} {part.data['text']}")
        elif part.event == "values":
            values = part.data
        elif part.event == "error":
            raise SystemExit(f"the run failed: {part.data}")
    say(f"\n  {BOLD}{values['answer']}{PLAIN}")
    for source in {source["n"]: source for source in values["citations"]}.values():
        say(f"    [{source['n']}] {source['title']}  {DIM}{os.path.basename(source['uri'])}{PLAIN}")


async def ask_all(client: Any) -> str:
    """Ask every question on a thread of its own; returns the first thread."""
    threads = []
    for heading, question in QUESTIONS:
        say(f"\n{BOLD}{heading}{PLAIN}\n  {question}")
        thread = await client.threads.create()
        threads.append(thread["thread_id"])
        await follow(
            client.runs.stream(
                thread["thread_id"], "answer", input={"question": question}, stream_mode=["custom", "values"]
            )
        )
    return threads[0]


async def replay(client: Any, thread_id: str) -> None:
    """Go back to the checkpoint before `grade` and run on from there, on a new branch."""
    say(f"\n{BOLD}Back to an earlier checkpoint of the first thread{PLAIN}")
    before = await client.threads.get_history(thread_id, limit=100)
    place = next(state for state in before if "grade" in state["next"])
    checkpoint = place["checkpoint"]["checkpoint_id"]
    say(f"  {len(before)} checkpoints; re-running from {checkpoint}, before grade")
    await follow(
        client.runs.stream(thread_id, "answer", input=None, checkpoint_id=checkpoint, stream_mode=["custom", "values"])
    )
    after = await client.threads.get_history(thread_id, limit=100)
    old = {state["checkpoint"]["checkpoint_id"] for state in before}
    kept = len(old & {state["checkpoint"]["checkpoint_id"] for state in after})
    say(f"\n  the new branch has {len(after) - kept} checkpoints; all {kept} old ones are still there")


async def ask_briefly(client: Any, question: str) -> None:
    """Ask on a new thread and print the answer with its sources only."""
    thread = await client.threads.create()
    values = await client.runs.wait(thread["thread_id"], "answer", input={"question": question})
    say(f"  {question}\n  {BOLD}{values['answer']}{PLAIN}")
    for source in {source["n"]: source for source in values["citations"]}.values():
        say(f"    [{source['n']}] {source['title']}  {DIM}{os.path.basename(source['uri'])}{PLAIN}")


async def take_back(client: Any) -> None:
    """A false memo comes in and is believed; it is taken back with all that it reached, and the answer is healed."""
    say(f"\n{BOLD}A false memo comes in{PLAIN}")
    command("ingest", str(HERE / "false-memo.md"))
    command("memory", "contradictions", "--open")
    await ask_briefly(client, DISPUTED)
    memo = printed("memory", "ls", "sources", "--limit", "1")["items"][0]["id"]
    say(f"\n{BOLD}What it reached, and taking it back{PLAIN}")
    command("memory", "reach", memo)
    command("memory", "retract", memo, "--reason", "Corvane never sent it", "--by", "demo", "--yes")
    command("memory", "tainted")
    say(f"\n{BOLD}What believed it, given again{PLAIN}")
    command("memory", "heal", printed("memory", "ls", "retractions", "--limit", "1")["items"][0]["id"])
    say(f"\n{BOLD}The same question on the clean memory{PLAIN}")
    await ask_briefly(client, DISPUTED)


async def converse(url: str) -> None:
    client = get_client(url=url)
    first = await ask_all(client)
    await replay(client, first)
    await take_back(client)


def score() -> None:
    """The dozen questions that come with the corpus, scored."""
    say(f"\n{BOLD}The score of the questions that come with the corpus{PLAIN}")
    command("eval", "run", "--data", str(HERE), "--out", "score")


def main() -> None:
    scratch = tempfile.mkdtemp(prefix="stemma-demo-")
    os.chdir(scratch)
    say(f"{BOLD}Read the documents{PLAIN}")
    command("ingest", str(HERE / "documents"))
    with served() as url:
        asyncio.run(converse(url))
    score()
    say(f"\n{BOLD}What to try next{PLAIN}")
    for line in (
        f"open {scratch}/score/report.html",
        "stemma ingest PATH              your own documents",
        'stemma ask "…"                  watch each step in the terminal',
        "stemma dev                      the API on http://127.0.0.1:2024 (docs at /docs)",
        "stemma runs ls                  then show, replay, fork",
        "stemma memory why ID            where a statement came from, down to the quote",
        "stemma eval propagation         how far a falsehood travels, and what each remedy leaves of it",
        "stemma neo4j start              the same memory in a real Neo4j",
    ):
        say(f"  {line}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as failed:
        sys.exit(f"demo stopped: {json.dumps(failed.cmd)} ended with code {failed.returncode}")
