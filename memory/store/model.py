"""What a store keeps: items under a namespace and a key, each resting on a version of a source. Frozen values.

Decides how a place is written down (`Place.uri`, `encoded`), what a value may be, and what goes into one change. It
stores nothing (the adapters) and ranks nothing (`items.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import InvalidItem
from stemma.memory.model import FAR_FUTURE, Scope

Namespace = tuple[str, ...]
SEPARATOR = "\x1f"
"""After each label of a namespace as it is stored: what lies below one begins with the same characters."""
LONGEST_KEY = 1_024
"""Characters of a key, and of all labels of a namespace together: an index key must not grow without bound."""


class Place(NamedTuple):
    """Where an item stands."""

    namespace: Namespace
    key: str

    @property
    def uri(self) -> str:
        """The address of its source: "store:users/ann/preferences"."""
        return "store:" + "/".join(quote(part, safe="") for part in (*self.namespace, self.key))


class ItemKey(NamedTuple):
    """Which row: two scopes may have an item at one place."""

    audience: str
    place: Place


@dataclass(frozen=True, slots=True)
class StoredItem:
    """The current value at a place."""

    scope: Scope
    place: Place
    value: Mapping[str, Any]
    source_id: str
    """The version of the source that says so. While it is not supported, the item is not there."""
    created_at: datetime
    updated_at: datetime
    ttl: float | None = None
    """Minutes that it lives after it was last put, or read with a refresh; None: until it is deleted."""
    expires_at: datetime | None = None

    @property
    def row(self) -> ItemKey:
        return ItemKey(self.scope.audience, self.place)


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item that a search found; `score` is the cosine similarity of the best of its fields, None without a query
    or for an item that has no vectors."""

    item: StoredItem
    score: float | None = None


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """A put, as the store takes it."""

    item: StoredItem
    bundle: SourceBundle | None
    """The new version of its source; None: the source that is current says the same already."""
    vectors: Sequence[Sequence[float]] = ()
    """Unit vectors of the indexed fields. They take the place of those that are there."""
    embedder: str = ""
    """Whose they are: only vectors of one embedder are compared."""


@dataclass(frozen=True, slots=True)
class ItemRemoval:
    """A deletion: every version of the item's source that still holds is withdrawn."""

    scope: Scope
    place: Place
    actor: str
    reason: str
    at: datetime
    expired: bool = False
    """Only if its time is over at `at`, and then the row goes too, so that lifting the decision does not revive it."""


def encoded(namespace: Sequence[str]) -> str:
    """A namespace as it is stored."""
    return "".join(label + SEPARATOR for label in namespace)


def decoded(text: str) -> Namespace:
    return tuple(text.split(SEPARATOR)[:-1])


def checked(place: Place) -> Place:
    """The place, if it can be written down. Raises `InvalidItem`."""
    if not place.namespace or not all(place.namespace):
        raise InvalidItem("a namespace needs at least one label, and no label is empty")
    for text in (*place.namespace, place.key):
        if SEPARATOR in text or "\x00" in text:
            raise InvalidItem("a namespace or key must not hold the control characters U+0000 or U+001F")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidItem("a namespace or key must be valid Unicode")
    if max(len(place.key), sum(map(len, place.namespace))) > LONGEST_KEY:
        raise InvalidItem(f"a key, and a namespace's labels together, may have {LONGEST_KEY:,} characters")
    return place


def written(value: Mapping[str, Any]) -> str:
    """A value as JSON text. Raises `InvalidItem` for what JSON cannot say; times and UUIDs become text."""
    try:
        return json.dumps(dict(value), default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as failure:
        raise InvalidItem(f"the value cannot be kept as JSON: {failure}") from failure


def expiry(moment: datetime | None) -> str:
    """When an item ends, as text that sorts as time does."""
    return moment.isoformat(timespec="microseconds") if moment else FAR_FUTURE


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
