"""Values as rows of properties. Pure: nothing of the driver comes in. The way back is `neo4j_values.py`.

Decides the property names, what the full-text search sees of an item (`terms`, `reach`), and the keys of sources and
derivations. Derived flags are not written from here: they are the queries' and `neo4j_flags.py`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from stemma.memory.lineage.model import Retraction
from stemma.memory.model import (
    FAR_FUTURE,
    Answer,
    Claim,
    Derivation,
    Entity,
    EntityRelation,
    Mention,
    Passage,
    Scope,
    Source,
)
from stemma.memory.recall.term_counts import Words
from stemma.memory.text import content_terms

Row = dict[str, Any]

TITLE_WEIGHT = 3
"""How often the title's terms stand before the text's."""
MOST_TERMS = 256
"""So many different terms of one question are searched; Lucene takes 1,024 clauses."""


def key(*parts: object) -> str:
    """A fixed-size name for any parts: an index key must not grow with a uri."""
    return hashlib.sha256("\x1e".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def head_key(scope: Scope, uri: str) -> str:
    """Names the place of a source's versions within its tenant."""
    return key(scope.audience, uri)


@lru_cache(maxsize=64)  # what is written together has few scopes
def reach(tenant: str, audience: str) -> str:
    """Tenant and audience as one word of the full-text index."""
    return key("reach", tenant, audience)


def text_query(scope: Scope, terms: Sequence[str]) -> str:
    """The full-text query for any of the terms, empty when no term carries meaning.

    `content_terms` leaves letters and digits only, and the quotes keep each a single term: nothing can be syntax.
    """
    wanted = list(dict.fromkeys(content_terms(" ".join(terms))))[:MOST_TERMS]
    if not wanted:
        return ""
    allowed = " ".join(reach(scope.tenant, audience) for audience in scope.audiences())
    quoted = " ".join(f'"{term}"' for term in wanted)
    return f"+reach:({allowed})^0 +terms:({quoted})"


def source_row(source: Source) -> Row:
    return {
        "id": source.id,
        "audience": source.scope.audience,
        "kind": source.kind.value,
        "uri": source.uri,
        "title": source.title,
        "content_hash": source.content_hash,
        "version": source.version,
        "added_at": instant(source.added_at),
        "trust": source.trust,
        "metadata": json.dumps(dict(source.metadata)),
        **held(source.metadata),
    }


def held(stated: Mapping[str, Any]) -> Row:
    """When something holds, only where it is stated: so the indexes of these have few entries."""
    valid_to = stated.get("valid_to") or FAR_FUTURE
    return {"holds_from": stated.get("valid_from") or None, "holds_to": valid_to if valid_to < FAR_FUTURE else None}


def passage_row(passage: Passage) -> Row:
    """Properties; words and vectors are those of its entry."""
    return {
        "id": passage.id,
        "audience": passage.scope.audience,
        "source_id": passage.source_id,
        "ordinal": passage.ordinal,
        "title": passage.title,
        "text": passage.text,
        "start": passage.position.start,
        "end": passage.position.end,
        "page": passage.position.page,
        "sheet": passage.position.sheet,
        "valid_to": FAR_FUTURE,
    }


def passage_words(scope: Scope, words: Words) -> Row:
    """What the full-text search sees of a passage."""
    return _words(scope, filter(None, (*[words.title] * TITLE_WEIGHT, words.text)))


def claim_row(claim: Claim, vector: Sequence[float] | None) -> Row:
    """Properties, and apart from them those of the entry; a claim that is not searched has none."""
    scope = claim.scope
    values = {
        "id": claim.id,
        "audience": scope.audience,
        "text": claim.text,
        "recorded_at": instant(claim.recorded_at),
        "subject": claim.subject,
        "predicate": claim.predicate,
        "object": claim.object,
        "confidence": claim.confidence,
        "searched": claim.searched,
        "valid_from": claim.valid_from,
        "valid_to": claim.valid_to,
        "expired_at": claim.expired_at,
        **held({"valid_from": claim.valid_from, "valid_to": claim.valid_to}),
    }
    if not claim.searched or vector is None:
        return {"values": values, "vector": None}
    return {"values": values, "words": _words(scope, content_terms(claim.text)), "vector": list(vector)}


def _words(scope: Scope, terms: Iterable[str]) -> Row:
    """What the full-text search sees."""
    return {"terms": " ".join(terms), "reach": reach(scope.tenant, scope.audience)}


def entity_row(entity: Entity) -> Row:
    """`aliased` is the audience of those that have aliases: few do, and only those are looked through for one."""
    audience = entity.scope.audience
    return {
        "id": entity.id,
        "audience": audience,
        "name": entity.name,
        "kind": entity.kind,
        "aliases": list(entity.aliases),
        "aliased": audience if entity.aliases else None,
    }


def mention_row(mention: Mention) -> Row:
    return {"item_id": mention.item_id, "entity_id": mention.entity_id, "start": mention.start, "end": mention.end}


def relation_rows(scope: Scope, relations: Iterable[EntityRelation]) -> list[Row]:
    audience, audiences = scope.audience, list(scope.audiences())
    return [
        {
            "subject_id": relation.subject_id,
            "predicate": relation.predicate,
            "object_id": relation.object_id,
            "claim_id": relation.claim_id,
            "audience": audience,
            "audiences": audiences,
        }
        for relation in relations
    ]


def answer_row(answer: Answer) -> Row:
    return {
        "id": answer.id,
        "audience": answer.scope.audience,
        "text": answer.text,
        "run_id": answer.run_id,
        "thread_id": answer.thread_id,
        "checkpoint_id": answer.checkpoint_id,
        "question": answer.question,
        "recorded_at": instant(answer.recorded_at),
        "model": answer.model,
    }


def derivation_row(derivation: Derivation, audience: str, at: datetime) -> Row:
    """`at` is since when it is known: what was stored first stays, so it does not name the derivation."""
    values = {
        "justification": derivation.justification,
        "quote": derivation.quote,
        "start": derivation.start,
        "end": derivation.end,
        "extractor": derivation.extractor,
        "run_id": derivation.run_id,
        "step": derivation.step,
    }
    return {
        "claim_id": derivation.claim_id,
        "antecedent_id": derivation.antecedent_id,
        "key": key(*values.values()),
        "values": {**values, "audience": audience, "recorded_at": instant(at)},
    }


def use_rows(answer: Answer) -> list[Row]:
    audience = answer.scope.audience
    return [
        {"item_id": u.item_id, "values": {"rank": u.rank, "score": u.score, "ordinal": n, "audience": audience}}
        for n, u in enumerate(answer.used)
    ]


def assert_rows(answer: Answer) -> list[Row]:
    audience = answer.scope.audience
    return [{"item_id": item, "values": {"ordinal": n, "audience": audience}} for n, item in enumerate(answer.asserts)]


def retraction_row(retraction: Retraction) -> Row:
    """Properties apart from the audience, which is that of the item."""
    return {
        "id": retraction.id,
        "withdraws": retraction.withdraws,
        "reason": retraction.reason,
        "actor": retraction.actor,
        "at": instant(retraction.at),
        "kind": retraction.kind.value,
        "lifted_at": instant(retraction.lifted_at) if retraction.lifted_at else None,
        "lifted_by": retraction.lifted_by,
        "authority": retraction.authority.audience if retraction.authority else None,
    }


@lru_cache(maxsize=64)  # what is written together has few times
def instant(moment: datetime) -> str:
    """A time as text that sorts as time does."""
    # One zone and one length, so that the text sorts as time does.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
