"""Which of two contradictory claims has more for it. Pure.

Decides the order of reasons: sources that are independent of each other (another address, another text), each as much
as it is trusted; of even ones, what holds later in the world, and then what was recorded later. It never decides who is
right: one false source that came last is preferred here, and the reason says that this is all that speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from stemma.memory.contradictions.model import Preference
from stemma.memory.model import Claim, Source

_MARGIN = 0.05
"""Trust is compared to this much: two sources of .8 are even with two of .81."""


def independent(sources: Iterable[Source]) -> list[Source]:
    """One source for each address and each text: a copy, and another version, are no second witness."""
    addresses: set[tuple[str, str]] = set()
    texts: set[str] = set()
    found = []
    for source in sorted(sources, key=lambda one: (-one.trust, one.added_at, one.id)):
        address = (source.scope.audience, source.uri)
        if address in addresses or source.content_hash in texts:
            continue
        addresses.add(address)
        texts.add(source.content_hash)
        found.append(source)
    return found


def preferred(one: Claim, ones: Iterable[Source], two: Claim, twos: Iterable[Source]) -> Preference:
    """The side with more for it; `ones` and `twos` are the sources behind each claim."""
    here, there = independent(ones), independent(twos)
    ours, theirs = sum(source.trust for source in here), sum(source.trust for source in there)
    if abs(ours - theirs) > _MARGIN:
        better, many, more, few, less = (
            (one, here, ours, there, theirs) if ours > theirs else (two, there, theirs, here, ours)
        )
        return Preference(better.id, f"{_told(many, more)} against {_told(few, less)}")
    even = f"each rests on {_told(here, ours)}" if here else "neither rests on a source that holds"
    for word, first, second in (
        ("holds from a later time on", one.valid_from, two.valid_from),
        ("was recorded later", one.recorded_at.isoformat(), two.recorded_at.isoformat()),
    ):
        if first != second:
            return Preference((one if first > second else two).id, f"{even}; it {word}")
    return Preference("", f"{even}, recorded together")


def _told(sources: list[Source], trust: float) -> str:
    number = len(sources)
    counted = f"{number} independent source" + ("" if number == 1 else "s")
    return counted if abs(trust - number) < _MARGIN else f"{counted} (trust {trust:.2g} in all)"
