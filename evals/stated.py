"""What a scope's memory states, sentence by sentence, with who stands behind each statement.

Decides what the detection looks at: passages and claims that can be recalled, and earlier versions that were replaced,
which can only back something. What an agent concluded is backed by the sources at the end of its lineage, each counted
once however long the way is; what is not borne out by what it rests on is backed by nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from stemma.memory.feedback import list_feedback
from stemma.memory.grounding.comparison import compare
from stemma.memory.grounding.contradiction import contradiction_of
from stemma.memory.grounding.frame import Frame, frame_of, frames_of
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Derivation, Node, Passage, Scope, Source
from stemma.memory.recall.ports import GraphItem
from stemma.memory.text import normalise, sentences

_BATCH = 500
_POOR = 0.5
"""A score below it is a complaint."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stated:
    """One sentence of something in memory."""

    item_id: str
    text: str
    frame: Frame
    entities: frozenset[str]
    """Names of what it mentions, normalised: one thing has an entity in each audience that speaks of it."""
    sources: tuple[str, ...]
    """Ids of the sources behind it; empty for what nothing bears out."""
    derived: bool
    """A claim; otherwise it stands in a source itself."""
    former: bool = False
    """It stands in a version that was replaced since."""
    complaints: int = 0
    """Answers that rested on it and that somebody found poor."""


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """A claim that what it rests on does not bear out."""

    claim: Claim
    reason: str
    contradicted: bool
    """What it rests on says otherwise; otherwise it only does not say it."""
    antecedents: tuple[str, ...]
    """What it rests on, in words."""


@dataclass(frozen=True, slots=True)
class Memorised:
    """All of it."""

    stated: Sequence[Stated]
    ungrounded: Sequence[Ungrounded]
    sources: Mapping[str, Source]


async def memorised(memory: LongTermMemory, scope: Scope) -> Memorised:
    """Read everything that the scope may see. Raises what the store raises."""
    items = await _items(memory, scope)
    passages = {each.id: each for each in await _all(memory.graph.passages, scope, _ids(items, Node.PASSAGE))}
    claims = {each.id: each for each in await _all(memory.graph.claims, scope, _ids(items, Node.CLAIM))}
    lineage = await _lineage(memory, scope, claims)
    sources = {
        each.id: each
        for each in await _all(
            memory.graph.sources,
            scope,
            {each.source_id for each in (*passages.values(), *lineage.passages.values())},
        )
    }
    ungrounded = [found for claim in claims.values() if claim.recallable and (found := lineage.doubt(claim))]
    unfounded = {each.claim.id for each in ungrounded}
    complaints = await _complaints(memory, scope)
    stated: list[Stated] = []
    for item in items:
        passage, claim = passages.get(item.id), claims.get(item.id)
        if passage and (passage.recallable or (passage.supported and sources[passage.source_id].replaced)):
            stated += _of(item, (passage.source_id,), complaints[item.id], former=not passage.recallable)
        elif claim and claim.recallable:
            behind = () if claim.id in unfounded else lineage.sources(claim.id)
            stated += _of(item, behind, complaints[item.id], former=False)
    return Memorised(stated, ungrounded, sources)


def _of(item: GraphItem, behind: tuple[str, ...], complaints: int, *, former: bool) -> list[Stated]:
    return [
        Stated(
            item.id,
            sentence.text,
            frame_of(sentence.text),
            frozenset(
                normalise(mention.name) for mention in item.mentions if sentence.start <= mention.start < sentence.end
            ),
            behind,
            derived=item.node is Node.CLAIM,
            former=former,
            complaints=complaints,
        )
        for sentence in sentences(item.text)
    ]


async def _items(memory: LongTermMemory, scope: Scope) -> list[GraphItem]:
    audiences = set(scope.audiences())
    found: list[GraphItem] = []
    after = 0
    while page := await memory.graph.changed_items(scope, after, _BATCH):
        found += [item for item in page if item.audience in audiences]
        after = page[-1].revision
    return found


def _ids(items: Sequence[GraphItem], node: Node) -> list[str]:
    return [item.id for item in items if item.node is node]


async def _all(read: Callable[[Scope, Sequence[str]], Awaitable[list[T]]], scope: Scope, ids: Iterable[str]) -> list[T]:
    wanted = sorted(ids)
    return [
        item for start in range(0, len(wanted), _BATCH) for item in await read(scope, wanted[start : start + _BATCH])
    ]


@dataclass(frozen=True, slots=True)
class _Lineage:
    """Everything above some claims."""

    antecedents: Mapping[str, Sequence[str]]
    passages: Mapping[str, Passage]
    claims: Mapping[str, Claim]

    def sources(self, claim_id: str) -> tuple[str, ...]:
        """At the ends of all ways up, each once, sorted."""
        found, seen, waiting = set(), {claim_id}, [claim_id]
        while waiting:
            for above in self.antecedents.get(waiting.pop(), ()):
                if above in self.passages:
                    found.add(self.passages[above].source_id)
                elif above not in seen:
                    seen.add(above)
                    waiting.append(above)
        return tuple(sorted(found))

    def doubt(self, claim: Claim) -> Ungrounded | None:
        """Whether a name or a quantity of the claim is not in what it rests on, or is said otherwise there."""
        texts = [text for above in self.antecedents.get(claim.id, ()) if (text := self._text(above))]
        found = compare(claim.text, texts)
        if not texts or found.verbatim:
            return None
        own = frame_of(claim.text)
        frames = [frame for text in texts for frame in frames_of(text)]
        if any(_says_the_same(own, frame) for frame in frames):
            return None
        for frame in frames:
            if other := contradiction_of(own, frame):
                return Ungrounded(claim, f"what it rests on says otherwise: {other.reason}", True, tuple(texts))
        if found.quantities or found.names:
            absent = ", ".join((*found.names, *found.quantities))
            return Ungrounded(claim, f"what it rests on does not say: {absent}", False, tuple(texts))
        return None

    def _text(self, item_id: str) -> str:
        if passage := self.passages.get(item_id):
            return f"{passage.title}\n\n{passage.text}"
        claim = self.claims.get(item_id)
        return claim.text if claim else ""


def _says_the_same(one: Frame, two: Frame) -> bool:
    return bool(
        one.relation
        and two.relation
        and (one.relation.owner, one.relation.role) == (two.relation.owner, two.relation.role)
        and one.relation.value.text.casefold() == two.relation.value.text.casefold()
        and one.negated == two.negated
    )


async def _lineage(memory: LongTermMemory, scope: Scope, below: Mapping[str, Claim]) -> _Lineage:
    """Everything that these claims rest on; an answer is not followed: what an agent said backs nothing."""
    antecedents: dict[str, list[str]] = {}
    claims, passages = dict(below), dict[str, Passage]()
    waiting = set(below)
    while waiting:
        rows: list[Derivation] = await _all(memory.graph.derivations, scope, waiting)
        for row in rows:
            antecedents.setdefault(row.claim_id, []).append(row.antecedent_id)
        above = {row.antecedent_id for row in rows} - antecedents.keys()
        passages |= {each.id: each for each in await _all(memory.graph.passages, scope, above - passages.keys())}
        found = await _all(memory.graph.claims, scope, above - passages.keys())
        claims |= {each.id: each for each in found}
        waiting = {each.id for each in found}
    return _Lineage(antecedents, passages, claims)


async def _complaints(memory: LongTermMemory, scope: Scope) -> Counter[str]:
    """Item -> answers found poor, without saying what is true instead, that stated it or had it as their best hit."""
    poor: set[str] = set()
    offset, total = 0, 1
    while offset < total:
        page, total = await list_feedback(memory, scope, limit=_BATCH, offset=offset)
        poor |= {
            each.feedback.run_id
            for each in page
            if each.source.supported and each.feedback.score is not None and each.feedback.score < _POOR
        }
        offset += _BATCH
    found: Counter[str] = Counter()
    offset, total = 0, len(poor)
    while offset < total:
        answers = await memory.items(scope, Node.ANSWER, limit=_BATCH, offset=offset)
        for answer in answers.items:
            if isinstance(answer, Answer) and answer.run_id in poor:
                found.update({*answer.asserts, *(use.item_id for use in answer.used if use.rank == 1)})
        offset, total = offset + _BATCH, answers.total
    return found
