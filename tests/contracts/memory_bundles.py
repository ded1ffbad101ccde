"""Sources, answers and vectors that the memory contract is tested with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.lineage.model import Retraction, RetractionKind
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    Mention,
    Passage,
    Position,
    Scope,
    Source,
    SourceKind,
    Use,
)
from stemma.memory.ports import EmbedderIdentity, MemoryGraph

IDENTITY = EmbedderIdentity("contract", 8)
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)

HOSTILE = (
    "tenant:x OR *",
    '"',
    'a" OR "b',
    "*",
    "NEAR(a b)",
    "title:secret",
    "-secret",
    "{secret}",
    "^secret",
    "secret~2",
    "[a TO z]",
    "AND",
    "OR",
    "NOT",
    "\\",
    "\x00",
    "sec\x00ret",
    "'; DROP TABLE passage; --",
    "}) MATCH (n) DETACH DELETE n //",
    '+ - && || ! ( ) { } [ ] ^ " ~ * ? : \\ /',
    "%",
    "_",
    "",
    " ",
    "é",
    "secret" * 400,
)
"""Texts and terms that somebody may send to break out of a query."""


def new_scope(user: str = "", agent: str = "", thread: str = "") -> Scope:
    """A scope in a tenant that no other check has used."""
    return Scope(f"tenant-{uuid4().hex}", user, agent, thread)


def identifier(*parts: object) -> str:
    return hashlib.sha256("\x1e".join(map(str, parts)).encode()).hexdigest()[:32]


def vector(seed: str) -> list[float]:
    """A unit vector that depends on nothing but the seed."""
    raw = [byte / 255 - 0.5 for byte in hashlib.sha256(seed.encode()).digest()[: IDENTITY.dimension]]
    return unit(raw)


def unit(raw: Sequence[float]) -> list[float]:
    length = sum(x * x for x in raw) ** 0.5
    return [x / length for x in raw]


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def source_bundle(
    scope: Scope,
    uri: str,
    texts: Sequence[str],
    *,
    title: str = "",
    version: int = 1,
    replaces: str | None = None,
    vectors: Sequence[Sequence[float]] | None = None,
    entities: Sequence[str] = (),
) -> SourceBundle:
    """One version of a source with a passage for each text; every passage mentions every entity."""
    content = identifier(title, *texts)
    source_id = identifier("source", scope.tenant, scope.audience, uri, version, content)
    source = Source(
        id=source_id,
        scope=scope,
        kind=SourceKind.DOCUMENT,
        uri=uri,
        title=title,
        content_hash=content,
        version=version,
        added_at=START + timedelta(minutes=version),
        trust=0.5,
        metadata={"id": f"row of {uri}", "language": "en"},
    )
    passages = [
        Passage(identifier(source_id, n), source_id, scope, n, title, text, Position(10 * n, 10 * n + len(text), n + 1))
        for n, text in enumerate(texts)
    ]
    things = [Entity(identifier("entity", scope, name), scope, name, "place", (f"the {name}",)) for name in entities]
    mentions = [Mention(p.id, e.id, 0, len(e.name)) for p in passages for e in things]
    rows = vectors if vectors is not None else [vector(text) for text in texts]
    return SourceBundle(source, passages, rows, things, mentions, replaces)


def make_claim(scope: Scope, text: str, *, quarantined: bool = False) -> Claim:
    return Claim(
        id=identifier("claim", scope.tenant, scope.audience, text),
        scope=scope,
        text=text,
        recorded_at=START + timedelta(hours=1),
        subject="carrier",
        predicate="delays",
        object="cargo",
        confidence=0.75,
        quarantined=quarantined,
        reason="not in its evidence" if quarantined else "",
        recallable=not quarantined,
        supported=not quarantined,
    )


def decision(scope: Scope, item_id: str, *, at: int = 1, reason: str = "false", quarantine: bool = False) -> Retraction:
    """A decision about an item, `at` minutes into the day that decisions are made on."""
    kind = RetractionKind.QUARANTINE if quarantine else RetractionKind.WITHDRAWAL
    when = START + timedelta(days=1, minutes=at)
    return Retraction(identifier("decision", scope, item_id, at, kind), scope, item_id, reason, "ann@desk", when, kind)


def answer_bundle(
    scope: Scope, name: str, claims: Sequence[Claim], antecedents: Sequence[str], *, used: Sequence[str] | None = None
) -> AnswerBundle:
    """An answer that asserts the claims, each derived from all the antecedents together; quarantined ones are not."""
    answer = Answer(
        id=identifier("answer", scope, name),
        scope=scope,
        text=f"Answer {name}",
        run_id=f"run-{name}",
        thread_id="thread-1",
        checkpoint_id="checkpoint-1",
        question=f"Question {name}?",
        recorded_at=START + timedelta(hours=1),
        model="extractive:",
        used=tuple(Use(item, n + 1, 1.0 / (n + 1)) for n, item in enumerate(antecedents if used is None else used)),
        asserts=tuple(claim.id for claim in claims if not claim.quarantined),
    )
    derivations = [
        Derivation(claim.id, item, f"j-{name}", "quoted words", 3, 15, "contract", answer.run_id, "learn")
        for claim in claims
        for item in antecedents
    ]
    doubts = [
        decision(claim.scope, claim.id, reason=claim.reason, quarantine=True) for claim in claims if claim.quarantined
    ]
    return AnswerBundle(answer, claims, [vector(claim.text) for claim in claims], derivations, retractions=doubts)


async def put(graph: MemoryGraph, *bundles: SourceBundle) -> None:
    await graph.claim_embedder(IDENTITY)
    assert await graph.put_sources(bundles) == [True] * len(bundles)


async def stored(graph: MemoryGraph, bundle: SourceBundle) -> bool:
    """Write one source; whether it was taken."""
    (taken,) = await graph.put_sources([bundle])
    return taken


async def newest(graph: MemoryGraph, scope: Scope, uri: str) -> Source | None:
    """The current version of one source."""
    return (await graph.current_sources(scope, [uri])).get(uri)


async def found_by_text(graph: MemoryGraph, scope: Scope, *terms: str, k: int = 50) -> list[str]:
    return [hit.id for hit in await graph.search_text(scope, terms, k)]


async def found_by_vector(graph: MemoryGraph, scope: Scope, query: Sequence[float], k: int = 50) -> list[str]:
    return [hit.id for hit in await graph.search_vector(scope, query, k)]
