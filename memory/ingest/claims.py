"""Statements found in passages, made into claims with their lineage. Pure.

Decides identity, confidence and evidence of what was extracted, whoever extracted it: a quote that does not stand in
its passage word for word, or that does not bear out a statement put in other words, is dropped and counted. It refuses
to believe an extractor's offsets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stemma.memory.grounding.check import check
from stemma.memory.identifiers import claim_id, justification_id
from stemma.memory.ingest.entities import entities, entity_id
from stemma.memory.ingest.ports import Extraction, NamedSpan, Statement
from stemma.memory.ingest.relations import relations
from stemma.memory.model import Claim, Derivation, Entity, EntityRelation, Mention, Passage, Source

READING = 0.9
"""What is left of the trust in a source in a statement that was read from it: a sentence out of its place may say less
than it did there. Every further step from claim to claim takes as much (`learning.py`)."""


@dataclass(slots=True)
class ExtractedClaims:
    """What one source's statements come to."""

    claims: dict[str, Claim] = field(default_factory=dict)
    """By id: a statement that stands in two passages is one claim."""
    derivations: dict[tuple[str, str], Derivation] = field(default_factory=dict)
    """By claim and passage: each passage is a justification of its own."""
    entities: dict[str, Entity] = field(default_factory=dict)
    """Only those that the passages themselves do not mention."""
    mentions: list[Mention] = field(default_factory=list)
    relations: list[EntityRelation] = field(default_factory=list)
    dropped: int = 0


def claims_of(
    source: Source,
    passages: Sequence[Passage],
    extractions: Sequence[Extraction],
    mentions: Iterable[Mention],
    extractor: str,
) -> ExtractedClaims:
    """The claims of one source version. `extractions` has one entry for each passage; `mentions` are the passages'."""
    made = ExtractedClaims(dropped=sum(extraction.dropped for extraction in extractions))
    named: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        named[mention.item_id].append(mention)
    for passage, extraction in zip(passages, extractions, strict=True):
        for statement in extraction.statements:
            _add(made, source, passage, statement, named[passage.id], extractor)
    made.relations = relations(made.claims.values(), made.mentions)
    return made


def _add(
    made: ExtractedClaims,
    source: Source,
    passage: Passage,
    statement: Statement,
    named: Sequence[Mention],
    extractor: str,
) -> None:
    start = _place(passage.text, statement)
    if start < 0 or not _borne_out(statement, passage.title):
        made.dropped += 1
        return
    claim = _claim(source, statement)
    end = start + len(statement.quote)
    if claim.id not in made.claims:
        made.claims[claim.id] = claim
        if statement.about is not None:
            _mention_unnamed(made, claim, statement.about, named)
        _mention(made, claim, start if claim.text == statement.quote else None, end, named)
    justification = justification_id(claim.id, "", extractor, [passage.id])
    row = Derivation(claim.id, passage.id, justification, statement.quote, start, end, extractor)
    made.derivations.setdefault((claim.id, passage.id), row)


def _place(text: str, statement: Statement) -> int:
    """Where the quote stands; -1 where it does not."""
    if not statement.quote.strip() or not statement.text.strip():
        return -1
    return statement.start if text.startswith(statement.quote, statement.start) else text.find(statement.quote)


def _borne_out(statement: Statement, title: str) -> bool:
    if statement.text == statement.quote:
        return True
    return check(statement.text, [statement.quote], question=title).supported


def _claim(source: Source, statement: Statement) -> Claim:
    return Claim(
        id=claim_id(source.scope, statement.text, statement.topic),
        scope=source.scope,
        text=statement.text,
        recorded_at=source.added_at,
        subject=statement.subject,
        predicate=statement.predicate,
        object=statement.object,
        confidence=READING * source.trust,
        searched=False,
    )


def _mention(made: ExtractedClaims, claim: Claim, start: int | None, end: int, named: Sequence[Mention]) -> None:
    """A claim in the passage's own words mentions what the passage mentions there."""
    if start is None:
        things, places = entities(claim.scope, claim.id, "", claim.text)
        made.entities |= {thing.id: thing for thing in things}
        made.mentions += places
        return
    made.mentions += [
        Mention(claim.id, mention.entity_id, mention.start - start, mention.end - start)
        for mention in named
        if start <= mention.start and mention.end <= end
    ]


def _mention_unnamed(made: ExtractedClaims, claim: Claim, about: NamedSpan, named: Sequence[Mention]) -> None:
    """A claim mentions what it speaks of, at the words that stand for it."""
    key = entity_id(claim.scope, about.name)
    if all(mention.entity_id != key for mention in named):
        made.entities.setdefault(key, Entity(key, claim.scope, about.name))
    made.mentions.append(Mention(claim.id, key, about.start, about.end))
