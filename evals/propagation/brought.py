"""Somebody's own memory, brought on the command line: FILE.py:FACTORY.

Decides how the file is loaded and what is refused. The factory takes the embedder (`embed(texts) -> vectors`) and gives
a `MemorySystem`; it is called once for each arm, and what it gives has to be empty. The file runs as its owner's code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from stemma.evals.errors import EvalFailure
from stemma.evals.propagation.systems import MemorySystem
from stemma.memory.ports import Embedder

_HINT = "--system FILE.py:FACTORY, as docs/how-to/benchmark-your-memory.md shows"


def system_named(typed: str) -> Callable[[Embedder], MemorySystem]:
    """The factory. Raises `EvalFailure` for no such file or name; what the file itself raises goes through."""
    place, _, name = typed.rpartition(":")
    file = Path(place)
    if not place or not name or not file.is_file():
        raise EvalFailure(f"there is no file {place or typed!r} to take a memory from", hint=_HINT)
    module_name = f"stemma_brought_{file.stem}"
    spec = spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise EvalFailure(f"{file} is no Python file", hint=_HINT)
    module = module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    factory = getattr(module, name, None)
    if not callable(factory):
        raise EvalFailure(f"{file} has no {name!r} that can be called", hint=_HINT)
    return _checked(factory, typed)


def _checked(factory: Callable[[Embedder], MemorySystem], typed: str) -> Callable[[Embedder], MemorySystem]:
    def make(embedder: Embedder) -> MemorySystem:
        made = factory(embedder)
        for function in ("write", "recall"):
            if not callable(getattr(made, function, None)):
                raise EvalFailure(f"what {typed} gives has no {function!r}", hint=_HINT)
        return made

    return make
