"""One source with many descendants, written through the port: what a retraction has to find and flag.

Of n descendants a tenth are passages, a tenth answers, the rest claims that are searched. The claims of an answer stand
in a fan over one passage and in a chain over a claim of an earlier answer, so that there are many levels. Beside them
stand claims that also rest on a second source and stay, and passages that have nothing to do with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.identifiers import answer_id, claim_id, content_hash, justification_id, passage_id, source_id
from stemma.memory.model import Answer, Claim, Derivation, Passage, Position, Scope, Source, SourceKind, Use
from stemma.memory.ports import EmbedderIdentity, MemoryGraph

IDENTITY = EmbedderIdentity("bench", 384)
CLAIMS = 8
"""Claims of one answer."""
KEPT = 20
"""Every so many answers state one claim more, which also rests on the second source."""
LEVELS = 6
"""So many answers follow one another in a chain, before one begins anew at a passage."""
BESIDE = 1_000
"""Passages that have nothing to do with the root."""
BATCH = 250
"""Answers written in one transaction."""
WORDS = ("harbour", "cargo", "carrier", "strike", "customs", "invoice", "copper", "zinc", "winter", "pilot", "tariff")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Family:
    """What was built."""

    scope: Scope
    root: str
    """Id of the source that all of it rests on."""
    size: int
    """Descendants that go out with the root, the root not counted."""


async def build(graph: MemoryGraph, size: int, seed: int = 7) -> Family:
    """Write a root with `size` descendants (at least 20), in a tenant of its own."""
    await graph.claim_embedder(IDENTITY)
    family = _Writer(Scope(f"family-{size}"), seed)
    root, second = family.source("root", max(size // 10, 1)), family.source("second", 1)
    await graph.put_sources([root, second, family.source("beside", BESIDE)])
    grounds = [passage.id for passage in root.passages]
    answers = _answers(family, grounds, second.passages[0].id, size - len(grounds))
    while some := list(islice(answers, BATCH)):
        await graph.put_answers(some)
    return Family(family.scope, root.source.id, size)


def _answers(family: _Writer, grounds: Sequence[str], second: str, left: int) -> Iterator[AnswerBundle]:
    number, below = 0, grounds[0]
    while left > 0:
        ground = grounds[number % len(grounds)]
        bundle = family.answer(f"{number}", min(CLAIMS, left - 1), ground, below)
        yield bundle
        left -= len(bundle.claims) + 1
        if number % KEPT == 0:
            yield family.kept(f"kept {number}", ground, second)
        if bundle.claims:
            below = bundle.claims[-1].id if number % LEVELS else ground
        number += 1


class _Writer:
    """Makes the bundles of one family."""

    def __init__(self, scope: Scope, seed: int) -> None:
        self.scope = scope
        self._chance = random.Random(seed)
        self._directions = np.random.default_rng(seed)
        self._moment = START

    def source(self, name: str, passages: int) -> SourceBundle:
        texts = [self._text(f"{name} {number}") for number in range(passages)]
        content = content_hash(name, "".join(texts))
        source = Source(
            id=source_id(self.scope, name, 1, content),
            scope=self.scope,
            kind=SourceKind.DOCUMENT,
            uri=name,
            title=name,
            content_hash=content,
            version=1,
            added_at=START,
        )
        pieces = [
            Passage(passage_id(source.id, n), source.id, self.scope, n, name, text, Position(0, len(text)))
            for n, text in enumerate(texts)
        ]
        return SourceBundle(source, pieces, [self._vector() for _ in pieces])

    def answer(self, name: str, count: int, ground: str, below: str) -> AnswerBundle:
        """Half of the claims rest on the passage, the others on one another, the first of them on `below`."""
        claims = [self._claim(f"{name} claim {n}") for n in range(count)]
        rests_on = [ground] * (count - count // 2) + [below, *(claim.id for claim in claims[count - count // 2 :])]
        derivations = [_derivation(claim.id, one, name) for claim, one in zip(claims, rests_on, strict=False)]
        return AnswerBundle(self._answer(name, claims, ground), claims, [self._vector() for _ in claims], derivations)

    def kept(self, name: str, ground: str, other: str) -> AnswerBundle:
        """A claim with two justifications, stated by an answer that used the other one only."""
        claim = self._claim(name)
        derivations = [_derivation(claim.id, one, f"{name} {one}") for one in (ground, other)]
        return AnswerBundle(self._answer(name, [claim], other), [claim], [self._vector()], derivations)

    def _claim(self, name: str) -> Claim:
        text = self._text(name)
        return Claim(id=claim_id(self.scope, text), scope=self.scope, text=text, recorded_at=self._moment)

    def _answer(self, name: str, claims: Sequence[Claim], used: str) -> Answer:
        self._moment += timedelta(seconds=1)
        return Answer(
            id=answer_id(self.scope, name, "learn"),
            scope=self.scope,
            text=self._text(name),
            run_id=name,
            thread_id=name,
            checkpoint_id=name,
            question=name,
            recorded_at=self._moment,
            used=(Use(used, 1, 1.0),),
            asserts=tuple(claim.id for claim in claims),
        )

    def _text(self, name: str) -> str:
        return f"{name}: " + " ".join(self._chance.choices(WORDS, k=20))

    def _vector(self) -> list[float]:
        raw = self._directions.standard_normal(IDENTITY.dimension)
        row: list[float] = (raw / np.linalg.norm(raw)).tolist()
        return row


def _derivation(claim: str, antecedent: str, run: str) -> Derivation:
    justification = justification_id(claim, run, "learn", [antecedent])
    return Derivation(claim, antecedent, justification, "quoted words", 0, 12, "bench", run, "learn")
