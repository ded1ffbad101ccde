"""Do two statements contradict each other? Compared slot by slot, without a model.

Decides which differences exclude each other: another value of something of which there is one, another number or date
in the same words, the same words with the opposite negation. It prefers silence to a wrong alarm: where more than one
thing differs (another year *and* another amount, another place *and* another name) there is no verdict, and opposites
in plain words ("open", "closed") are not found. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stemma.memory.grounding.frame import Frame, Measure, Relation, frame_of
from stemma.memory.names import Name
from stemma.memory.quantities import DATE, missing
from stemma.memory.text import normalise, words


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ALIKE = 0.8
"""Share of both statements' words (Jaccard) that must be the same before a number or a negation is compared."""
_FEWEST_TERMS = 3
"""Statements without a name need so many words in common."""
_ROUGHLY = Decimal("0.2")
"""How far "about" reaches."""
_ROUNDING = Decimal("0.01")
_COPIED = 8
"""So many words are the same in a sentence that was copied with another name or number."""
_EDGES = ".,;:!?()[]\"'“”"
_YEARS = range(1000, 2200)
_PRONOUN = re.compile(r"\W*(?:it|he|she|they|this|these|those|we|i|you)\b", re.IGNORECASE)
_QUALIFIERS = _set(
    """former previous deputy vice assistant acting interim new old average mean median maximum minimum net
    gross total planned expected estimated initial final upper lower north south east west monthly weekly daily
    second third"""
)
"""Words that make it another thing."""


class Slot(StrEnum):
    """Where two statements differ."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What the two say, as they say it; for a negation the whole statements."""

    slot: Slot
    first: str
    second: str
    about: str
    """What it is said of, in words; empty for a difference in the same words."""

    @property
    def reason(self) -> str:
        """For a person."""
        about = f" ({self.about})" if self.about else ""
        return f"the {self.slot.value}s differ{about}: {self.first!r} and {self.second!r}"


def contradiction(first: str, second: str) -> Contradiction | None:
    """Compare two sentences; None where nothing says that they exclude each other. Symmetric, but for the order."""
    return contradiction_of(frame_of(first), frame_of(second))


def contradiction_of(first: Frame, second: Frame) -> Contradiction | None:
    """The same for statements that were read already."""
    if other_thing(first, second):
        return None
    if first.relation and second.relation and _same_relation(first.relation, second.relation):
        return _other_value(first, second, first.relation, second.relation)
    if copied := _copied(first, second):
        return copied
    if not _about_the_same(first, second):
        return None
    return _other_quantity(first, second) or _negation(first, second)


def other_thing(first: Frame, second: Frame) -> bool:
    """Whether a word that makes it another thing ("deputy", "net") stands in one of them only."""
    return not (first.words ^ second.words).isdisjoint(_QUALIFIERS)


def same_name(first: str, second: str) -> bool:
    """Whether two spellings can be one name: "Ana Roth" = "A. Roth" = "Dr Ana Roth" = "Roth"; "WHO" = its long form."""
    one, two = words(first), words(second)
    if not one or not two or set(one) <= set(two) or set(two) <= set(one):
        return True
    for short, long in ((first, two), (second, one)):
        if short.isupper() and len(long) > 1 and "".join(word[0] for word in long) == short.casefold():
            return True
    return one[-1] == two[-1] and one[0][0] == two[0][0] and 1 in (len(one[0]), len(two[0]))


def _same_relation(first: Relation, second: Relation) -> bool:
    return (first.owner, first.role, first.past) == (second.owner, second.role, second.past)


def _other_value(first: Frame, second: Frame, one: Relation, two: Relation) -> Contradiction | None:
    about = f"{' '.join(sorted(one.role))} of {one.owner}"
    if _others_differ(first, second, one, two):
        return None
    slot: Slot | None = None
    if isinstance(one.value, Name) and isinstance(two.value, Name):
        slot = None if same_name(one.value.text, two.value.text) else Slot.NAME
    elif isinstance(one.value, Measure) and isinstance(two.value, Measure):
        slot = slot_of(one.value, two.value)
    else:
        return None
    if slot is None:
        return _negation(first, second, about) if first.negated != second.negated else None
    if first.negated or second.negated:
        return None
    return Contradiction(slot, one.value.text, two.value.text, about)


def _others_differ(first: Frame, second: Frame, one: Relation, two: Relation) -> bool:
    """Whether they hold at other times, or both say another number besides: two things of one name, often."""
    left, right = _besides(first, one), _besides(second, two)
    if {each.quantity.value for each in left if each.when} != {each.quantity.value for each in right if each.when}:
        return True
    stated, other = [each.quantity for each in left], [each.quantity for each in right]
    return bool(missing(stated, other)) and bool(missing(other, stated))


def _besides(frame: Frame, relation: Relation) -> list[Measure]:
    return [each for each in frame.measures if each != relation.value]


def _copied(first: Frame, second: Frame) -> Contradiction | None:
    """A long sentence about the same subject, word for word, but for one name or number in it."""
    if not _opens_alike(first, second):
        return None
    one, two = first.text.split(), second.text.split()
    shorter = min(len(one), len(two))
    start = next((n for n in range(shorter) if one[n] != two[n]), shorter)
    end = next((n for n in range(shorter - start) if one[-1 - n] != two[-1 - n]), shorter - start)
    left, right = (" ".join(each[start : len(each) - end]).strip(_EDGES) for each in (one, two))
    if start + end < _COPIED or start <= len(first.text[: first.names[0].end].split()):
        return None
    if left.isdigit() and right.isdigit():
        told = [each for each in first.measures if each.text == left]
        apart = not told or any(each.when or each.label or each.bound or each.rough for each in told)
        return None if apart else Contradiction(Slot.NUMBER, left, right, "")
    if _is_name(left) and _is_name(right) and not same_name(left, right):
        return Contradiction(Slot.NAME, left, right, "")
    return None


def _opens_alike(first: Frame, second: Frame) -> bool:
    """Both begin with the same name."""
    if not (first.names and second.names) or max(first.names[0].start, second.names[0].start) > len("The "):
        return False
    return normalise(first.names[0].text) == normalise(second.names[0].text)


def _is_name(text: str) -> bool:
    return bool(text) and "," not in text and all(word[0].isupper() for word in text.split())


def _about_the_same(first: Frame, second: Frame) -> bool:
    """The same names, and nearly the same words."""
    if [normalise(name.text) for name in first.names[:1]] != [normalise(name.text) for name in second.names[:1]]:
        return False
    if not (_holds(first, second) and _holds(second, first)):
        return False
    shared, every = first.terms & second.terms, first.terms | second.terms
    if not first.names:
        return len(shared) >= _FEWEST_TERMS and first.terms == second.terms
    return bool(shared) and _names_its_subject(first) and len(shared) >= _ALIKE * len(every)


def _names_its_subject(frame: Frame) -> bool:
    """A name stands before what is counted and before the middle: "The school …" may be any school."""
    first = frame.names[0].start
    return not _PRONOUN.match(frame.text) and first < min(
        [len(frame.text) // 2, *(each.quantity.start for each in frame.measures)]
    )


def _holds(first: Frame, second: Frame) -> bool:
    return all(second.words.issuperset(words(name.text)) for name in first.names)


def _other_quantity(first: Frame, second: Frame) -> Contradiction | None:
    """Exactly one quantity differs on each side, and no negation."""
    one = missing([each.quantity for each in first.measures], [each.quantity for each in second.measures])
    two = missing([each.quantity for each in second.measures], [each.quantity for each in first.measures])
    if len(one) != 1 or len(two) != 1 or first.negated != second.negated:
        return None
    (left,) = (each for each in first.measures if each.quantity == one[0])
    (right,) = (each for each in second.measures if each.quantity == two[0])
    if left.when or right.when or left.counted != right.counted:
        return None
    slot = slot_of(left, right)
    return Contradiction(slot, left.text, right.text, "") if slot else None


def _negation(first: Frame, second: Frame, about: str = "") -> Contradiction | None:
    stated, other = ([each.quantity for each in frame.measures] for frame in (first, second))
    if first.negated == second.negated or missing(stated, other) or missing(other, stated):
        return None
    return Contradiction(Slot.NEGATION, first.text, second.text, about)


def slot_of(left: Measure, right: Measure) -> Slot | None:
    """Which slot two measures differ in; None when they may be the same, or cannot be compared."""
    if left.label or right.label or left.bound or right.bound:
        return None
    one, two = left.quantity, right.quantity
    if DATE in (one.unit, two.unit):
        return Slot.DATE if _other_date(one.value, two.value) else None
    if one.unit != two.unit and one.unit and two.unit:
        return None
    a, b = Decimal(one.value), Decimal(two.value)
    distance = abs(a - b) / max(abs(a), abs(b), Decimal(1))
    years = all(not each.unit and each.value.isdigit() and int(each.value) in _YEARS for each in (one, two))
    if years and not (left.rough or right.rough):
        return Slot.DATE if a != b else None
    if left.rough or right.rough:
        return Slot.NUMBER if distance > (_ROUNDING if years else _ROUGHLY) else None
    rounded = distance <= _ROUNDING and _digits(one.value) != _digits(two.value)
    return None if a == b or rounded else Slot.NUMBER


def _digits(value: str) -> int:
    """Significant digits."""
    return len(value.lstrip("-0.").replace(".", "").rstrip("0"))


def _other_date(one: str, two: str) -> bool:
    """Whether a part that both name differs; a bare number is a year."""
    parts = [value.split("-") if value.count("-") == 2 else [value, "?", "?"] for value in (one, two)]
    return any("?" not in pair and pair[0] != pair[1] for pair in zip(*parts, strict=True))
