"""Finding what is false in a memory without being told: a sweep that proposes quarantine, with its evidence.

Decides what is proposed: claims that what they rest on does not bear out, and the worse supported side of statements
that exclude each other (`weighing.py`). A source is proposed when it states the weaker side itself; a claim when taking
those sources would not reach it. Nothing is changed unless somebody applies it; where the sides are about equal the
conflict is told, and nothing is proposed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

from stemma.evals.stated import Memorised, Ungrounded, memorised
from stemma.evals.summary import Json
from stemma.evals.weighing import Conflict, Side, conflicts
from stemma.memory.errors import AlreadyTakenBack, UnknownItem, WiderItem
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Node, Scope

ACTOR = "nightly detection"
SETTLED = timedelta(days=1)
"""So much earlier a side must have been there to count as the senior one; so long a document counts as news."""
_CONTRADICTED, _NOT_SAID = 0.9, 0.6
"""Scores of claims that what they rest on denies, or only does not say."""
_BROAD = 5
"""A source that states more than so many other things for each contested one is left to a person."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement that speaks for the proposal."""

    item_id: str
    uri: str
    """Where it came from; empty for what the item itself rests on."""
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A source or claim to put into quarantine."""

    item_id: str
    node: Node
    says: str
    """The statement that seems false."""
    reason: str
    evidence: tuple[Evidence, ...]
    score: float
    """In (0, 1]: how much the other side outweighs this one; no probability."""
    broad: bool = False
    """Most of what the source states is not contested: it is not applied by itself."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at a memory found."""

    proposals: tuple[Proposal, ...]
    """The highest score first; each item once."""
    undecided: tuple[Conflict, ...]
    """Contradictions whose sides are about equally supported."""
    statements: int
    """How many sentences that can be recalled were looked at."""
    seconds: float


async def sweep(
    memory: LongTermMemory, scope: Scope, *, settled: timedelta = SETTLED, news_since: datetime | None = None
) -> Sweep:
    """Look at everything that the scope can recall. A document that came in after `news_since` is not proposed only
    because it is new (None: within `settled`). Raises what the store raises.
    """
    started = perf_counter()
    known = await memorised(memory, scope)
    lately = datetime.now(UTC) - settled if news_since is None else news_since
    found = conflicts(known.stated, known.sources, settled=settled, news_since=lately)
    proposed: dict[str, Proposal] = {}
    for proposal in (*map(_ungrounded, known.ungrounded), *_outweighed(found, known)):
        kept = proposed.get(proposal.item_id)
        if kept is None or proposal.score > kept.score:
            proposed[proposal.item_id] = proposal
    return Sweep(
        tuple(sorted(proposed.values(), key=lambda each: (-each.score, each.item_id))),
        tuple(each for each in found if not each.decided),
        sum(not each.former for each in known.stated),
        perf_counter() - started,
    )


async def apply(memory: LongTermMemory, scope: Scope, proposals: Sequence[Proposal]) -> dict[str, str]:
    """Put what is proposed into quarantine; item -> the decision that lifts it again.

    Left out are broad sources, what somebody took back meanwhile, and what the scope does not own.
    """
    decided: dict[str, str] = {}
    for proposal in proposals:
        if proposal.broad:
            continue
        try:
            effect = await memory.retract(scope, proposal.item_id, reason=proposal.reason, actor=ACTOR, quarantine=True)
        except (AlreadyTakenBack, UnknownItem, WiderItem):
            continue
        if effect.retraction:
            decided[proposal.item_id] = effect.retraction.id
    return decided


def record(found: Sweep, decided: dict[str, str] | None = None) -> Json:
    """As it is printed with --json; `quarantined` is the decision's id, null where nothing was decided."""
    decided = decided or {}
    return {
        "statements": found.statements,
        "seconds": round(found.seconds, 3),
        "proposals": [{**asdict(each), "quarantined": decided.get(each.item_id)} for each in found.proposals],
        "undecided": [
            {
                "slot": conflict.slot.value,
                "about": conflict.about,
                "sides": [
                    {
                        "value": side.value,
                        "support": side.support,
                        "items": sorted({each.item_id for each in side.stated}),
                        "text": side.stated[0].text,
                    }
                    for side in conflict.sides
                ],
            }
            for conflict in found.undecided
        ],
    }


def _ungrounded(found: Ungrounded) -> Proposal:
    evidence = tuple(Evidence(found.claim.id, "", text) for text in found.antecedents[:_SHOWN])
    score = _CONTRADICTED if found.contradicted else _NOT_SAID
    return Proposal(found.claim.id, Node.CLAIM, found.claim.text, found.reason, evidence, score)


def _outweighed(found: Sequence[Conflict], known: Memorised) -> list[Proposal]:
    sizes = Counter(source for each in known.stated if not each.derived and not each.former for source in each.sources)
    contested: Counter[str] = Counter()
    proposals: list[Proposal] = []
    for conflict in found:
        best = conflict.sides[0]
        for side in conflict.sides[1:] if conflict.decided else ():
            if best.support > side.support:
                made = _against(side, best, conflict, known)
                contested.update(each.item_id for each in made)
                proposals += made
    return [_with_breadth(each, sizes[each.item_id], contested[each.item_id]) for each in proposals]


def _with_breadth(proposal: Proposal, size: int, contested: int) -> Proposal:
    if size <= (_BROAD + 1) * contested:
        return proposal
    return replace(proposal, broad=True)


def _against(side: Side, best: Side, conflict: Conflict, known: Memorised) -> list[Proposal]:
    """The sources that state this side themselves, and the claims that taking them would leave."""
    score = (best.support - side.support) / best.support
    about = f" ({conflict.about})" if conflict.about else ""
    reason = (
        f"the {conflict.slot.value}s differ{about}: {side.value!r} has support {side.support:g},"
        f" and {best.value!r} has {best.support:g}"
    )
    evidence = _evidence(best, known)
    direct = {each.sources[0]: each for each in side.stated if not each.derived and not each.former}
    proposals = [
        Proposal(source, Node.SOURCE, each.text, reason, evidence, score) for source, each in sorted(direct.items())
    ]
    backing = {source for each in best.stated if not each.derived for source in each.sources}
    return [proposal for proposal in proposals if proposal.item_id not in backing] + [
        Proposal(each.item_id, Node.CLAIM, each.text, reason, evidence, score)
        for each in side.stated
        if each.derived and not (each.sources and direct.keys() >= set(each.sources))
    ]


def _evidence(best: Side, known: Memorised) -> tuple[Evidence, ...]:
    """Sources before claims."""
    ranked = sorted(best.stated, key=lambda each: (each.derived, each.former, each.item_id))
    return tuple(
        Evidence(each.item_id, known.sources[each.sources[0]].uri if each.sources else "", each.text)
        for each in ranked[:_SHOWN]
    )
