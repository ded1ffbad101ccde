"""Rows of the SQLite memory to values and back. Pure; database rows go no further than this.

Decides how times, positions, aliases and metadata are written, and the order of each table's columns, which the
queries' `SELECT` lists follow.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from stemma.memory.lineage.model import Retraction, RetractionKind
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
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

Row = tuple[Any, ...]


def scope_of(tenant: str, audience: str) -> Scope:
    return Scope(tenant, *audience.split("\x1f"))


def place_token(tenant: str, audience: str) -> str:
    """One word of the full-text index that stands for a tenant and audience."""
    return "p" + sha256(f"{tenant}\x1f{audience}".encode()).hexdigest()[:24]


def indexed(text: str) -> str:
    """A text as the full-text index keeps it: its folded, stemmed content words."""
    return " ".join(content_terms(text))


def words_query(scope: Scope, terms: Sequence[str]) -> str:
    """The FTS5 query for any of the terms in what the scope may see; empty when no term has a letter or digit.

    Only folded letters and digits come through `indexed`, and each term is quoted, so nothing in it is query syntax.
    """
    places = " OR ".join(f'"{place_token(scope.tenant, audience)}"' for audience in scope.audiences())
    wanted = " OR ".join(f'"{term}"' for term in dict.fromkeys(indexed(" ".join(terms)).split()))
    return f"place : ({places}) AND {{title text}} : ({wanted})" if wanted else ""


def written(moment: datetime) -> str:
    """A time as text that sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def source_row(source: Source, replaces: str | None) -> dict[str, Any]:
    return {
        "tenant": source.scope.tenant,
        "id": source.id,
        "audience": source.scope.audience,
        "kind": source.kind.value,
        "uri": source.uri,
        "title": source.title,
        "content_hash": source.content_hash,
        "version": source.version,
        "added_at": written(source.added_at),
        "trust": source.trust,
        "replaces": replaces,
        "metadata": json.dumps(dict(source.metadata)),
        "valid_from": source.metadata.get("valid_from", ""),
        "valid_to": source.metadata.get("valid_to", ""),
    }


def read_source(row: Row) -> Source:
    tenant, item_id, audience, kind, uri, title, content, version, added_at, trust, *flags, metadata = row
    supported, withdrawn, quarantined, replaced = map(bool, flags)
    return Source(
        id=item_id,
        scope=scope_of(tenant, audience),
        kind=SourceKind(kind),
        uri=uri,
        title=title,
        content_hash=content,
        version=version,
        added_at=datetime.fromisoformat(added_at),
        trust=trust,
        replaced=replaced,
        supported=supported,
        withdrawn=withdrawn,
        quarantined=quarantined,
        metadata=json.loads(metadata),
    )


def passage_row(passage: Passage, mentions: str) -> dict[str, Any]:
    """`mentions` is what `sqlite_mentions.places_of` says of it."""
    return {
        "tenant": passage.scope.tenant,
        "id": passage.id,
        "audience": passage.scope.audience,
        "source_id": passage.source_id,
        "ordinal": passage.ordinal,
        "title": passage.title,
        "text": passage.text,
        "first": passage.position.start,
        "last": passage.position.end,
        "page": passage.position.page,
        "sheet": passage.position.sheet,
        "mentions": mentions,
    }


def read_passage(row: Row) -> Passage:
    tenant, item_id, audience, source_id, ordinal, title, text, *place, recallable, supported = row
    return Passage(
        id=item_id,
        source_id=source_id,
        scope=scope_of(tenant, audience),
        ordinal=ordinal,
        title=title,
        text=text,
        position=Position(*place),
        recallable=bool(recallable),
        supported=bool(supported),
    )


def entity_row(entity: Entity) -> dict[str, Any]:
    return {
        "tenant": entity.scope.tenant,
        "id": entity.id,
        "audience": entity.scope.audience,
        "name": entity.name,
        "kind": entity.kind,
        "aliases": json.dumps(entity.aliases) if entity.aliases else "[]",
    }


def read_entity(row: Row) -> Entity:
    tenant, item_id, audience, name, kind, aliases = row
    return Entity(item_id, scope_of(tenant, audience), name, kind, tuple(json.loads(aliases)))


def claim_row(claim: Claim, mentions: str) -> dict[str, Any]:
    """`mentions` is what `sqlite_mentions.places_of` says of it."""
    return {
        "tenant": claim.scope.tenant,
        "id": claim.id,
        "audience": claim.scope.audience,
        "text": claim.text,
        "recorded_at": written(claim.recorded_at),
        "subject": claim.subject,
        "predicate": claim.predicate,
        "object": claim.object,
        "confidence": claim.confidence,
        "valid_from": claim.valid_from,
        "valid_to": claim.valid_to,
        "expired_at": claim.expired_at,
        "searched": claim.searched,
        "mentions": mentions,
    }


def read_claim(row: Row) -> Claim:
    tenant, item_id, audience, text, recorded_at, subject, predicate, thing, confidence, reason, *rest = row
    valid_from, valid_to, expired_at, *flags = rest
    quarantined, withdrawn, searched, recallable, supported, stale = map(bool, flags)
    return Claim(
        id=item_id,
        scope=scope_of(tenant, audience),
        text=text,
        recorded_at=datetime.fromisoformat(recorded_at),
        subject=subject,
        predicate=predicate,
        object=thing,
        confidence=confidence,
        quarantined=quarantined,
        reason=reason,
        withdrawn=withdrawn,
        searched=searched,
        valid_from=valid_from,
        valid_to=valid_to,
        expired_at=expired_at,
        recallable=recallable,
        supported=supported,
        stale=stale,
    )


def answer_row(answer: Answer) -> dict[str, Any]:
    return {
        "tenant": answer.scope.tenant,
        "id": answer.id,
        "audience": answer.scope.audience,
        "text": answer.text,
        "run_id": answer.run_id,
        "thread_id": answer.thread_id,
        "checkpoint_id": answer.checkpoint_id,
        "question": answer.question,
        "recorded_at": written(answer.recorded_at),
        "model": answer.model,
    }


def read_answer(row: Row) -> Answer:
    """The last two columns are JSON lists: uses as [item, rank, score], and ids of asserted claims."""
    tenant, item_id, audience, text, run_id, thread_id, checkpoint_id, question, recorded_at, model, *rest = row
    supported, stale, used, said = rest
    return Answer(
        id=item_id,
        scope=scope_of(tenant, audience),
        text=text,
        run_id=run_id,
        thread_id=thread_id,
        checkpoint_id=checkpoint_id,
        question=question,
        recorded_at=datetime.fromisoformat(recorded_at),
        model=model,
        used=tuple(Use(*use) for use in json.loads(used)),
        asserts=tuple(json.loads(said)),
        supported=bool(supported),
        stale=bool(stale),
    )


def read_scored(row: Row) -> Scored:
    """The third column is a passage's title, NULL for a claim."""
    item_id, score, title = row
    return Scored(item_id, score, Node.CLAIM if title is None else Node.PASSAGE, title or "")


def read_derivation(row: Row) -> Derivation:
    return Derivation(*row)


def retraction_row(retraction: Retraction) -> dict[str, Any]:
    return {
        "tenant": retraction.scope.tenant,
        "id": retraction.id,
        "audience": retraction.scope.audience,
        "item_id": retraction.withdraws,
        "reason": retraction.reason,
        "actor": retraction.actor,
        "at": written(retraction.at),
        "kind": retraction.kind.value,
        "lifted_at": retraction.lifted_at and written(retraction.lifted_at),
        "lifted_by": retraction.lifted_by,
        "authority": retraction.authority and retraction.authority.audience,
    }


def read_retraction(row: Row) -> Retraction:
    tenant, item_id, audience, withdraws, reason, actor, at, kind, lifted_at, lifted_by, authority = row
    return Retraction(
        id=item_id,
        scope=scope_of(tenant, audience),
        withdraws=withdraws,
        reason=reason,
        actor=actor,
        at=datetime.fromisoformat(at),
        kind=RetractionKind(kind),
        lifted_at=datetime.fromisoformat(lifted_at) if lifted_at else None,
        lifted_by=lifted_by,
        authority=None if authority is None else scope_of(tenant, authority),
    )
