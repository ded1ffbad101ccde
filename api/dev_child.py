"""The process that serves under `stemma dev`: `python -m stemma.api.dev_child '{"listener": 3, …}'`, started by
reloading.py alone.

Decides that it serves only when it is told to, after the project is imported, and that it ends with the process that
started it: standard input is the line between them.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from stemma.api.commands import serve_project
from stemma.api.failures import ApiFailure
from stemma.cli import three_lines
from stemma.graphs.errors import GraphFailure
from stemma.memory.errors import MemoryFailure


def main(arguments: dict[str, Any]) -> int:
    """Import, say so, wait for the word, serve. The exit code is 2 for what cannot be served."""
    listener = socket.socket(fileno=arguments["listener"])

    def imported() -> None:
        os.write(arguments["ready"], b"1")
        os.close(arguments["ready"])
        if not os.read(sys.stdin.fileno(), 3):
            os._exit(0)  # another change, or the end, came first
        threading.Thread(target=_end_with_parent, daemon=True).start()

    try:
        serve_project(Path(arguments["config"]), listener, imported, settings=arguments["settings"])
    except KeyboardInterrupt:
        return 130
    except (ApiFailure, GraphFailure, MemoryFailure) as failure:
        print("\n".join(three_lines(failure)), file=sys.stderr)
        return 2
    return 0


def _end_with_parent() -> None:
    if not os.read(sys.stdin.fileno(), 1):  # not through the buffer, whose lock would be held at the end
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
