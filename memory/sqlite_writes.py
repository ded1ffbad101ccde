"""What the SQLite memory writes besides sources, as functions on a connection inside one write transaction.

Decides the order of statements and which index rows go with an item. Which transaction, in which thread, and what an
error means is decided in `sqlite_database.py`; the statements stand in `sql/write.sql`.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import apsw

from stemma.memory.bundles import AnswerBundle
from stemma.memory.errors import EmbedderMismatch, UnknownItem
from stemma.memory.model import Claim, Entity, Mention, Passage, Scope
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_rows import (
    answer_row,
    claim_row,
    entity_row,
    indexed,
    place_token,
)

_READ = load_queries("sql/read.sql")
_WRITE = load_queries("sql/write.sql")

ERASABLE = (
    *("source", "passage", "entity", "claim", "answer", "retraction", "mentions", "relates_to", "derived_from"),
    *("used", "asserts", "supersedes", "contradicts", "withdraws", "search_item"),
)
"""Every table with a tenant and an audience."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the indexes keep of a passage or claim; made before the transaction begins."""

    item: Passage | Claim
    title: str
    text: str
    embedding: bytes


def index_entries(items: Sequence[Passage | Claim], vectors: Sequence[Sequence[float]]) -> list[IndexEntry]:
    """One entry for each item. The items' words are folded and stemmed here: slow, so not under the write lock."""
    return [
        IndexEntry(item, indexed(item.title if isinstance(item, Passage) else ""), indexed(item.text), packed(vector))
        for item, vector in zip(items, vectors, strict=True)
    ]


def packed(vector: Sequence[float]) -> bytes:
    """A vector as sqlite-vec reads it: 32-bit floats."""
    return array("f", vector).tobytes()


def add_answer(connection: apsw.Connection, bundle: AnswerBundle, entries: Iterable[IndexEntry]) -> bool:
    """False when the answer is known. Raises `UnknownItem`; the caller's transaction takes back what was written."""
    answer = bundle.answer
    if not rows(connection, _WRITE["add_answer"], answer_row(answer)):
        return False
    new = [
        entry
        for entry in entries
        if isinstance(entry.item, Claim) and rows(connection, _WRITE["add_claim"], claim_row(entry.item))
    ]
    add_to_indexes(connection, new)
    _refuse_unseen(connection, bundle)
    whose = {"tenant": answer.scope.tenant, "audience": answer.scope.audience}
    for row in bundle.derivations:
        values = {name: getattr(row, name) for name in _DERIVATION}
        connection.execute(_WRITE["add_derivation"], {**whose, **values, "first": row.start, "last": row.end})
    for use in answer.used:
        values = {"answer_id": answer.id, "item_id": use.item_id, "rank": use.rank, "score": use.score}
        connection.execute(_WRITE["add_use"], {**whose, **values})
    for ordinal, claim_id in enumerate(answer.asserts):
        values = {"answer_id": answer.id, "claim_id": claim_id, "ordinal": ordinal}
        connection.execute(_WRITE["add_assertion"], {**whose, **values})
    add_entities(connection, answer.scope, bundle.entities, bundle.mentions)
    return True


_DERIVATION = ("claim_id", "antecedent_id", "justification", "quote", "extractor", "run_id", "step")


def _refuse_unseen(connection: apsw.Connection, bundle: AnswerBundle) -> None:
    named = {row.antecedent_id for row in bundle.derivations}
    named |= {use.item_id for use in bundle.answer.used} | set(bundle.answer.asserts)
    reader = {
        "tenant": bundle.answer.scope.tenant,
        "audiences": json.dumps(bundle.answer.scope.audiences()),
        "ids": json.dumps(sorted(named)),
    }
    seen = {item_id for (item_id,) in rows(connection, _READ["seen"], reader)}
    if unseen := sorted(named - seen):
        raise UnknownItem(f"the answer rests on {unseen[0]!r}, which its scope does not hold")


def add_to_indexes(connection: apsw.Connection, entries: Sequence[IndexEntry]) -> None:
    """Number the items and put them into the word index (only what is recallable) and the vector index."""
    ((first,),) = rows(connection, _WRITE["next_number"])
    items, words, vectors = [], [], []
    for number, entry in enumerate(entries, start=first):
        tenant, audience = entry.item.scope.tenant, entry.item.scope.audience
        whose = {"n": number, "tenant": tenant, "audience": audience}
        items.append({**whose, "id": entry.item.id})
        vectors.append({**whose, "recallable": int(entry.item.recallable), "embedding": entry.embedding})
        if entry.item.recallable:
            place = place_token(tenant, audience)
            words.append({"n": number, "place": place, "title": entry.title, "text": entry.text})
    for query, values in (("add_search_item", items), ("add_words", words), ("add_vector", vectors)):
        connection.executemany(_WRITE[query], values)


def add_entities(
    connection: apsw.Connection, scope: Scope, entities: Iterable[Entity], mentions: Iterable[Mention]
) -> None:
    """Add what is not known yet; the mentions get the audience of the scope."""
    connection.executemany(_WRITE["add_entity"], [entity_row(entity) for entity in entities])
    whose = {"tenant": scope.tenant, "audience": scope.audience}
    places = [
        {
            **whose,
            "item_id": mention.item_id,
            "entity_id": mention.entity_id,
            "first": mention.start,
            "last": mention.end,
        }
        for mention in mentions
    ]
    connection.executemany(_WRITE["add_mention"], places)


def erase(connection: apsw.Connection, tenant: str, chosen: Callable[[str], bool]) -> None:
    """Remove every row of the tenant whose audience is chosen, from the indexes too."""
    audiences = [found for (found,) in rows(connection, _WRITE["audiences_of_tenant"], {"tenant": tenant})]
    which = {"tenant": tenant, "audiences": json.dumps([audience for audience in audiences if chosen(audience)])}
    numbers = rows(connection, _WRITE["numbers_of_audiences"], which)
    for (number,) in numbers:
        connection.execute(_WRITE["remove_words"], {"n": number})
        connection.execute(_WRITE["remove_vector"], {"n": number})
    for table in ERASABLE:
        connection.execute(_WRITE["erase_rows"].format(table=table), which)
    if numbers:
        connection.execute(_WRITE["merge_words"])


def read_embedder(connection: apsw.Connection) -> EmbedderIdentity | None:
    """Who filled the store."""
    found = {
        name: value
        for name in ("embedder", "dimension")
        for (value,) in rows(connection, _WRITE["read_setting"], {"name": name})
    }
    return EmbedderIdentity(found["embedder"], int(found["dimension"])) if found else None


def claim_embedder(connection: apsw.Connection, identity: EmbedderIdentity) -> None:
    """Settle the embedder and make the vector index. Raises `EmbedderMismatch`."""
    known = read_embedder(connection)
    if known is None:
        connection.execute(_WRITE["write_setting"], {"name": "embedder", "value": identity.name})
        connection.execute(_WRITE["write_setting"], {"name": "dimension", "value": str(identity.dimension)})
        connection.execute(_WRITE["make_vectors"].format(dimension=int(identity.dimension)))
    elif known != identity:
        raise EmbedderMismatch(
            f"this memory was filled by the embedder {known.name!r} ({known.dimension} numbers a vector), "
            f"not by {identity.name!r} ({identity.dimension})",
            hint=f"set MEMORY_EMBEDDER={known.name}, or point MEMORY_URL at another memory",
        )
