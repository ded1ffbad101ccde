"""Which statements contradict each other, and which side is better supported. Pure.

Decides what counts in favour of a side: sources that are independent of each other (another address, another text), how
much each is trusted, that the side was there long before the other, and what people complained about. Where the sides
are about equal nothing is decided: one true and one false source cannot be told apart by counting. What is senior is
believed first, but a document that came in lately is given time: what it says may be news, and the next look finds it
confirmed, or the old document revised (a version that its own publisher replaced counts nothing). A newcomer that says
itself that something changed is not proposed for being new at all; another one that is right and stays alone is.
"""

from __future__ import annotations

import re
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
_CHANGE = re.compile(
    r"\b(?:now|no longer|newly|as of|effective|with effect from|since (?:[A-Z]|[12]\d{3}|last|this)|instead of"
    r"|(?:has|have|was|were|been) (?:changed|moved|renamed|raised|lowered|extended|shortened|replaced|revised|updated"
    r"|appointed|transferred)|(?:changed|moved|switched|rose|fell) (?:from|to)|succeed(?:s|ed)|took over)\b"
)
"""Words that tell that it was otherwise before."""
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
    waits: bool = False
    """Only that it is new speaks against the second side, and no person: it may be news, confirmed or not by the next
    look."""

    @property
    def decided(self) -> bool:
        """The first side outweighs the second."""
        return not self.waits and self.sides[0].support - self.sides[1].support >= MARGIN


def conflicts(
    stated: Sequence[Stated],
    sources: Mapping[str, Source],
    *,
    settled: timedelta = timedelta(days=1),
    news_since: datetime | None = None,
) -> list[Conflict]:
    """All conflicts. A side is the senior one when it is older than the others by `settled`; that alone decides nothing
    against documents that came in after `news_since` or that tell a change.
    """
    groups: dict[tuple[Slot, str, str], dict[str, dict[tuple[str, str], Stated]]] = {}
    for one, two, found in _contradictions(stated):
        sides = groups.setdefault((found.slot, found.about, "" if found.about else _subject(one, two)), {})
        for each, value in ((one, found.first), (two, found.second)):
            spelled = ("no" if each.frame.negated else "yes") if found.slot is Slot.NEGATION else normalise(value)
            sides.setdefault(spelled, {})[each.item_id, each.text] = each
    return [
        _weighed(
            slot, about, {value: tuple(each.values()) for value, each in sides.items()}, sources, settled, news_since
        )
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
    news_since: datetime | None,
) -> Conflict:
    since = {value: _since(stated, sources) for value, stated in sides.items()}
    known = sorted((at, value) for value, at in since.items() if at is not None)
    senior = known[0][1] if known and (len(known) == 1 or known[0][0] + settled < known[1][0]) else ""
    weighed = [
        Side(value, stated, _support(stated, sources) + (_SENIORITY if value == senior and value else 0.0))
        for value, stated in sides.items()
    ]
    first, second, *rest = sorted(weighed, key=lambda side: (-side.support, side.value))
    lead = first.support - second.support - (_SENIORITY if first.value == senior and senior else 0.0)
    told = any(source.kind is SourceKind.PERSON for source in _behind(first.stated, sources).values())
    waits = lead < MARGIN and not told and _may_be_news(second.stated, sources, news_since)
    return Conflict(slot, about, (first, second, *rest), waits)


def _since(stated: Sequence[Stated], sources: Mapping[str, Source]) -> datetime | None:
    return min((sources[each].added_at for one in stated for each in one.sources), default=None)


def _may_be_news(stated: Sequence[Stated], sources: Mapping[str, Source], since: datetime | None) -> bool:
    """Documents say it, and all of it is new or says that something changed: a tool's result by the way is no news."""
    direct = [(each, sources[each.sources[0]]) for each in stated if each.sources and not each.derived]
    return any(source.kind is SourceKind.DOCUMENT for _, source in direct) and all(
        (since is not None and source.added_at > since) or _CHANGE.search(each.text) for each, source in direct
    )


def _behind(stated: Sequence[Stated], sources: Mapping[str, Source]) -> dict[str, Source]:
    return {each: sources[each] for one in stated for each in one.sources}


def _support(stated: Sequence[Stated], sources: Mapping[str, Source]) -> float:
    """A version that its own publisher replaced counts nothing, copies of one text count once."""
    behind = _behind(stated, sources)
    independent: dict[str, float] = {}
    texts: set[str] = set()
    for source in sorted(behind.values(), key=lambda each: (each.added_at, each.id)):
        if source.replaced or not source.supported or source.content_hash in texts:
            continue
        texts.add(source.content_hash)
        independent[source.uri] = max(independent.get(source.uri, 0.0), _WEIGHTS[source.kind] * source.trust)
    complaints = min(_MOST_COMPLAINTS, max((each.complaints for each in stated), default=0))
    return max(0.0, sum(independent.values()) - _COMPLAINT * complaints)
