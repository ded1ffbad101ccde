"""The process that `preparation.py` starts: steps come in through its pipe, what was prepared goes out.

Decides nothing. It ends when the other end is closed; Ctrl-C is for the one that asks.
"""

from __future__ import annotations

import gc
import signal
import sys
from multiprocessing.connection import Connection

from stemma.memory.ingest.bundling import Step, prepared


def serve(pipe: Connection, *, by_rules: bool) -> None:
    """Answer until nobody asks any more."""
    while True:
        try:
            steps: list[Step] = pipe.recv()
        except EOFError:
            return
        pipe.send([prepared(step, by_rules=by_rules) for step in steps])


if __name__ == "__main__":
    gc.set_threshold(10_000, 10, 10)  # a document makes thousands of short-lived objects and hardly a cycle
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Connection(int(sys.argv[1])), by_rules=sys.argv[2] == "1")
