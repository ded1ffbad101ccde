"""Whose data is erased, what of it there is, and where something was found that should be gone. Frozen values.

Decides what counts as one person: a user of a tenant, or a whole tenant; and how a text is written down that is looked
for afterwards. It erases nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from stemma.memory.scope import Scope

SHORTEST = 12
"""Characters of a text that is looked for: shorter ones stand in others' data by chance."""
LONGEST = 80
"""So many of its first characters are looked for."""

Counts = Mapping[str, int]
"""How many rows, by the name of their table or kind."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whose data is erased."""

    tenant: str
    user: str = ""
    """Empty: the whole tenant."""

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant, self.user)

    @property
    def digest(self) -> str:
        """What a journal knows them by, which holds no names."""
        return sha256(f"{len(self.tenant)}:{self.tenant}{self.user}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a person's data is recognised."""

    ids: frozenset[str] = frozenset()
    """Of threads and runs: other stores refer to them."""
    texts: frozenset[str] = frozenset()
    """A sample of what they said and were told; never written down."""

    def __or__(self, other: Traces) -> Traces:
        return Traces(self.ids | other.ids, self.texts | other.texts)

    def without(self, common: frozenset[bytes]) -> Traces:
        """Only the texts of which nothing stands in `common`."""
        return replace(self, texts=frozenset(text for text in self.texts if common.isdisjoint(_forms(text))))

    def needles(self) -> list[bytes]:
        """The bytes to look for: each id, and the beginning of each text, plain and as it stands within JSON."""
        return sorted({name.encode() for name in self.ids}.union(*map(_forms, self.texts)))


def _forms(text: str) -> set[bytes]:
    """The beginning of a text as files may hold it; nothing for one that is too short."""
    told = text.strip()[:LONGEST]
    if len(told) < SHORTEST:
        return set()
    forms = (told, json.dumps(told)[1:-1], json.dumps(told, ensure_ascii=False)[1:-1])
    return {form.encode("utf-8", "surrogatepass") for form in forms}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that should be gone, in a file."""

    file: Path
    needles: int
    """How many of those that were looked for stand in it."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What became of the room that erased data took."""

    done: bool
    note: str = ""
    """What remains to be done by a person, where it is not."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a person one store holds."""

    counts: Counts
    traces: Traces = Traces()
    shared: frozenset[str] = frozenset()
    """Ids of threads that others have used too: they cannot be taken apart."""
    busy: frozenset[str] = field(default_factory=frozenset)
    """Ids of runs that are not over."""


def total(counts: Iterable[Counts]) -> dict[str, int]:
    """The sums by name, without zeros."""
    sums: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            sums[name] = sums.get(name, 0) + count
    return {name: count for name, count in sums.items() if count}
