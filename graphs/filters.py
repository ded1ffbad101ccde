"""Which things a filter lets an actor see, by their metadata. Pure.

Decides what a filter matches, and that whatever cannot be understood matches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.graphs.policy import Filter

EQUALS, CONTAINS = "$eq", "$contains"


def matches(metadata: Mapping[str, Any], wanted: Filter | None) -> bool:
    """Whether something with this metadata may be seen. A field that is not there matches nothing."""
    return all(_holds(metadata.get(field), rule) for field, rule in (wanted or {}).items())


def contradicts(metadata: Mapping[str, Any] | None, wanted: Filter | None) -> bool:
    """Whether writing this metadata would put something where the writer may not see it."""
    given = metadata or {}
    return any(field in given and not _holds(given[field], rule) for field, rule in (wanted or {}).items())


def is_filter(answer: object) -> bool:
    """Whether every operator is one of those above."""
    if not isinstance(answer, Mapping):
        return False
    operators = [key for rule in answer.values() if isinstance(rule, Mapping) for key in rule if _operator(key)]
    fields = all(isinstance(field, str) and not _operator(field) for field in answer)
    alone = all(len(rule) == 1 for rule in answer.values() if isinstance(rule, Mapping) and any(map(_operator, rule)))
    return fields and alone and set(operators) <= {EQUALS, CONTAINS}


def exact(wanted: Filter | None) -> dict[str, Any]:
    """The part of a filter that says what a field is: a store can look that up."""
    found = {}
    for field, rule in (wanted or {}).items():
        value = rule.get(EQUALS, rule) if isinstance(rule, Mapping) else rule
        if not isinstance(value, Mapping | list | tuple):
            found[field] = value
    return found


def _operator(key: object) -> bool:
    return isinstance(key, str) and key.startswith("$")


def _holds(value: Any, rule: Any) -> bool:
    if isinstance(rule, Mapping):
        if CONTAINS in rule:
            asked = rule[CONTAINS]
            elements = asked if isinstance(asked, list | tuple | set | frozenset) else [asked]
            return isinstance(value, list | tuple) and all(_among(element, value) for element in elements)
        if EQUALS in rule:
            return _same(value, rule[EQUALS])
        # Anything else is a nested object: of what it names, everything must be so.
        return isinstance(value, Mapping) and all(key in value and _holds(value[key], rule[key]) for key in rule)
    return _same(value, rule)


def _among(element: Any, values: list[Any] | tuple[Any, ...]) -> bool:
    return any(_same(value, element) for value in values)


def _same(value: Any, wanted: Any) -> bool:
    # As JSON sees it: `True` is not 1, and nothing equals a field that is not there.
    if value is None or wanted is None or isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    if isinstance(value, list | tuple) and isinstance(wanted, list | tuple):
        return list(value) == list(wanted)
    return bool(value == wanted)
