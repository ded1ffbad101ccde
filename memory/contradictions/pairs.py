"""Which claims are compared, and which of them exclude each other. Pure.

Decides what makes two claims worth comparing (an entity by which both are found, and words besides its name) and that
claims which hold at different times never exclude each other. What two sentences say is compared in `differences.py`.
It never compares all with all: the claims about an entity are bounded by the caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from stemma.memory.contradictions.differences import difference
from stemma.memory.contradictions.model import ComparedClaim
from stemma.memory.grounding.frame import frame_of, owner_of
from stemma.memory.ingest.entities import entity_id
from stemma.memory.model import Claim, Entity, Mention
from stemma.memory.scope import Scope
from stemma.memory.text import STOP_WORDS, normalise, stem, words

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
    return [_compared(claim, names) for claim, names in _named(claims, mentions, entities) if not claim.quarantined]


def told_pairs(
    claims: Iterable[Claim], mentions: Sequence[Mention], entities: Sequence[Entity]
) -> set[tuple[str, str]]:
    """(entity id, claim id): under which of the entities that it mentions a claim has to be found (`told_of`)."""
    told = {claim.id: told_of(_compared(claim, names)) for claim, names in _named(claims, mentions, entities)}
    names = {entity.id: entity.name for entity in entities}
    return {
        (mention.entity_id, mention.item_id)
        for mention in mentions
        if mention.item_id in told and names.get(mention.entity_id) in told[mention.item_id]
    }


def _named(
    claims: Iterable[Claim], mentions: Iterable[Mention], entities: Iterable[Entity]
) -> Iterator[tuple[Claim, tuple[str, ...]]]:
    """The claims that mention an entity, with the names of all that they mention, in their order."""
    names = {entity.id: entity.name for entity in entities}
    places: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for mention in mentions:
        if mention.entity_id in names:
            places[mention.item_id].setdefault(names[mention.entity_id], mention.start)
    return (
        (claim, tuple(sorted(places[claim.id], key=places[claim.id].__getitem__)))
        for claim in claims
        if claim.id in places
    )


def _compared(claim: Claim, names: tuple[str, ...]) -> ComparedClaim:
    when = claim.recorded_at, claim.valid_from, claim.valid_to
    return ComparedClaim(claim.id, claim.scope.audience, claim.text, *when, names, claim.subject)


def told_of(claim: ComparedClaim) -> Sequence[str]:
    """Of the entities that a claim mentions those by which others are found that may exclude it.

    Two that do begin with the same name, or say another value of one thing's relation (`difference`). So it is the name
    with which the claim begins, and whose relation it states; all where it begins with something else.
    """
    return _told_of(claim.said, tuple(claim.entities))


@lru_cache(maxsize=4_096)  # of each new claim it is asked for when it is stored, and when it is compared
def _told_of(said: str, names: tuple[str, ...]) -> tuple[str, ...]:
    first = names[:1]
    if len(names) < 2 or first[0] not in said[: len(first[0]) + len("The ")]:
        return names
    owner = owner_of(said)
    if not owner or owner == normalise(first[0]):
        return first
    owners = [name for name in names if normalise(name) == owner]
    return (*first, *owners) if owners else names


def entity_ids(scope: Scope, claims: Iterable[ComparedClaim]) -> dict[str, list[str]]:
    """By name: the entities of that name that the scope may see, its own and those of wider scopes, of all names by
    which the claims are compared."""
    names = {name for claim in claims for name in told_of(claim)}
    wider = [Scope(scope.tenant, *audience.split("\x1f")) for audience in scope.audiences()]
    return {name: [entity_id(one, name) for one in wider] for name in sorted(names)}


def candidates(
    claims: Sequence[ComparedClaim],
    ids: Mapping[str, Sequence[str]],
    about: Mapping[str, Sequence[ComparedClaim]],
) -> list[tuple[ComparedClaim, ComparedClaim]]:
    """The pairs to compare, each once: of each claim those others that share an entity and enough words with it.

    `ids` is what `entity_ids` gave, `about` the claims about these entities.
    """
    worded = {entity: [(other, _terms(other.said)) for other in others] for entity, others in about.items()}
    pairs: dict[tuple[str, str], tuple[ComparedClaim, ComparedClaim]] = {}
    for claim in claims:
        terms = _terms(claim.said)
        for name in ids.keys() & claim.entities:
            named = _terms(name)
            besides = terms - named
            for entity in ids[name]:
                for other, theirs in worded.get(entity, ()):
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
