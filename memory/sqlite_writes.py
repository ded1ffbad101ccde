"""What the SQLite memory writes besides sources, as functions on a connection inside one write transaction.

Decides the order of statements and which index rows go with an item. Which transaction, in which thread, and what an
error means is decided in `sqlite_database.py`; the statements stand in `sql/write.sql`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import apsw

from stemma.memory.admission import admit, named
from stemma.memory.bundles import AnswerBundle, SentenceVectors
from stemma.memory.consolidation.sqlite_showing import promote
from stemma.memory.contradictions.pairs import told_pairs
from stemma.memory.model import Claim, Derivation, Entity, EntityRelation, Node, Passage, Scope
from stemma.memory.queries import load_queries
from stemma.memory.recall.sentence_blob import pack
from stemma.memory.recall.term_counts import Words, words_of
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_embedder import packed
from stemma.memory.sqlite_mentions import add_mentions, places_of
from stemma.memory.sqlite_rows import answer_row, claim_row, entity_row, place_token, retraction_row, written
from stemma.memory.sqlite_support import decide, refresh, unsettled

_READ = load_queries("sql/read.sql")
_WRITE = load_queries("sql/write.sql")
_VECTORS = load_queries("sql/vectors.sql")
_ENTITIES = load_queries("sql/entities.sql")
_TERMS = load_queries("sql/terms.sql")

ERASABLE = (
    *("source", "passage", "entity", "claim", "answer", "retraction", "claim_entity", "relates_to", "derived_from"),
    *("used", "asserts", "supersedes", "contradicts", "search_item", "store_item", "store_vector"),
    *("consolidation", "duplicates", "demotion"),
)
"""Every table with a tenant and an audience."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the indexes keep of a passage or claim; made before the transaction begins."""

    item: Passage | Claim
    title: str
    text: str
    terms: bytes
    embedding: bytes
    sentences: bytes | None = None


def index_entries(
    items: Sequence[Passage | Claim],
    vectors: Sequence[Sequence[float]],
    sentences: Sequence[SentenceVectors] = (),
    words: Sequence[Words] = (),
) -> list[IndexEntry]:
    """One entry for each item, whose words are folded and stemmed here unless they are given: slow, so not under the
    write lock."""
    blobs = [pack(some) if some.spans else None for some in sentences] or [None] * len(items)
    said = words or [words_of(item.title if isinstance(item, Passage) else "", item.text) for item in items]
    return [
        IndexEntry(item, *of_item, packed(row), blob)
        for item, of_item, row, blob in zip(items, said, vectors, blobs, strict=True)
    ]


def raise_revision(connection: apsw.Connection, tenant: str) -> int:
    """The number of this writing transaction of the tenant."""
    ((number,),) = rows(connection, _WRITE["raise_revision"], {"tenant": tenant})
    return int(number)


def add_answer(connection: apsw.Connection, bundle: AnswerBundle, entries: Iterable[IndexEntry]) -> bool:
    """False when the answer is known. Raises what `admit` does; the transaction takes back what was written."""
    answer, tenant = bundle.answer, bundle.answer.scope.tenant
    if not rows(connection, _WRITE["add_answer"], answer_row(answer)):
        return False
    revision = raise_revision(connection, tenant)
    new = add_claims(connection, bundle.claims, places_of(bundle.mentions))
    add_to_indexes(
        connection, [entry for entry in entries if entry.item.id in new and _searched(entry.item)], {tenant: revision}
    )
    for decision in bundle.retractions:
        if decision.withdraws in new:
            connection.execute(_WRITE["add_retraction"], retraction_row(decision))
            decide(connection, tenant, Node.CLAIM, decision.withdraws)
    _admit(connection, bundle)
    fresh = [claim for claim in bundle.claims if claim.id in new]
    add_derivations(connection, answer.scope, bundle.derivations, answer.recorded_at, fresh)
    whose = {"tenant": tenant, "audience": answer.scope.audience}
    for use in answer.used:
        values = {"answer_id": answer.id, "item_id": use.item_id, "rank": use.rank, "score": use.score}
        connection.execute(_WRITE["add_use"], {**whose, **values})
    for ordinal, claim_id in enumerate(answer.asserts):
        values = {"answer_id": answer.id, "claim_id": claim_id, "ordinal": ordinal}
        connection.execute(_WRITE["add_assertion"], {**whose, **values})
    promote(connection, tenant, {*(use.item_id for use in answer.used), *answer.asserts})
    add_entities(connection, bundle.entities)
    told = told_pairs(bundle.claims, bundle.mentions, bundle.entities)
    add_mentions(connection, answer.scope, bundle.mentions, told, {claim.id for claim in bundle.claims} - new)
    add_relations(connection, answer.scope, bundle.relations)
    known = {row.claim_id for row in bundle.derivations} - new
    seeds = [(claim_id, Node.CLAIM) for claim_id in (*new, *unsettled(connection, tenant, known))]
    refresh(connection, tenant, [*seeds, (answer.id, Node.ANSWER)], revision)
    return True


def _searched(item: Passage | Claim) -> bool:
    return isinstance(item, Passage) or item.searched


def add_claims(connection: apsw.Connection, claims: Iterable[Claim], places: Mapping[str, str]) -> set[str]:
    """Store those that are not known yet; their ids. The derived flags are a first guess, to be worked out.

    `places` tells what they mention (`sqlite_mentions.places_of`).
    """
    values = [claim_row(claim, places.get(claim.id, "[]")) for claim in claims]
    return {claim_id for (claim_id,) in connection.executemany(_WRITE["add_claim"], values)}


def add_derivations(
    connection: apsw.Connection,
    scope: Scope,
    derivations: Sequence[Derivation],
    at: datetime,
    fresh: Iterable[Claim],
) -> None:
    """Store what claims rest on; the derivations get the audience of the scope, and are known since `at`.

    `fresh` are the claims that were just stored.
    """
    known = written(at)
    whose = {"tenant": scope.tenant, "audience": scope.audience, "recorded_at": known}
    connection.executemany(
        _WRITE["add_derivation"],
        [
            {**whose, **{name: getattr(row, name) for name in _DERIVATION}, "first": row.start, "last": row.end}
            for row in derivations
        ],
    )
    older = {row.claim_id for row in derivations} - {claim.id for claim in fresh if at <= claim.recorded_at}
    touch(connection, scope.tenant, older, known)


def touch(connection: apsw.Connection, tenant: str, claim_ids: Collection[str], at: str) -> None:
    """Let looks at the past know which of the claims changed after they were recorded; `at` is as it is stored."""
    if claim_ids:
        connection.execute(_WRITE["touch_claims"], {"tenant": tenant, "ids": json.dumps(sorted(claim_ids)), "at": at})


_DERIVATION = ("claim_id", "antecedent_id", "justification", "quote", "extractor", "run_id", "step")


def _admit(connection: apsw.Connection, bundle: AnswerBundle) -> None:
    which = {"tenant": bundle.answer.scope.tenant, "ids": json.dumps(sorted(named(bundle)))}
    admit(bundle, dict(rows(connection, _READ["audiences"], which)))


def add_to_indexes(connection: apsw.Connection, entries: Sequence[IndexEntry], revisions: Mapping[str, int]) -> None:
    """Number the items, stamp them with their tenant's revision, and put them into the indexes of words and vectors."""
    ((first,),) = rows(connection, _WRITE["next_number"])
    items, words, terms, vectors, sentences = [], [], [], [], []
    for number, entry in enumerate(entries, start=first):
        tenant, audience = entry.item.scope.tenant, entry.item.scope.audience
        whose = {"n": number, "tenant": tenant, "audience": audience, "recallable": 1}
        items.append({**whose, "id": entry.item.id, "revision": revisions[tenant]})
        vectors.append({"n": number, "embedding": entry.embedding})
        terms.append({"n": number, "counts": entry.terms})
        words.append({"n": number, "place": place_token(tenant, audience), "title": entry.title, "text": entry.text})
        if entry.sentences is not None:
            sentences.append({"n": number, "vectors": entry.sentences})
    for query, values in (
        (_WRITE["add_search_item"], items),
        (_WRITE["add_words"], words),
        (_TERMS["add_terms"], terms),
        (_VECTORS["add_vector"], vectors),
        (_WRITE["add_sentences"], sentences),
    ):
        connection.executemany(query, values)


def add_entities(connection: apsw.Connection, entities: Iterable[Entity]) -> None:
    """Add what is not known yet."""
    connection.executemany(_WRITE["add_entity"], [entity_row(entity) for entity in entities])


def add_relations(connection: apsw.Connection, scope: Scope, relations: Iterable[EntityRelation]) -> None:
    """Add what the claims of a scope relate, after the claims and the entities."""
    found = [(one.claim_id, one.subject_id, one.predicate, one.object_id) for one in relations]
    whose = {"tenant": scope.tenant, "audience": scope.audience, "audiences": json.dumps(scope.audiences())}
    connection.execute(_ENTITIES["add_relations"], {**whose, "relations": json.dumps(found)})


def erase(connection: apsw.Connection, tenant: str, chosen: Callable[[str], bool]) -> None:
    """Remove every row of the tenant whose audience is chosen, from the indexes too."""
    audiences = [found for (found,) in rows(connection, _WRITE["audiences_of_tenant"], {"tenant": tenant})]
    gone = [audience for audience in audiences if chosen(audience)]
    if not gone:
        return
    which = {"tenant": tenant, "audiences": json.dumps(gone)}
    numbers = [{"n": number} for (number,) in rows(connection, _WRITE["numbers_of_audiences"], which)]
    removals = (
        _WRITE["remove_words"],
        _TERMS["remove_terms"],
        _VECTORS["remove_vector"],
        _WRITE["remove_sentences"],
        _WRITE["remove_next_vector"],
    )
    for query in removals if numbers else ():
        connection.executemany(query, numbers)
    for table in ERASABLE:
        connection.execute(_WRITE["erase_rows"].format(table=table), which)
    connection.execute(_WRITE["raise_erasures"], {"tenant": tenant})
    if numbers:
        connection.execute(_WRITE["merge_words"])
