"""Which statements contradict each other, and which side is better supported. Pure.

Decides what counts in favour of a side: sources that are independent of each other (another address, another text), how
much each is trusted, that the side was there long before the other, and what people complained about. Where the sides
are about equal nothing is decided: one true and one false source cannot be told apart by counting. What is senior is
believed first, so a newcomer that is right is proposed too, until a second source backs it; a new version of the same
address is not, because its publisher took the old one back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from stemma.evals.stated import Stated
from stemma.memory.grounding.contradiction import Contradiction, Slot, contradiction_of
from stemma.memory.model import Source, SourceKind
from stemma.memory.text import normalise

_WEIGHTS = {
    SourceKind.DOCUMENT: 1.0,
    SourceKind.PERSON: 1.5,
    SourceKind.TOOL: 0.5,
    SourceKind.MESSAGE: 0.5,
    SourceKind.STORE: 0.5,
}
"""What one source of a kind counts, times its trust: a correction by a person more, what came in by the way less."""
_SENIORITY = 1.0
"""For the side that was there first."""
_COMPLAINT = 0.5
_MOST_COMPLAINTS = 2
MARGIN = 1.0
"""How much more support the better side needs: one independent source, say."""
_KEYS = 3
"""A statement is compared with those that share an entity and one of its so many rarest words."""
_CROWD = 60
"""Of those that share a word, only so many are compared with each other: the work stays linear."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one value has for it."""

    value: str
    stated: tuple[Stated, ...]
    support: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """Statements that exclude each other; the best supported side first."""

    slot: Slot
    about: str
    sides: tuple[Side, ...]

    @property
    def decided(self) -> bool:
        """The first side outweighs the second."""
        return self.sides[0].support - self.sides[1].support >= MARGIN


def conflicts(
    stated: Sequence[Stated], sources: Mapping[str, Source], *, settled: timedelta = timedelta(days=1)
) -> list[Conflict]:
    """All conflicts. A side is the senior one when it is older than the others by `settled`."""
    groups: dict[tuple[Slot, str, str], dict[str, dict[tuple[str, str], Stated]]] = {}
    for one, two, found in _contradictions(stated):
        sides = groups.setdefault((found.slot, found.about, "" if found.about else _subject(one, two)), {})
        for each, value in ((one, found.first), (two, found.second)):
            spelled = ("no" if each.frame.negated else "yes") if found.slot is Slot.NEGATION else normalise(value)
            sides.setdefault(spelled, {})[each.item_id, each.text] = each
    return [
        _weighed(slot, about, {value: tuple(each.values()) for value, each in sides.items()}, sources, settled)
        for (slot, about, _), sides in groups.items()
        if len(sides) > 1
    ]


def _subject(one: Stated, two: Stated) -> str:
    """Conflicts without a relation are told apart by what both speak of."""
    return " ".join(sorted(one.frame.terms & two.frame.terms | one.entities & two.entities))


def _contradictions(stated: Sequence[Stated]) -> Iterator[tuple[Stated, Stated, Contradiction]]:
    """Each pair of different sentences once; equal sentences are compared once, and found for all who say them."""
    saying: dict[str, list[Stated]] = defaultdict(list)
    for each in stated:
        saying[each.text].append(each)
    leading = {text: members[0] for text, members in saying.items()}
    frequency = Counter(term for each in leading.values() for term in each.frame.terms)
    crowds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text, each in leading.items():
        rarest = sorted(each.frame.terms, key=lambda term: (frequency[term], term))[:_KEYS]
        for entity in frozenset[str]().union(*(member.entities for member in saying[text])):
            for term in rarest:
                crowds[entity, term].append(text)
    pairs = {pair for crowd in crowds.values() for pair in combinations(sorted(crowd[:_CROWD]), 2)}
    for first, second in sorted(pairs):
        if found := contradiction_of(leading[first].frame, leading[second].frame):
            for one in saying[first]:
                for two in saying[second]:
                    yield one, two, found


def _weighed(
    slot: Slot,
    about: str,
    sides: Mapping[str, tuple[Stated, ...]],
    sources: Mapping[str, Source],
    settled: timedelta,
) -> Conflict:
    since = {value: _since(stated, sources) for value, stated in sides.items()}
    known = sorted((at, value) for value, at in since.items() if at is not None)
    senior = known[0][1] if known and (len(known) == 1 or known[0][0] + settled < known[1][0]) else ""
    weighed = [
        Side(value, stated, _support(stated, sources) + (_SENIORITY if value == senior and value else 0.0))
        for value, stated in sides.items()
    ]
    return Conflict(slot, about, tuple(sorted(weighed, key=lambda side: (-side.support, side.value))))


def _since(stated: Sequence[Stated], sources: Mapping[str, Source]) -> datetime | None:
    return min((sources[each].added_at for one in stated for each in one.sources), default=None)


def _support(stated: Sequence[Stated], sources: Mapping[str, Source]) -> float:
    """A version that its own publisher replaced counts nothing, copies of one text count once."""
    behind = {each: sources[each] for one in stated for each in one.sources}
    independent: dict[str, float] = {}
    texts: set[str] = set()
    for source in sorted(behind.values(), key=lambda each: (each.added_at, each.id)):
        if source.replaced or not source.supported or source.content_hash in texts:
            continue
        texts.add(source.content_hash)
        independent[source.uri] = max(independent.get(source.uri, 0.0), _WEIGHTS[source.kind] * source.trust)
    complaints = min(_MOST_COMPLAINTS, max((each.complaints for each in stated), default=0))
    return max(0.0, sum(independent.values()) - _COMPLAINT * complaints)
