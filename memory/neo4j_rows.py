"""Values as rows of properties, and back. Pure: nothing of the driver comes in, no record leaves the adapter.

Decides the property names, what the two searches see of an item (`terms`, `reach`), and the keys that writers lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stemma.memory.model import (
    FAR_FUTURE,
    Answer,
    Claim,
    Derivation,
    Entity,
    Mention,
    Node,
    Passage,
    Position,
    Scope,
    Scored,
    Source,
    SourceKind,
    Use,
)
from stemma.memory.text import content_terms

Row = dict[str, Any]
Item = Source | Passage | Entity | Claim | Answer

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
        "added_at": _instant(source.added_at),
        "trust": source.trust,
        "replaced": source.replaced,
        "metadata": json.dumps(dict(source.metadata)),
    }


def passage_row(passage: Passage, vector: Sequence[float]) -> Row:
    scope, title, text = passage.scope, passage.title, passage.text
    return {
        "id": passage.id,
        "audience": scope.audience,
        "source_id": passage.source_id,
        "ordinal": passage.ordinal,
        "title": title,
        "text": text,
        "start": passage.position.start,
        "end": passage.position.end,
        "page": passage.position.page,
        "recallable": passage.recallable,
        "valid_to": FAR_FUTURE,
        "terms": " ".join(content_terms(title) * TITLE_WEIGHT + content_terms(text)),
        "reach": reach(scope.tenant, scope.audience) if passage.recallable else None,
        "embedding": list(vector),
    }


def claim_row(claim: Claim, vector: Sequence[float]) -> Row:
    scope = claim.scope
    return {
        "id": claim.id,
        "audience": scope.audience,
        "text": claim.text,
        "recorded_at": _instant(claim.recorded_at),
        "subject": claim.subject,
        "predicate": claim.predicate,
        "object": claim.object,
        "confidence": claim.confidence,
        "quarantined": claim.quarantined,
        "reason": claim.reason,
        "valid_from": claim.valid_from,
        "valid_to": claim.valid_to,
        "expired_at": claim.expired_at,
        "recallable": claim.recallable,
        "terms": " ".join(content_terms(claim.text)),
        "reach": reach(scope.tenant, scope.audience) if claim.recallable else None,
        "embedding": list(vector),
    }


def entity_row(entity: Entity) -> Row:
    return {
        "id": entity.id,
        "audience": entity.scope.audience,
        "name": entity.name,
        "kind": entity.kind,
        "aliases": list(entity.aliases),
    }


def mention_row(mention: Mention) -> Row:
    return {"item_id": mention.item_id, "entity_id": mention.entity_id, "start": mention.start, "end": mention.end}


def answer_row(answer: Answer) -> Row:
    return {
        "id": answer.id,
        "audience": answer.scope.audience,
        "text": answer.text,
        "run_id": answer.run_id,
        "thread_id": answer.thread_id,
        "checkpoint_id": answer.checkpoint_id,
        "question": answer.question,
        "recorded_at": _instant(answer.recorded_at),
        "model": answer.model,
    }


def derivation_row(derivation: Derivation, audience: str) -> Row:
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
        "values": {**values, "audience": audience},
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


def derivation(row: Mapping[str, Any]) -> Derivation:
    return Derivation(**row)


def scored(row: Row) -> Scored:
    return Scored(row["id"], row["score"], Node(row["kind"]), row["title"] or "")


def source(tenant: str, row: Row) -> Source:
    return Source(
        id=row["id"],
        scope=_scope(tenant, row),
        kind=SourceKind(row["kind"]),
        uri=row["uri"],
        title=row["title"],
        content_hash=row["content_hash"],
        version=row["version"],
        added_at=datetime.fromisoformat(row["added_at"]),
        trust=row["trust"],
        replaced=row["replaced"],
        metadata=json.loads(row["metadata"]),
    )


def passage(tenant: str, row: Row) -> Passage:
    position = Position(row["start"], row["end"], row["page"])
    names = ("id", "source_id", "ordinal", "title", "text", "recallable")
    return Passage(scope=_scope(tenant, row), position=position, **{name: row[name] for name in names})


def claim(tenant: str, row: Row) -> Claim:
    rest = {name: value for name, value in row.items() if name not in ("audience", "recorded_at")}
    return Claim(scope=_scope(tenant, row), recorded_at=datetime.fromisoformat(row["recorded_at"]), **rest)


def entity(tenant: str, row: Row) -> Entity:
    return Entity(row["id"], _scope(tenant, row), row["name"], row["kind"], tuple(row["aliases"]))


def answer(tenant: str, row: Row) -> Answer:
    special = ("audience", "recorded_at", "used", "asserts")
    return Answer(
        scope=_scope(tenant, row),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        used=tuple(Use(**use) for use in row["used"]),
        asserts=tuple(row["asserts"]),
        **{name: value for name, value in row.items() if name not in special},
    )


READERS: dict[Node, tuple[str, Callable[[str, Row], Item]]] = {
    Node.SOURCE: ("sources", source),
    Node.PASSAGE: ("passages", passage),
    Node.ENTITY: ("entities", entity),
    Node.CLAIM: ("claims", claim),
    Node.ANSWER: ("answers", answer),
}
"""Label -> the query of read.cypher that gives its rows by id, and what a row becomes."""


def _scope(tenant: str, row: Row) -> Scope:
    return Scope(tenant, *row["audience"].split("\x1f"))


def _instant(moment: datetime) -> str:
    # One zone and one length, so that the text sorts as time does.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
