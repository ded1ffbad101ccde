"""`Value`: what frozen, slotted dataclasses share that go from one process to another in great numbers.

Decides how they are pickled: by their fields in order, given to the class again. What `dataclass` puts in goes over all
fields in Python, and takes three times as long. Fields that `__init__` does not take have no place here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any


class Value:
    """Base of a frozen, slotted dataclass of two fields or more."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        kind: Any = type(self)
        return kind, _read(kind)(self)


@cache
def _read(kind: Any) -> Callable[[Value], tuple[Any, ...]]:
    return attrgetter(*(one.name for one in fields(kind)))
