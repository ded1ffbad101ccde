"""What a durable three-step run costs, beside the same graph on a bare server. `python bench/throughput.py`

Both servers are up at the same time and take turns, so that a noisy machine is noisy for both: compare the ratios. CPU
is what the operating system charged to the server's whole process tree. Writes bench/results/throughput.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.load import Sample, load  # noqa: E402
from bench.pragmas import BARE_PRAGMAS, STEMMA_PRAGMAS  # noqa: E402

RESULTS = ROOT / "bench" / "results"
LEVELS = (1, 16, 64)
STARTS = 5
BARS = {
    "cpu ratio at 16": 0.75,
    "runs/s ratio at 16": 1.7,
    "cpu ratio at 1": 1.1,
    "first event p50 ms at 1": 15.0,
    "first event p99 ms at 64": 1000.0,
    "resident MB": 160.0,
    "ready s": 3.0,
}


@dataclass
class Server:
    """One server under load."""

    name: str
    module: str
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)
    samples: dict[int, list[tuple[Sample, float]]] = field(default_factory=dict)

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", self.module, "--port", str(self.port), "--no-access-log"]
        command += ["--log-level", "warning", "--loop", "uvloop", "--http", "httptools"]
        places = {"BENCH_DATABASE": str(self.folder / "bare.db"), "PYTHONPATH": str(ROOT)}
        places |= {
            "GRAPHS_DATABASE_URL": f"sqlite:///{self.folder}/runs.db",
            "MEMORY_URL": f"sqlite:///{self.folder}/m.db",
        }
        started = time.perf_counter()
        self.process = subprocess.Popen(command, env=os.environ | places, cwd=self.folder)
        while time.perf_counter() - started < 30:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ok", timeout=1) as answer:
                    if answer.status == 200:
                        self.starts.append(time.perf_counter() - started)
                        return
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"{self.name} did not come up")

    @property
    def ready(self) -> float:
        """Seconds from the start of the process to its first answer, median of the starts."""
        return statistics.median(self.starts)

    def tree(self) -> list[psutil.Process]:
        assert self.process is not None
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU, user and system, of the whole process tree so far."""
        return sum(part.cpu_times().user + part.cpu_times().system for part in self.tree())

    def resident(self) -> float:
        """Resident memory of the whole process tree, MB."""
        return sum(part.memory_info().rss for part in self.tree()) / 1e6

    def measure(self, runs: int, at_once: int) -> None:
        before = self.cpu()
        sample = asyncio.run(load(self.port, runs, at_once))
        if sample.failures:
            raise SystemExit(f"{self.name}: {sample.failures} of {runs} runs failed")
        self.samples.setdefault(at_once, []).append((sample, self.cpu() - before))

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=30)


def figures(server: Server) -> dict[str, dict[str, float]]:
    """Medians over the rounds, for each level."""
    table = {}
    for at_once, rounds in server.samples.items():
        middle = statistics.median
        table[str(at_once)] = {
            "cpu ms/run": middle(1000 * cpu / sample.runs for sample, cpu in rounds),
            "runs/s": middle(sample.runs / sample.wall for sample, _ in rounds),
            "first event p50 ms": middle(sample.percentile(sample.first_event, 0.50) for sample, _ in rounds),
            "first event p99 ms": middle(sample.percentile(sample.first_event, 0.99) for sample, _ in rounds),
            "whole run p50 ms": middle(sample.percentile(sample.total, 0.50) for sample, _ in rounds),
        }
    return table


def ratio(ours: Server, theirs: Server, at_once: int, figure: str) -> float:
    """Median over the rounds of ours / theirs, pair by pair."""
    pairs = zip(ours.samples[at_once], theirs.samples[at_once], strict=True)
    if figure == "cpu":
        return statistics.median(a[1] / a[0].runs / (b[1] / b[0].runs) for a, b in pairs)
    return statistics.median(a[0].runs / a[0].wall / (b[0].runs / b[0].wall) for a, b in pairs)


def summary(ours: Server, bare: Server) -> dict[str, Any]:
    mine = figures(ours)
    measured = {
        "cpu ratio at 16": ratio(ours, bare, 16, "cpu"),
        "runs/s ratio at 16": ratio(ours, bare, 16, "runs/s"),
        "cpu ratio at 1": ratio(ours, bare, 1, "cpu"),
        "first event p50 ms at 1": mine["1"]["first event p50 ms"],
        "first event p99 ms at 64": mine["64"]["first event p99 ms"],
        "resident MB": ours.resident(),
        "ready s": ours.ready,
    }
    met = {name: value >= BARS[name] if "runs/s" in name else value <= BARS[name] for name, value in measured.items()}
    pragmas = {"stemma": list(STEMMA_PRAGMAS), "bare": list(BARE_PRAGMAS)}
    aside = {"bare ready s": bare.ready, "bare resident MB": bare.resident(), "pragmas": pragmas}
    return {"stemma": mine, "bare": figures(bare), "measured": measured, "bars": BARS, "met": met, **aside}


def show(result: dict[str, Any]) -> None:
    print(f"\n{'':10}{'at once':>8}" + "".join(f"{name:>20}" for name in result["stemma"]["1"]))
    for server in ("stemma", "bare"):
        for at_once, row in result[server].items():
            print(f"{server:10}{at_once:>8}" + "".join(f"{value:20.2f}" for value in row.values()))
    print()
    for name, value in result["measured"].items():
        sign = ">=" if "runs/s" in name else "<="
        print(f"{'ok ' if result['met'][name] else 'NOT'}  {name:28}{value:10.2f}   wanted {sign} {BARS[name]}")
    print(f"\nthe bare server: ready in {result['bare ready s']:.2f} s, {result['bare resident MB']:.0f} MB resident")
    for server, pragmas in result["pragmas"].items():
        print(f"pragmas of {server}: {', '.join(pragmas)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="runs in each round at 16 and 64 at once (half at 1)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        servers = [Server(name, f"bench.{name}_server:app", Path(scratch) / name) for name in ("stemma", "bare")]
        try:
            for server in servers:
                server.folder.mkdir()
            for _ in range(STARTS - 1):
                for server in servers:
                    server.start()
                    server.stop()
            for server in servers:
                server.start()
                asyncio.run(load(server.port, 50, 8))
            for turn in range(options.rounds):
                for at_once in LEVELS:
                    for server in servers if turn % 2 else servers[::-1]:
                        server.measure(options.runs // 2 if at_once == 1 else options.runs, at_once)
            result = summary(*servers) | {"runs": options.runs, "rounds": options.rounds}
        finally:
            for server in servers:
                server.stop()
    show(result)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "throughput.json").write_text(json.dumps(result, indent=2))
    sys.exit(0 if all(result["met"].values()) else 1)


if __name__ == "__main__":
    main()
