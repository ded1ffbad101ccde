"""A writer's turn: one transaction of some tenants in which nobody else writes to them.

Decides that whoever writes anything of a tenant first takes the lock of its node, several in one order, and that a turn
raises the tenant's revision. So decisions and writes see each other's results whole, and none of them deadlocks. It
works the same from every process: the lock is the database's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import uuid4

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.neo4j_connection import Neo4jConnection, Row, Transaction, unprinted
from stemma.memory.neo4j_dialect import Slot
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import Queries, load_queries

BATCH = 1_000
"""Rows of one statement; ids are short, so there may be more of them."""
IDS = 5_000
_CHANGES = load_queries("cypher/changes.cypher")
_STORE = load_queries("cypher/store.cypher")
Result = TypeVar("Result")


class _OfTenant(Protocol):
    @property
    def tenant(self) -> str: ...


Owned = TypeVar("Owned", bound=_OfTenant)


@dataclass(frozen=True, slots=True)
class Serving:
    """The embedder whose vectors recall uses, and where they are."""

    identity: EmbedderIdentity
    slot: Slot


class Undone(Exception):
    """Rolls a turn back: nothing was to be written, or somebody else was first. Never leaves the adapter."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One tenant within a transaction that holds its lock."""

    tx: Transaction
    tenant: str
    revision: int
    """What is written now is stamped with it."""
    slot: Slot = Slot.A

    async def rows(self, queries: Queries, name: str, **parameters: object) -> list[Row]:
        """The rows of a query."""
        query = self.slot.into(queries[name])
        own = {"tenant": self.tenant, "revision": self.revision}
        result = await self.tx.run(query, {**own, **unprinted(parameters)})
        return [dict(record) async for record in result]

    async def put(self, queries: Queries, name: str, rows: Sequence[object], **parameters: object) -> None:
        """Run a query over `rows`, so many at a time; it finds them as `$rows`, or as `$ids` when they are ids."""
        key, most = ("ids", IDS) if rows and isinstance(rows[0], str) else ("rows", BATCH)
        for start in range(0, len(rows), most):
            await self.rows(queries, name, **parameters, **{key: rows[start : start + most]})


async def in_turn(
    connection: Neo4jConnection,
    tenants: Iterable[str],
    work: Callable[[dict[str, Turn]], Awaitable[Result]],
    serving: Serving | None = None,
) -> Result:
    """Run `work` in one transaction with a turn for each tenant; what it raises undoes everything.

    With `serving`, raises `EmbedderMismatch` when another embedder took over: what is to be written has its vectors.
    The driver may run the work again when an attempt was lost on its way: one that had reached the database is told by
    the mark it left, and counts.
    """
    order, mark = sorted(set(tenants)), uuid4().hex
    done: list[Result] = []

    async def attempt(tx: Transaction) -> Result:
        turns = {}
        for tenant in order:
            turn, before = await _take(tx, tenant, mark, serving)
            if done and before == mark:
                return done[-1]
            turns[tenant] = turn
        done.append(await work(turns))
        return done[-1]

    return await connection.write(attempt)


async def by_tenant(
    turns: Mapping[str, Turn], items: Sequence[Owned], write: Callable[[Turn, Sequence[Owned]], Awaitable[list[bool]]]
) -> list[bool]:
    """Write the items of each tenant in its turn; for each item, in order, whether it was. Raises `Undone` for none."""
    taken = [False] * len(items)
    for tenant, turn in turns.items():
        numbers = [n for n, item in enumerate(items) if item.tenant == tenant]
        for n, is_taken in zip(numbers, await write(turn, [items[n] for n in numbers]), strict=True):
            taken[n] = is_taken
    if not any(taken):
        raise Undone
    return taken


async def _take(tx: Transaction, tenant: str, mark: str, serving: Serving | None) -> tuple[Turn, str]:
    own = {"tenant": tenant, "turn": mark}
    [taken] = await (await tx.run(_CHANGES["take_turn"], own)).data()
    if serving is None:
        return Turn(tx, tenant, taken["revision"]), taken["before"]
    if taken["revision"] == 1:
        # Who switches embedders locks every tenant it knows, and knows none that is being made right now.
        await tx.run(_STORE["lock_settings"], own)
        taken |= (await (await tx.run(_CHANGES["serving"], own)).data())[0]
    found = EmbedderIdentity(taken["name"], taken["dimension"])
    if found != serving.identity:
        raise EmbedderMismatch(
            f"{found.name} ({found.dimension}) has taken this memory over from {serving.identity.name}.",
            hint=f"MEMORY_EMBEDDER={found.name}, or open the memory again",
        )
    return Turn(tx, tenant, taken["revision"], Slot(taken["slot"])), taken["before"]
