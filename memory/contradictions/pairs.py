"""Which claims are compared, and which of them exclude each other. Pure.

Decides what makes two claims worth comparing (an entity that both mention, and words besides its name) and that claims
which hold at different times never exclude each other. What two sentences say is compared in `differences.py`. It never
compares all with all: the claims about an entity are bounded by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from stemma.memory.contradictions.differences import difference
from stemma.memory.contradictions.model import ComparedClaim
from stemma.memory.grounding.frame import frame_of
from stemma.memory.ingest.entities import entity_id
from stemma.memory.model import Claim, Entity, Mention
from stemma.memory.scope import Scope
from stemma.memory.text import STOP_WORDS, stem, words

_SHARED = 0.3
"""Of the shorter claim's words with meaning, the name of what both speak of aside, so many stand in the other one, or
the two are not compared: two long statements that only share one relation are passed over."""
_ALIKE = 0.6
"""Share of both claims' words (Jaccard) from which a model is asked where the rules are silent."""


class Found(NamedTuple):
    """Two claims that exclude each other, and what each says where they part."""

    first: ComparedClaim
    second: ComparedClaim
    slot: str
    ours: str
    theirs: str
    about: str = ""


def compared(claims: Iterable[Claim], mentions: Iterable[Mention], entities: Iterable[Entity]) -> list[ComparedClaim]:
    """New claims as they are compared; those without an entity are left out, and so are those in quarantine."""
    names = {entity.id: entity.name for entity in entities}
    named: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for mention in mentions:
        if mention.entity_id in names:
            named[mention.item_id].setdefault(names[mention.entity_id], mention.start)
    return [
        ComparedClaim(
            claim.id,
            claim.scope.audience,
            claim.text,
            claim.recorded_at,
            claim.valid_from,
            claim.valid_to,
            tuple(sorted(named[claim.id], key=named[claim.id].__getitem__)),
            claim.subject,
        )
        for claim in claims
        if claim.id in named and not claim.quarantined
    ]


def entity_ids(scope: Scope, claims: Iterable[ComparedClaim]) -> dict[str, list[str]]:
    """By name: the entities of that name that the scope may see, its own and those of wider scopes."""
    names = {name for claim in claims for name in claim.entities}
    wider = [Scope(scope.tenant, *audience.split("\x1f")) for audience in scope.audiences()]
    return {name: [entity_id(one, name) for one in wider] for name in sorted(names)}


def candidates(
    claims: Sequence[ComparedClaim],
    ids: Mapping[str, Sequence[str]],
    about: Mapping[str, Sequence[ComparedClaim]],
    in_passing: int,
) -> list[tuple[ComparedClaim, ComparedClaim]]:
    """The pairs to compare, each once: of each claim those others that share an entity and enough words with it.

    `ids` is what `entity_ids` gave, `about` the claims about these entities; for each entity that a claim does not name
    first, only so many of them count.
    """
    worded = {entity: [(other, _terms(other.said)) for other in others] for entity, others in about.items()}
    pairs: dict[tuple[str, str], tuple[ComparedClaim, ComparedClaim]] = {}
    for claim in claims:
        terms = _terms(claim.said)
        for place, name in enumerate(claim.entities):
            named = _terms(name)
            besides = terms - named
            for entity in ids[name]:
                for other, theirs in islice(worded.get(entity, ()), in_passing if place else None):
                    least = _SHARED * (min(len(terms), len(theirs)) - len(named))
                    if 0 < len(besides & theirs) >= least and other.id != claim.id:
                        pairs.setdefault((min(claim.id, other.id), max(claim.id, other.id)), (claim, other))
    return [pair for pair in pairs.values() if _at_one_time(*pair) and _of_one_thing(*pair)]


def excluding(pairs: Iterable[tuple[ComparedClaim, ComparedClaim]]) -> list[Found]:
    """Those of the pairs that exclude each other, by the rules."""
    found = []
    for first, second in pairs:
        if differs := difference(frame_of(first.said), frame_of(second.said)):
            found.append(Found(first, second, differs.slot.value, differs.first, differs.second, differs.about))
    return found


def alike(first: ComparedClaim, second: ComparedClaim) -> float:
    """The share of both claims' words that are the same, in [0, 1]."""
    ours, theirs = _terms(first.said), _terms(second.said)
    return len(ours & theirs) / max(1, len(ours | theirs))


def to_judge(
    pairs: Iterable[tuple[ComparedClaim, ComparedClaim]], found: Iterable[Found], most: int
) -> list[tuple[ComparedClaim, ComparedClaim]]:
    """The pairs that a model is asked about: of those that the rules passed over the most alike, at most so many."""
    known = {(each.first.id, each.second.id) for each in found}
    near = [(alike(*pair), pair) for pair in pairs if (pair[0].id, pair[1].id) not in known]
    near = sorted(
        (each for each in near if each[0] >= _ALIKE), key=lambda each: (-each[0], each[1][0].id, each[1][1].id)
    )
    return [pair for _, pair in near[:most]]


def _of_one_thing(first: ComparedClaim, second: ComparedClaim) -> bool:
    """Not two claims in the same words, each about another thing that only what stood before it names."""
    return first.may_be_of(second) and second.may_be_of(first)


def _at_one_time(first: ComparedClaim, second: ComparedClaim) -> bool:
    return first.valid_from < second.valid_to and second.valid_from < first.valid_to


@lru_cache(maxsize=65_536)
def _terms(text: str) -> frozenset[str]:
    return frozenset(map(stem, frozenset(words(text)) - STOP_WORDS))
