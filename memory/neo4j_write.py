"""The writes to Neo4j besides sources: what happens within one transaction, in which order, in batches.

Decides how writers of one answer find out who was first (a mark in the database, never a lock of this process) and
refuses, by rolling back, whatever the port says must not be written. May run again after a lost connection: every
statement merges on a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.bundles import AnswerBundle
from stemma.memory.errors import UnknownItem
from stemma.memory.model import Entity, Scope
from stemma.memory.neo4j_connection import Row, Transaction
from stemma.memory.neo4j_rows import (
    answer_row,
    assert_rows,
    claim_row,
    derivation_row,
    entity_row,
    mention_row,
    use_rows,
)
from stemma.memory.queries import load_queries

BATCH = 500
ERASED = 1_000
"""Things removed in one transaction: a tenant's all at once would not fit into the server's memory."""
_WRITE = load_queries("cypher/write.cypher")


class RefusedWrite(Exception):
    """Rolls a transaction back: somebody else was first. Never leaves the adapter."""


async def write_answer(tx: Transaction, bundle: AnswerBundle, writer: str) -> None:
    """Store an answer with its claims and lineage; `writer` marks this attempt and all its retries.

    Raises `RefusedWrite` when the answer is known, `UnknownItem` when it rests on what its scope cannot see.
    """
    answer = bundle.answer
    scope, own = answer.scope, {"tenant": answer.scope.tenant}
    [lock] = await rows_of(tx, "lock_answer", {**own, "row": answer_row(answer), "writer": writer})
    if not lock["mine"]:
        raise RefusedWrite
    await _refuse_unseen(tx, bundle)
    claims = [claim_row(*pair) for pair in zip(bundle.claims, bundle.vectors, strict=True)]
    await put_batches(tx, "put_claims", own, claims)
    derivations = [derivation_row(derivation, scope.audience) for derivation in bundle.derivations]
    await put_batches(tx, "put_derivations", own, derivations)
    await put_batches(tx, "put_uses", {**own, "id": answer.id}, use_rows(answer))
    await put_batches(tx, "put_asserts", {**own, "id": answer.id}, assert_rows(answer))
    await put_batches(tx, "put_entities", own, _entity_rows(bundle.entities))
    await put_batches(tx, "put_claim_mentions", own, [mention_row(m) for m in bundle.mentions])


async def erase_some(tx: Transaction, scope: Scope) -> int:
    """Remove some of what the scope may erase (at most `ERASED`), relations first; 0 when nothing is left."""
    known = await rows_of(tx, "audiences", {"tenant": scope.tenant})
    within = [row["audience"] for row in known if _within(scope, row["audience"])]
    for name in ("erase_relations", "erase_items"):
        [row] = await rows_of(tx, name, {"tenant": scope.tenant, "audiences": within, "most": ERASED})
        if row["gone"]:
            return int(row["gone"])
    return 0


async def _refuse_unseen(tx: Transaction, bundle: AnswerBundle) -> None:
    answer = bundle.answer
    named = {derivation.antecedent_id for derivation in bundle.derivations}
    named |= {use.item_id for use in answer.used} | set(answer.asserts)
    named -= {claim.id for claim in bundle.claims} | {answer.id}
    audiences = answer.scope.audiences()
    unseen = await rows_of(
        tx, "unseen", {"tenant": answer.scope.tenant, "ids": sorted(named), "audiences": list(audiences)}
    )
    if unseen:
        raise UnknownItem(f"the answer rests on {unseen[0]['id']!r}, which its scope does not hold")


def _entity_rows(entities: Sequence[Entity]) -> list[Row]:
    # In one order everywhere, so that two writers of the same entities wait for each other instead of deadlocking.
    return [entity_row(entity) for entity in sorted(entities, key=lambda entity: entity.id)]


async def put_batches(tx: Transaction, name: str, parameters: Row, rows: Sequence[Row]) -> None:
    """Run a statement of write.cypher over `$rows`, so many at a time."""
    for start in range(0, len(rows), BATCH):
        await tx.run(_WRITE[name], {**parameters, "rows": rows[start : start + BATCH]})


async def rows_of(tx: Transaction, name: str, parameters: Row) -> list[Row]:
    """The rows of a statement of write.cypher."""
    return await (await tx.run(_WRITE[name], parameters)).data()


def _within(scope: Scope, audience: str) -> bool:
    own = scope.audience.split("\x1f")
    return all(mine in ("", part) for mine, part in zip(own, audience.split("\x1f"), strict=True))
