"""Project folders for tests, and a process that forgets them afterwards."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GRAPH = """
from typing import TypedDict
from langgraph.graph import START, StateGraph

class State(TypedDict, total=False):
    said: str

async def step(state, config):
    return {"said": f"{state.get('said', '')}!{config['configurable'].get('mood', '')}"}

builder = StateGraph(State)
builder.add_node("step", step)
builder.add_edge(START, "step")
"""
"""The beginning of a module that makes graphs."""


def write(folder: Path, config: dict[str, Any], **files: str) -> Path:
    """A project of these modules, by their paths without .py. Returns the langgraph.json."""
    for name, text in files.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    place = folder / "langgraph.json"
    place.write_text(json.dumps(config), "utf-8")
    return place


@contextmanager
def forgotten() -> Iterator[None]:
    """What is imported inside is unknown again afterwards."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            module = sys.modules[name]
            places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
            if any("pytest-of-" in place for place in places):
                del sys.modules[name]
