"""Documents are cut and read by a process of their own, where there are many: while it reads, the last are stored.

Decides when that process is started and how it is asked. What it does stands in `bundling.prepared`; a window that it
does not answer, because it was killed or cannot be started, is prepared here, and so are all that follow. It is asked
through a pipe that nobody else has, and opens nothing.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Pipe
from types import TracebackType
from typing import Self

from stemma.memory.ingest.bundling import Prepared, Step, prepared

_PROGRAM = "stemma.memory.ingest.preparation_process"
_FEW = 600_000
"""Characters that are prepared in this process first: to start another one takes as long as preparing so many."""


class Preparation:
    """Prepares the windows of one ingestion. An async context manager, which ends its process."""

    def __init__(self, *, by_rules: bool, few: int = _FEW) -> None:
        """`by_rules`: what the documents state is read too. The process is started after `few` characters."""
        self._by_rules = by_rules
        self._left = few if (os.cpu_count() or 1) > 1 else sys.maxsize
        self._process: _Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.end()

    async def prepare(self, steps: Sequence[Step]) -> list[Prepared]:
        """One for each step, in order. A window that is asked for before the last is answered waits at the process."""
        if not steps:
            return []
        if self._left <= 0:
            with suppress(OSError, EOFError):
                self._process = self._process or _Process(by_rules=self._by_rules)
                return await self._process.ask(steps)
            self._left = sys.maxsize
        self._left -= sum(len(step.document.text) for step in steps)
        return await asyncio.to_thread(self._prepare, steps)

    def _prepare(self, steps: Sequence[Step]) -> list[Prepared]:
        return [prepared(step, by_rules=self._by_rules) for step in steps]


class _Process(subprocess.Popen[bytes]):
    """The process, and the only other end of its pipe."""

    def __init__(self, *, by_rules: bool) -> None:
        self._pipe, theirs = Pipe()
        self._asking, self._answering = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        paths = os.pathsep.join(path for path in sys.path if path)
        with theirs:
            super().__init__(
                [sys.executable, "-P", "-m", _PROGRAM, str(theirs.fileno()), str(int(by_rules))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={"PYTHONPATH": paths},
            )

    async def ask(self, steps: Sequence[Step]) -> list[Prepared]:
        """Answers come in the order of asking. Raises `EOFError` or `OSError` when there is none."""
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._asking, self._pipe.send, steps)
        answered: asyncio.Future[list[Prepared]] = loop.run_in_executor(self._answering, self._pipe.recv)
        return (await asyncio.gather(asked, answered))[1]

    def end(self) -> None:
        """Whatever it does."""
        self.kill()
        self.wait()
        self._asking.shutdown()
        self._answering.shutdown()
        self._pipe.close()
