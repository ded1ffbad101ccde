"""The writes to Neo4j: what happens within one transaction, in which order, in batches.

Decides how writers of one source or one answer find out who was first (a lock in the database, never one of this
process) and refuses, by rolling back, whatever the port says must not be written. May run again after a lost
connection: every statement merges on a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from stemma.memory.errors import UnknownItem
from stemma.memory.model import AnswerBundle, Entity, Scope, SourceBundle
from stemma.memory.neo4j_connection import Row, Transaction
from stemma.memory.neo4j_rows import (
    answer_row,
    assert_rows,
    claim_row,
    derivation_row,
    entity_row,
    head_key,
    mention_row,
    passage_row,
    source_row,
    use_rows,
)
from stemma.memory.queries import load_queries

BATCH = 500
_WRITE = load_queries("cypher/write.cypher")


class RefusedWrite(Exception):
    """Rolls a transaction back: somebody else was first. Never leaves the adapter."""


async def write_source(tx: Transaction, bundle: SourceBundle) -> None:
    """Store one version of a source. Raises `RefusedWrite` when it is known or not the next version."""
    new = bundle.source
    tenant = new.scope.tenant
    passages = [passage_row(*pair) for pair in zip(bundle.passages, bundle.vectors, strict=True)]
    entities = _entity_rows(bundle.entities)
    mentions = [mention_row(mention) for mention in bundle.mentions]
    first = {
        "tenant": tenant,
        "key": head_key(new.scope, new.uri),
        "writer": uuid4().hex,
        "row": source_row(new),
        "old": bundle.replaces or "",
        "passages": passages[:BATCH],
        "entities": entities[:BATCH],
        # A mention needs its passage and its entity: with more than one batch, all mentions come last.
        "mentions": mentions if max(len(passages), len(entities), len(mentions)) <= BATCH else [],
    }
    if not await _rows(tx, "put_source", first):
        raise RefusedWrite
    await _batches(tx, "put_passages", {"tenant": tenant, "source_id": new.id}, passages[BATCH:])
    await _batches(tx, "put_entities", {"tenant": tenant}, entities[BATCH:])
    if not first["mentions"]:
        await _batches(tx, "put_passage_mentions", {"tenant": tenant}, mentions)


async def write_answer(tx: Transaction, bundle: AnswerBundle, writer: str) -> None:
    """Store an answer with its claims and lineage; `writer` marks this attempt and all its retries.

    Raises `RefusedWrite` when the answer is known, `UnknownItem` when it rests on what its scope cannot see.
    """
    answer = bundle.answer
    scope, own = answer.scope, {"tenant": answer.scope.tenant}
    [lock] = await _rows(tx, "lock_answer", {**own, "row": answer_row(answer), "writer": writer})
    if not lock["mine"]:
        raise RefusedWrite
    await _refuse_unseen(tx, bundle)
    claims = [claim_row(*pair) for pair in zip(bundle.claims, bundle.vectors, strict=True)]
    await _batches(tx, "put_claims", own, claims)
    derivations = [derivation_row(derivation, scope.audience) for derivation in bundle.derivations]
    await _batches(tx, "put_derivations", own, derivations)
    await _batches(tx, "put_uses", {**own, "id": answer.id}, use_rows(answer))
    await _batches(tx, "put_asserts", {**own, "id": answer.id}, assert_rows(answer))
    await _batches(tx, "put_entities", own, _entity_rows(bundle.entities))
    await _batches(tx, "put_claim_mentions", own, [mention_row(m) for m in bundle.mentions])


async def erase_audiences(tx: Transaction, scope: Scope) -> None:
    """Remove everything of the tenant whose audience is the scope's own or narrower."""
    known = await _rows(tx, "audiences", {"tenant": scope.tenant})
    gone = [row["audience"] for row in known if _within(scope, row["audience"])]
    for name in ("erase_relations", "erase_items"):
        await tx.run(_WRITE[name], {"tenant": scope.tenant, "audiences": gone})


async def _refuse_unseen(tx: Transaction, bundle: AnswerBundle) -> None:
    answer = bundle.answer
    named = {derivation.antecedent_id for derivation in bundle.derivations}
    named |= {use.item_id for use in answer.used} | set(answer.asserts)
    named -= {claim.id for claim in bundle.claims} | {answer.id}
    audiences = answer.scope.audiences()
    unseen = await _rows(
        tx, "unseen", {"tenant": answer.scope.tenant, "ids": sorted(named), "audiences": list(audiences)}
    )
    if unseen:
        raise UnknownItem(f"the answer rests on {unseen[0]['id']!r}, which its scope does not hold")


def _entity_rows(entities: Sequence[Entity]) -> list[Row]:
    # In one order everywhere, so that two writers of the same entities wait for each other instead of deadlocking.
    return [entity_row(entity) for entity in sorted(entities, key=lambda entity: entity.id)]


async def _batches(tx: Transaction, name: str, parameters: Row, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), BATCH):
        await tx.run(_WRITE[name], {**parameters, "rows": rows[start : start + BATCH]})


async def _rows(tx: Transaction, name: str, parameters: Row) -> list[Row]:
    return await (await tx.run(_WRITE[name], parameters)).data()


def _within(scope: Scope, audience: str) -> bool:
    own = scope.audience.split("\x1f")
    return all(mine in ("", part) for mine, part in zip(own, audience.split("\x1f"), strict=True))
