"""Which values a filter lets through, and which namespaces a pattern means. Pure; what LangGraph's own stores do.

Decides the meaning of `$eq`, `$ne`, `$gt`, `$gte`, `$lt` and `$lte`, of nested conditions, and of `*`. It refuses an
operator that it does not know.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stemma.memory.errors import InvalidItem
from stemma.memory.store.model import Namespace

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
OPERATORS = frozenset({"$eq", "$ne", *_ORDERS})
ANY = "*"


@dataclass(frozen=True, slots=True)
class NamespacePattern:
    """How a namespace begins or ends; `*` stands for any one label."""

    kind: Literal["prefix", "suffix"]
    path: Sequence[str]

    def matches(self, namespace: Namespace) -> bool:
        if len(namespace) < len(self.path):
            return False
        part = namespace[: len(self.path)] if self.kind == "prefix" else namespace[len(namespace) - len(self.path) :]
        return all(wanted in (ANY, label) for wanted, label in zip(self.path, part, strict=True))

    @property
    def fixed(self) -> Namespace:
        """The labels that every namespace it means begins with."""
        if self.kind == "suffix":
            return ()
        end = next((n for n, label in enumerate(self.path) if label == ANY), len(self.path))
        return tuple(self.path[:end])


def check(conditions: Mapping[str, Any]) -> None:
    """Raises `InvalidItem` for an operator that is not one of `OPERATORS`, at any depth."""
    for name, wanted in conditions.items():
        if name.startswith("$") and name not in OPERATORS:
            known = ", ".join(sorted(OPERATORS))
            raise InvalidItem(f"a filter knows no operator {name!r}", hint=f"use one of {known}")
        if isinstance(wanted, Mapping):
            check(wanted)


def passes(value: Mapping[str, Any], conditions: Mapping[str, Any]) -> bool:
    """Whether a value meets every condition on its fields; a field that is missing is None."""
    return all(_meets(value.get(name), wanted) for name, wanted in conditions.items())


def _meets(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if any(name.startswith("$") for name in wanted):
            return all(_compares(found, name, other) for name, other in wanted.items())
        return isinstance(found, Mapping) and passes(found, wanted)
    if isinstance(wanted, list | tuple):
        same_size = isinstance(found, list | tuple) and len(found) == len(wanted)
        return same_size and all(_meets(one, other) for one, other in zip(found, wanted, strict=True))
    return bool(found == wanted)


def _compares(found: Any, name: str, wanted: Any) -> bool:
    if name == "$eq":
        return bool(found == wanted)
    if name == "$ne":
        return bool(found != wanted)
    pair = _comparable(found, wanted)
    return pair is not None and _ORDERS[name](*pair)


def _comparable(found: Any, wanted: Any) -> tuple[Any, Any] | None:
    """Both as numbers where both are written as one, both as texts, or None: then no order holds."""
    try:
        return float(found), float(wanted)
    except (TypeError, ValueError, OverflowError):
        return (found, wanted) if isinstance(found, str) and isinstance(wanted, str) else None
