"""Which of several that say the same are shown. Pure; the same for every store.

Decides that of all that are connected by DUPLICATES the first that is current is shown, and the other current ones are
hidden. What goes first never changes (`Precedence`), so it does not matter in which order anything was written; and as
it reads only what is current, nothing's support depends on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from stemma.memory.consolidation.model import Precedence


def groups(edges: Iterable[tuple[str, str]]) -> list[set[str]]:
    """What is connected, whichever way the edges point."""
    beside: defaultdict[str, list[str]] = defaultdict(list)
    for one, other in edges:
        beside[one].append(other)
        beside[other].append(one)
    found: list[set[str]] = []
    seen: set[str] = set()
    for start in beside:
        if start in seen:
            continue
        group, queue = {start}, [start]
        while queue:
            new = set(beside[queue.pop()]) - group
            group |= new
            queue += new
        seen |= group
        found.append(group)
    return found


def hidden(
    edges: Iterable[tuple[str, str]], places: Mapping[str, Precedence], current: Collection[str]
) -> dict[str, str]:
    """The items that are not shown, each with the one that is shown in its place.

    `places` has every item that is there: an edge to another one connects nothing.
    """
    there = ((one, other) for one, other in edges if one in places and other in places)
    found: dict[str, str] = {}
    for group in groups(there):
        standing = sorted((item for item in group if item in current), key=places.__getitem__)
        found |= dict.fromkeys(standing[1:], standing[0]) if standing else {}
    return found
