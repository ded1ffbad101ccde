"""Paths into a thread, as a search extracts along them: `values.messages[-1].content`.

Decides the grammar: names with dots between them, and whole numbers in brackets, negative ones from the end. What is
not there is null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d{1,9})\]")
MOST = 10
"""Paths in one request."""


def steps(path: str) -> list[str | int]:
    """The names and positions of a path, in order. Raises `ValueError`."""
    found: list[str | int] = []
    place = 0
    for match in _STEP.finditer(path):
        if match.start() != place or (match[0].startswith(".") and not found):
            break
        found.append(match[1] if match[1] is not None else int(match[2]))
        place = match.end()
    if place != len(path) or not found or not isinstance(found[0], str):
        raise ValueError(f"{path!r} is no path: write names with dots, and positions in brackets")
    return found


def extracted(body: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """Alias -> what stands at its path in a JSON value, or None. Raises `ValueError`."""
    return {alias: _at(body, steps(path)) for alias, path in paths.items()}


def _at(value: Any, path: list[str | int]) -> Any:
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        elif isinstance(value, list | tuple) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _checked(paths: dict[str, str]) -> dict[str, str]:
    for path in paths.values():
        steps(path)
    return paths


Path = Annotated[str, Field(min_length=1, max_length=1000)]
Paths = Annotated[dict[str, Path], Field(max_length=MOST), AfterValidator(_checked)]
"""Alias -> path."""
