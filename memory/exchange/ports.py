"""What an export and an import need of the memory graph: part of `MemoryGraph`, because only a store can give its rows
as they are, and take them again.

Decides the contract only; held by `tests/contracts/memory_exchange.py` for every adapter. What a row holds stands in
`fields.py`. Nothing here asks who may: whoever exports owns the scope, and whoever imports owns the tenant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from stemma.memory.exchange.fields import Kind, Row
from stemma.memory.lineage.model import Affected, Status
from stemma.memory.model import Node
from stemma.memory.scope import Scope

VECTOR = "vector"
"""Beside the fields of a passage or searched claim: its vector as 32-bit floats, little endian."""
SENTENCES = "sentences"
"""Beside the fields of a passage: the vectors of its sentences (`recall/sentence_blob.py`), where it has any."""
VECTORS = "vectors"
"""Beside the fields of a store's item: pairs of an embedder's name and a vector, sorted."""


RIVAL = "another version of one of the sources is in memory under the same address and number"
RIVAL_HINT = "import into a memory that does not hold these documents, or erase them there first"


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one kind, in the order of its key."""

    kind: Kind
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose flags follow from the lineage otherwise than the import said."""

    id: str
    node: Node
    said: tuple[str, ...]
    """The flags that were set: supported, current, stale, withdrawn, quarantined."""
    follows: tuple[str, ...]

    @classmethod
    def of(cls, item: Affected) -> Difference:
        """From what working the flags out has changed."""
        return cls(item.id, item.node, _set(item.before), _set(item.after))


def _set(status: Status) -> tuple[str, ...]:
    return tuple(name for name, holds in status._asdict().items() if holds)


class ExchangeStore(Protocol):
    """Whole records, out and in. May raise what every operation of `MemoryGraph` may."""

    async def tenants(self) -> list[str]:
        """Every tenant that was ever written to, sorted."""

    async def record_counts(self, scope: Scope) -> Mapping[str, int]:
        """How many records of each kind are the scope's own or narrower."""

    def records(self, scope: Scope) -> AsyncIterator[Page]:
        """Every record that is the scope's own or narrower, kind by kind, with bounded memory.

        What it gives is one state of the tenant. A store without such reads raises `MemoryBusy` at the end when
        something was written meanwhile: what was read is then worth nothing.
        """

    async def known_items(self, tenant: str, ids: Collection[str]) -> Mapping[str, str]:
        """Those of the ids that name a source, passage, entity, claim or answer of the tenant, with its audience."""

    async def import_records(self, tenant: str, kind: Kind, rows: Sequence[Row]) -> int:
        """Store records that are not there, in one transaction; how many were new. Those that are there stay.

        An entity that is there gains aliases. All that a row names is there already. Flags are stored as the rows say,
        until `settle_import`. Raises `ImportConflict` when another version of a source stands in the place of one,
        `EmbedderMismatch` for a vector of another size; nothing of the batch is written then.
        """

    async def settle_import(self, tenant: str) -> Sequence[Difference]:
        """Work out every flag of the tenant anew; what came out otherwise than it was stored, in no order."""
