"""What an answer states, linked to what memory knows already: the guards against memory eating its own output.

Decides which sentences become claims, which only assert a claim that is there, and how much confidence a new one may
have. It refuses to let a statement support itself, under whatever id and spelling, and to let a sentence that says
again what was recalled become a second copy or a better believed one. What is known is read once; `linked` is pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from stemma.memory.grounding.check import check
from stemma.memory.identifiers import claim_id, statement_key
from stemma.memory.ingest.claims import READING
from stemma.memory.ingest.ports import Statement
from stemma.memory.ingest.statements import read_in_place
from stemma.memory.ingest.subjects import needs_subject
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.model import Answer, Claim, Passage, Scope, Source
from stemma.memory.ports import MemoryGraph

_HEARSAY = 0.5
"""What is believed of an answer as such: it is no evidence of its own."""


@dataclass(frozen=True, slots=True)
class Known:
    """What memory holds about the statements of one answer and about what they were derived from."""

    claims: Mapping[str, Claim] = field(default_factory=dict)
    """By id: the same statements in the answer's scope and in wider ones, and the claims among the antecedents."""
    justifications: Mapping[str, Sequence[AbstractSet[str]]] = field(default_factory=dict)
    """For the claims of wider scopes: the sets of antecedents that support each."""
    trust: Mapping[str, float] = field(default_factory=dict)
    """For the passages among the antecedents: the trust in their source."""
    read: Mapping[int, Statement] = field(default_factory=dict)
    """By place among the sentences: those that do not name what they speak of, as they are read where they stand."""
    earlier: Mapping[Antecedent, Sequence[Antecedent]] = field(default_factory=dict)
    """Where an earlier version of the cited document says the same, word for word and under the same heading."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What is left to store, and the claims that the answer states without storing them."""

    new: Sequence[LearnedClaim]
    asserts: Sequence[str]


async def known_statements(graph: MemoryGraph, answer: Answer, learned: Sequence[LearnedClaim]) -> Known:
    """Look up what `linked` needs, as far as the answer's scope may see it."""
    if not learned:
        return Known()
    scope = answer.scope
    antecedents = {antecedent.antecedent_id for claim in learned for antecedent in claim.antecedents}
    passages = await graph.passages(scope, sorted(antecedents))
    read = _read(answer, learned, {passage.id: passage for passage in passages})
    same = {name for n, claim in enumerate(learned) for name in _names(scope, claim.text, read.get(n))}
    claims = {claim.id: claim for claim in await graph.claims(scope, sorted(antecedents | same))}
    sources = {source.id: source for source in await graph.sources(scope, sorted({p.source_id for p in passages}))}
    wider = sorted(name for name in same & claims.keys() if claims[name].scope != scope)
    sets: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in await graph.derivations(scope, wider) if wider else ():
        sets[row.claim_id][row.justification].add(row.antecedent_id)
    return Known(
        claims=claims,
        read=read,
        justifications={name: list(found.values()) for name, found in sets.items()},
        trust={p.id: sources[p.source_id].trust for p in passages if p.source_id in sources},
        earlier=await _earlier(graph, scope, learned, [p for p in passages if _is_revised(sources.get(p.source_id))]),
    )


def _read(answer: Answer, learned: Sequence[LearnedClaim], passages: Mapping[str, Passage]) -> dict[int, Statement]:
    """The sentences that leave their subject to what stands before them: there it is looked for."""
    return {
        n: _read_where_it_stands(answer, claim, passages)
        for n, claim in enumerate(learned)
        if needs_subject(claim.text)
    }


def _read_where_it_stands(answer: Answer, claim: LearnedClaim, passages: Mapping[str, Passage]) -> Statement:
    """In the passage that it quotes; in the answer when it is in the answer's own words."""
    cited = [(each, passages[each.antecedent_id]) for each in claim.antecedents if each.antecedent_id in passages]
    key = statement_key(claim.text)
    for each, passage in cited:
        if statement_key(each.quote) == key:
            return read_in_place(claim.text, passage.title, passage.text, each.start)
    title = cited[0][1].title if cited else answer.question
    return read_in_place(claim.text, title, answer.text, answer.text.find(claim.text))


def _is_revised(source: Source | None) -> bool:
    return source is not None and source.version > 1


async def _earlier(
    graph: MemoryGraph, scope: Scope, learned: Sequence[LearnedClaim], revised: Sequence[Passage]
) -> dict[Antecedent, list[Antecedent]]:
    """For quotes of revised documents: the same quotes in earlier versions."""
    passages = {passage.id: passage for passage in revised}
    quoted = {each for claim in learned for each in claim.antecedents if each.antecedent_id in passages and each.quote}
    if not quoted:
        return {}
    pairs = sorted({(passages[each.antecedent_id].source_id, each.quote) for each in quoted})
    before = await graph.earlier_passages(scope, pairs)
    return {
        each: [
            Antecedent(old.id, each.quote, start, start + len(each.quote))
            for old in before
            if old.title == passages[each.antecedent_id].title and (start := old.text.find(each.quote)) >= 0
        ]
        for each in quoted
    }


def linked(answer: Answer, learned: Sequence[LearnedClaim], known: Known) -> Linked:
    """Sort an answer's sentences.

    A sentence is left out of `new` and its known claim asserted instead when it says again what it was derived from,
    or when a wider scope's claim says it for the same reasons, or has been taken back. What it cites besides becomes a
    justification of that claim only in the answer's own scope, and only when it bears the sentence out by itself. A
    sentence that failed the check says nothing against, and nothing for, a claim that is known.

    Confidence = the given one * `READING` * the smallest trust or confidence among the antecedents, so that a chain of
    statements only ever loses. A claim that exists keeps the one it was first written with.
    """
    new: list[LearnedClaim] = []
    asserts: dict[str, None] = {}
    kept = {statement_key(claim.text) for claim in learned if not claim.quarantined}
    for n, sentence in enumerate(learned):
        claim = replace(sentence, read=known.read.get(n, sentence.read))
        same = [known.claims[name] for name in _names(answer.scope, claim.text, claim.read) if name in known.claims]
        if claim.quarantined:
            if not same and statement_key(claim.text) not in kept:
                new.append(replace(claim, confidence=_confidence(claim, known)))
            continue
        repeated = _repeated(claim, known)
        fresh = _without(claim, repeated, answer.question)
        stated = repeated or [wide.id for wide in same if wide.scope != answer.scope and _says_it(wide, claim, known)]
        asserts |= dict.fromkeys(stated)
        own = _names(answer.scope, claim.text, claim.read)[-1]
        if fresh is not None and (not stated or own in stated):
            sure = replace(fresh, confidence=_confidence(fresh, known))
            new += [sure, *_said_before(sure, known)]
    return Linked(new, list(asserts))


def _names(scope: Scope, text: str, read: Statement | None) -> list[str]:
    """The ids that a statement has in the scope itself and in every wider one, widest first."""
    topic = read.topic if read else ""
    return [claim_id(Scope(scope.tenant, *audience.split("\x1f")), text, topic) for audience in scope.audiences()]


def _repeated(claim: LearnedClaim, known: Known) -> list[str]:
    """The antecedents that are this very statement."""
    key = statement_key(claim.text)
    cited = (known.claims.get(antecedent.antecedent_id) for antecedent in claim.antecedents)
    return [item.id for item in cited if item is not None and statement_key(item.text) == key]


def _without(claim: LearnedClaim, repeated: Sequence[str], question: str) -> LearnedClaim | None:
    """The claim without itself among its antecedents; None when the others do not bear it out alone."""
    if not repeated:
        return claim
    others = tuple(antecedent for antecedent in claim.antecedents if antecedent.antecedent_id not in repeated)
    if not others or not check(claim.text, [other.quote for other in others], question=question).supported:
        return None
    return replace(claim, antecedents=others)


def _said_before(claim: LearnedClaim, known: Known) -> list[LearnedClaim]:
    """The same statement for another reason: what it quotes stood in an earlier version of the document already.

    Only of statements that rest on one quote. Otherwise a revision that turns out false would take with it what it left
    as it was.
    """
    if len(claim.antecedents) != 1:
        return []
    return [replace(claim, antecedents=(old,)) for old in known.earlier.get(claim.antecedents[0], ())]


def _says_it(wide: Claim, claim: LearnedClaim, known: Known) -> bool:
    """Whether a wider scope's claim stands for this one: decided about, or resting on nothing but what this cites."""
    cited = {antecedent.antecedent_id for antecedent in claim.antecedents}
    reasons = known.justifications.get(wide.id, ())
    return wide.withdrawn or wide.quarantined or any(reason and reason <= cited for reason in reasons)


def _confidence(claim: LearnedClaim, known: Known) -> float:
    beliefs = [
        known.claims[name].confidence if name in known.claims else known.trust.get(name, _HEARSAY)
        for name in (antecedent.antecedent_id for antecedent in claim.antecedents)
    ]
    return claim.confidence * READING * min(beliefs) if beliefs else claim.confidence
