"""Do two claims exclude each other? The rules of `grounding/contradiction.py`, and those for sentences alike.

Decides what it means when two sentences say nearly the same in the same order and part in one slot: another number of
what is counted there, another date of what happens once, another name of what there is one of, a negation. It is silent
where more than one slot differs, where the other value may hold at another time, of another thing or besides, and where
the words do not tell whether there is one value or many. Opposites in plain words are not found. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from stemma.memory.contradictions.alignment import Alignment, Change, Token, aligned, tokens
from stemma.memory.contradictions.wording import (
    AMONG_OTHERS,
    BY_DEGREES,
    MANY_VALUED,
    NEGATIONS,
    ONCE,
    ONE_VALUED,
    SUPPORT,
)
from stemma.memory.grounding.contradiction import Contradiction, Slot, contradiction_of, other_thing, same_name, slot_of
from stemma.memory.grounding.frame import Frame, Measure
from stemma.memory.names import Name
from stemma.memory.text import normalise, stem, term_set

_LEAST = 0.6
"""Of the shorter sentence's tokens with meaning, so many must stand in the other one: the slot in question does not."""
_SHARE = 0.7
"""The same where no slot differs."""
_FEWEST = 3
_ACCORDING = "accord"
_NEAR = 4
"""So many words before a slot tell of what it is the value."""
_COPIED = 8
"""Where nothing tells how many values there are, so many tokens must be the same, and nothing else differ."""


def difference(first: Frame, second: Frame) -> Contradiction | None:
    """Compare two sentences; None where nothing says that they exclude each other."""
    found = contradiction_of(first, second)
    if (found and found.about) or other_thing(first, second) or not _may_be_alike(first, second):
        return found
    if found is None and not _may_part(first, second):
        return None
    side_by_side = aligned(first, second)
    if found is None:
        return _alike(first, second, side_by_side)
    if found.slot is Slot.NEGATION:
        return found if side_by_side.share < _SHARE or _denied(side_by_side) else None
    if found.slot is Slot.NAME:
        silent = _subject(side_by_side.first) is None or any(_one_of_many(change) for change in side_by_side.changes)
        return None if silent else found
    return found


def _may_be_alike(first: Frame, second: Frame) -> bool:
    """A quick look: enough words in common to be worth laying side by side."""
    return len(first.words & second.words) >= 0.5 * min(len(first.words), len(second.words))


def _may_part(first: Frame, second: Frame) -> bool:
    """Whether `_alike` may say anything: of a value it asks for the same subject, which stands early and is soon read.
    To lay the sentences side by side takes longer."""
    if first.negated != second.negated:
        return True
    return not _begin_apart(first, second) and _same_name(_subject(tokens(first)), _subject(tokens(second)))


def _begin_apart(first: Frame, second: Frame) -> bool:
    """Whether each begins with a name of its own, which is then its subject."""
    reported = any(word.startswith(_ACCORDING) for word in (*first.words, *second.words))
    one, two = ([name for name in frame.names[:1] if name.start == 0] for frame in (first, second))
    return not reported and bool(one and two) and normalise(one[0].text) != normalise(two[0].text)


def _alike(first: Frame, second: Frame, side: Alignment) -> Contradiction | None:
    if side.shared < _FEWEST or side.share < _LEAST:
        return None
    parted = [change for change in side.changes if _values(change.first) and _values(change.second)]
    if first.negated != second.negated and not parted:
        return Contradiction(Slot.NEGATION, first.text, second.text, "") if _denied(side) else None
    if len(parted) != 1 or _denied(side) or not _same_subject(side, parted[0]) or _other_time(side, parted[0]):
        return None
    (change,) = parted
    ours, theirs = _values(change.first), _values(change.second)
    if len(ours) != 1 or len(theirs) != 1 or not (change.before or change.after) or _says_besides(change):
        return None
    slot = _slot(ours[0], theirs[0], change, side)
    return Contradiction(slot, _said(first, ours[0]), _said(second, theirs[0]), "") if slot else None


def _slot(ours: Token, theirs: Token, change: Change, side: Alignment) -> Slot | None:
    one, two = ours.slot, theirs.slot
    if isinstance(one, Measure) and isinstance(two, Measure):
        slot = slot_of(one, two)
        if slot is Slot.DATE:
            return slot if _tells(change.before, ONCE) else None
        return slot if one.counted == two.counted or one.quantity.unit else None
    if not (isinstance(one, Name) and isinstance(two, Name)) or same_name(one.text, two.text) or _one_of_many(change):
        return None
    if _tells(change.before, ONE_VALUED):
        return Slot.NAME
    return Slot.NAME if side.shared >= _COPIED and len(side.changes) == 1 else None


def _one_of_many(change: Change) -> bool:
    near = {token.key for token in change.before[-2:]}
    of_many = _tells(change.before, MANY_VALUED) or not near.isdisjoint(AMONG_OTHERS)
    return of_many and any(token.slot for token in change.first)


def _tells(before: Sequence[Token], words: str) -> bool:
    """Whether one of these words stands shortly before."""
    near = [token.key for token in before[-_NEAR:] if token.slot is None]
    return not term_set(words).isdisjoint(near)


def _values(tokens: Iterable[Token]) -> list[Token]:
    return [token for token in tokens if token.slot is not None]


def _same_subject(side: Alignment, change: Change) -> bool:
    """Both begin with the same name, before the slot: it is told of the same thing."""
    ours, theirs = _subject(side.first), _subject(side.second)
    return _same_name(ours, theirs) and ours in side.first[: change.place]


def _same_name(ours: Token | None, theirs: Token | None) -> bool:
    return ours is not None and theirs is not None and ours.key == theirs.key


def _subject(sentence: Iterable[Token]) -> Token | None:
    """The first name, of whoever says it aside; None where something is told of it before it is named."""
    following = iter(sentence)
    opening = list(islice(following, 2))
    reported = any(token.key == _ACCORDING for token in opening)
    named = (token for token in chain(opening, following) if isinstance(token.slot, Name))
    first = next(islice(named, 1 if reported else 0, None), None)
    if first is None:
        return None
    keys = [token.key for token in opening[:1]] + first.key.split()[1:2]
    return None if not term_set(MANY_VALUED).isdisjoint(map(stem, keys)) else first


def _says_besides(change: Change) -> bool:
    """Both have other words of their own beside the value ("produced 100 films", "directed 55"): another story."""
    return all(any(token.content and token.slot is None for token in one) for one in (change.first, change.second))


def _other_time(side: Alignment, slot: Change) -> bool:
    """One of them says when, and the other does not."""
    return any(
        isinstance(token.slot, Measure) and token.slot.when
        for change in side.changes
        if change is not slot
        for token in (*change.first, *change.second)
    )


def _denied(side: Alignment) -> bool:
    """A negation stands in one of them between what both say, or with the same verb."""
    for change in side.changes:
        ours, theirs = ([token.key for token in one] for one in (change.first, change.second))
        if NEGATIONS.isdisjoint(ours) == NEGATIONS.isdisjoint(theirs):
            continue
        near = [token.key for token in (*change.before[-1:], *change.after[:2])]
        if not BY_DEGREES.isdisjoint([*ours, *theirs, *near]):
            return False
        left, right = ([key for key in keys if key not in NEGATIONS | SUPPORT] for keys in (ours, theirs))
        if change.before and left == right and (change.after or left):
            return True
    return False


def _said(frame: Frame, token: Token) -> str:
    return frame.text[token.start : token.end]
