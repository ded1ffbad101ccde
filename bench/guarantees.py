"""What the server promises its clients, tested at full size over real processes. Minutes in all.

    python -m bench.guarantees [G7] [G9] [G13] [G17] [--seed 7] [--small]

G9 is G10 too. Prints the figures and writes them to bench/results/guarantees.json; exits with 1 when a promise is
broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.cancels import cancels
from bench.late_readers import late_readers
from bench.one_run_a_key import one_run_a_key
from bench.overlaps import overlaps
from bench.served import written

NAMES = ("G7", "G9", "G13", "G17")


async def measured(name: str, folder: Path, seed: int, *, small: bool = False) -> dict[str, Any]:
    """The figures of one guarantee; `faults` are all 0 when it holds."""
    match name:
        case "G7":
            return await one_run_a_key(folder, keys=2 if small else 20, posts=20 if small else 100)
        case "G9":
            return await late_readers(folder, runs=3 if small else 100)
        case "G13":
            runs, at_once = (6, 3) if small else (200, 10)
            return await cancels(folder, runs=runs, at_once=at_once, seed=seed)
        case _:
            clients, posts = (8, 3) if small else (32, 20)
            return await overlaps(folder, clients=clients, threads=4, posts=posts, seed=seed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Idempotency, late readers, cancelling and turns on a thread.")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="GUARANTEE")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("bench/results/guarantees.json"))
    asked = parser.parse_args()
    found: dict[str, Any] = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
    broken = False
    for name in asked.names or NAMES:
        with tempfile.TemporaryDirectory(prefix="stemma-guarantees-") as folder:
            found[name] = asyncio.run(measured(name, Path(folder), asked.seed, small=asked.small))
        broken = broken or any(found[name]["faults"].values())
        print(name, json.dumps(found[name], indent=2))
    written(asked.out, found)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
