"""Kill -9 under load: submits that were acknowledged, steps that had finished, frames that readers had seen.

    python -m bench.crash --rounds 20 --submits 200 --seed 7

Each round starts a server process, submits runs to it at 16 at once with a reader for each, kills it with SIGKILL at a
seeded random frame, starts it again and lets the readers go on from their cursors. A pure checker then compares what
clients were told with the log and with the steps' own ledger. Figures go to `bench/results/crash.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from bench.crash_judge import Client, Verdict, judge

AT_ONCE = 16
FRAMES_A_RUN = 15


class Server:
    """One child process and the client's side of its pipes."""

    def __init__(self, folder: Path, client: Client) -> None:
        self._folder, self._client = folder, client
        self._heard = asyncio.Event()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.crash_server", str(self._folder / "runs.db"), str(self._folder / "ledger"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert (await self._process.stdout.readline()) == b"ready\n"
        self.ready = time.monotonic()
        self.first_frame: float | None = None
        self._reader = asyncio.ensure_future(self._read())

    def order(self, *words: object) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())

    async def kill(self) -> None:
        self._client.killed = True
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._reader

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reader

    async def until(self, condition: str, count: int, seconds: float) -> bool:
        """Wait until so many runs were acknowledged or ended; False when that does not happen, or it was killed."""
        known = self._client.acknowledged if condition == "acknowledged" else self._client.ended
        try:
            async with asyncio.timeout(seconds):
                while len(known) < count and not self._reader.done():
                    self._heard.clear()
                    await asyncio.wait(
                        (asyncio.ensure_future(self._heard.wait()), self._reader),
                        return_when=asyncio.FIRST_COMPLETED,
                    )
        except TimeoutError:
            return False
        return len(known) >= count

    async def heard(self, count: int, lefts: bool) -> None:
        """Wait until the clients have seen so many frames, or ends of `left`."""
        client = self._client
        while (client.lefts if lefts else sum(map(len, client.frames.values()))) < count and not self._reader.done():
            self._heard.clear()
            await self._heard.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        client = self._client
        while line := await self._process.stdout.readline():
            if not line.endswith(b"\n"):
                break  # cut off by the kill
            word, *rest = line.decode().split()
            if word == "ack":
                client.acknowledged[rest[0]] = rest[1]
                client.frames[rest[1]] = []
                self.order("follow", rest[1], 0)
            elif word == "frame":
                self.first_frame = self.first_frame or time.monotonic()
                client.frames[rest[0]].append(int(rest[1]))
                client.lefts += rest[2:] == ["left"]
            else:
                client.ended.add(rest[0])
            self._heard.set()
        self._heard.set()


async def crash(folder: Path, submits: int, seed: int) -> tuple[Client, float | None]:
    """One round: what the clients were told, and how long the take-over took."""
    chance = random.Random(seed)
    client = Client()
    server = Server(folder, client)
    await server.start()
    beside = seed % 2 == 1
    limit = chance.randrange(1, max(2, submits // 2)) if beside else chance.randrange(1, FRAMES_A_RUN * submits)
    killer = asyncio.ensure_future(_kill_after(server, limit, beside))
    for number in range(submits):
        if client.killed:
            break
        server.order("submit", f"{seed}-{number}")
        await server.until("ended", number + 1 - AT_ONCE, 30)
    await server.until("acknowledged", submits, 30)
    await killer
    again = Server(folder, client)
    await again.start()
    for run_id, seen in client.frames.items():
        if run_id not in client.ended:
            again.order("follow", run_id, seen[-1] if seen else 0)
    await again.until("ended", len(client.acknowledged), 60)
    await again.close()
    return client, (again.first_frame - again.ready) if again.first_frame is not None else None


async def _kill_after(server: Server, count: int, beside: bool) -> None:
    """Kill it once the clients have seen so many frames; in every other round, so many `left` steps' ends.

    Frames fall everywhere in the runs' work; the end of `left` falls while its slower sibling runs.
    """
    await server.heard(count, beside)
    await server.kill()


async def bench(rounds: int, submits: int, seed: int) -> Verdict:
    """All rounds, each in a scratch folder."""
    verdict = Verdict()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="stemma-crash-") as name:
            client, takeover = await crash(Path(name), submits, seed + number)
            await judge(Path(name), client, verdict)
            if takeover is not None:
                verdict.takeover_seconds.append(round(takeover, 3))
    return verdict


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill -9 under load, and look what was lost.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--submits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("bench/results/crash.json"))
    asked = parser.parse_args()
    verdict = asyncio.run(bench(asked.rounds, asked.submits, asked.seed))
    figures = {"seed": asked.seed, "submits_a_round": asked.submits, **asdict(verdict), "faults": verdict.faults}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    sys.exit(1 if verdict.faults else 0)


if __name__ == "__main__":
    main()
