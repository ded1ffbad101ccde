"""What a run learned: an answer and the claims it stated, made into one bundle to store.

Decides the ids of claims and justifications, what a claim's parts are and relate, and that a quarantined claim is kept
but not asserted, with the decision that holds it there. Pure: whether a claim is supported was decided before
(`grounding/`), how it is stored is decided by the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stemma.memory.bundles import AnswerBundle
from stemma.memory.identifiers import answer_id, claim_id, justification_id, retraction_id
from stemma.memory.ingest.entities import entities, entity_id
from stemma.memory.ingest.ports import NamedSpan, Statement
from stemma.memory.ingest.relations import relations
from stemma.memory.ingest.statements import read_statement
from stemma.memory.lineage.model import Retraction, RetractionKind
from stemma.memory.model import FAR_FUTURE, Answer, Claim, Derivation, Entity, Mention, Scope

GROUNDEDNESS_CHECK = "groundedness check"
"""Who puts new claims into quarantine, as their decisions name it."""


class Antecedent(NamedTuple):
    """A passage, claim or answer that a claim was derived from, and the words that support it there."""

    antecedent_id: str
    quote: str
    start: int
    """Characters [start, end) of the quote in the antecedent's text."""
    end: int


@dataclass(frozen=True, slots=True)
class LearnedClaim:
    """One statement of an answer. Its antecedents support it together: they are one justification."""

    text: str
    antecedents: Sequence[Antecedent]
    confidence: float = 1.0
    quarantined: bool = False
    reason: str = ""
    """Why it is in quarantine."""
    extractor: str = ""
    """What derived it: a model's name, or a rule's."""
    step: str = ""
    valid_from: str = ""
    """Since when it holds in the world (ISO 8601, as 2026-03-01 or with a time behind it); empty where nobody says."""
    valid_to: str = FAR_FUTURE
    """Before when it holds."""
    read: Statement | None = None
    """Its parts and what it speaks of, as read where it was quoted from; None where its text says all of it."""


def identified(scope: Scope, answer: Answer) -> Answer:
    """The answer under its scope, with an id from its run and checkpoint where it came without one."""
    made = answer.id or answer_id(scope, answer.run_id or answer.thread_id, answer.checkpoint_id or answer.question)
    return replace(answer, id=made, scope=scope)


def bundle_of(
    answer: Answer,
    learned: Sequence[LearnedClaim],
    vectors: Sequence[Sequence[float]],
    asserts: Sequence[str] = (),
) -> AnswerBundle:
    """The bundle of one answer. `answer` has its id and scope (`identified`); `vectors` has one row for each claim;
    `asserts` are the claims that it states and that are known already.
    """
    claims: dict[str, Claim] = {}
    rows: dict[str, Sequence[float]] = {}
    derivations: list[Derivation] = []
    unnamed: dict[str, NamedSpan] = {}
    for item, vector in zip(learned, vectors, strict=True):
        claim = _claim(answer, item)
        if item.read and item.read.about:
            unnamed.setdefault(claim.id, item.read.about)
        claims.setdefault(claim.id, claim)
        rows.setdefault(claim.id, vector)
        derivations += _derivations(answer, claim.id, item)
    found, mentions = _mentioned(answer.scope, list(claims.values()), unnamed)
    stated = tuple(claim.id for claim in claims.values() if not claim.quarantined)
    return AnswerBundle(
        answer=replace(answer, asserts=tuple(dict.fromkeys((*asserts, *stated)))),
        claims=list(claims.values()),
        vectors=list(rows.values()),
        derivations=derivations,
        entities=found,
        mentions=mentions,
        relations=relations(claims.values(), mentions),
        retractions=[_doubt(claim) for claim in claims.values() if claim.quarantined],
    )


def _claim(answer: Answer, learned: LearnedClaim) -> Claim:
    parts = learned.read or read_statement(learned.text)
    return Claim(
        id=claim_id(answer.scope, learned.text, parts.topic),
        scope=answer.scope,
        text=learned.text,
        recorded_at=answer.recorded_at,
        subject=parts.subject,
        predicate=parts.predicate,
        object=parts.object,
        confidence=learned.confidence,
        quarantined=learned.quarantined,
        reason=learned.reason,
        recallable=not learned.quarantined,
        supported=not learned.quarantined,
        valid_from=learned.valid_from,
        valid_to=learned.valid_to,
    )


def _doubt(claim: Claim) -> Retraction:
    """The decision that keeps a claim in quarantine until a person lifts it."""
    return Retraction(
        id=retraction_id(claim.scope, claim.id, claim.recorded_at.isoformat()),
        scope=claim.scope,
        withdraws=claim.id,
        reason=claim.reason,
        actor=GROUNDEDNESS_CHECK,
        at=claim.recorded_at,
        kind=RetractionKind.QUARANTINE,
    )


def _derivations(answer: Answer, claim: str, learned: LearnedClaim) -> list[Derivation]:
    ids = [item.antecedent_id for item in learned.antecedents]
    if claim in ids:
        return []  # it would only support itself
    justification = justification_id(claim, answer.run_id, learned.step, ids)
    return [
        Derivation(claim, item.antecedent_id, justification, *item[1:], learned.extractor, answer.run_id, learned.step)
        for item in learned.antecedents
    ]


def _mentioned(
    scope: Scope, claims: Sequence[Claim], unnamed: Mapping[str, NamedSpan]
) -> tuple[list[Entity], list[Mention]]:
    found: dict[str, Entity] = {}
    mentions: list[Mention] = []
    for claim in claims:
        things, places = entities(scope, claim.id, "", claim.text)
        if about := unnamed.get(claim.id):
            thing = Entity(entity_id(scope, about.name), scope, about.name)
            found.setdefault(thing.id, thing)
            mentions.append(Mention(claim.id, thing.id, about.start, about.end))
        found |= {thing.id: thing for thing in things}
        mentions += places
    return list(found.values()), mentions
