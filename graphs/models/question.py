"""What a question asks for, read from its words alone.

Decides the kind of answer that would fit (a person, a date, a number, one of two things, yes or no), which of its words
carry weight, and which stand next to the question word. Pure; it refuses to know anything about the world.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from stemma.memory.names import names
from stemma.memory.text import STOP_WORDS, content_terms, fold, normalise, sentences, stem, term_set, words

NAME_WEIGHT = 2.0
"""What a word of a name, or a number, counts beside another word: names tell apart what a passage is about."""


class Kind(StrEnum):
    """What would answer the question."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    """One of two things that the question names."""
    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    REASON = "reason"
    THING = "thing"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the rules see it. Terms are stems, as `content_terms` makes them."""

    text: str
    kind: Kind
    weights: Mapping[str, float]
    """Each term once, in order, with its weight."""
    names: tuple[str, ...]
    """Capitalised phrases and quoted titles, as written."""
    focus: tuple[str, ...]
    """Terms of the noun asked for: "which Bollywood actress" -> bollywood, actress."""
    near: frozenset[str]
    """Terms that stand close to the question word: what is asked *about* the thing."""
    asked: frozenset[str]
    """Terms of `near` that are not a name's: "who is the CEO of Harrow" asks about `ceo`. Empty for yes or no."""
    owner: frozenset[str] = frozenset()
    """Terms of the one name that a question is about and ends with: "who is the CEO of Harrow" -> harrow. Empty where
    what stands there is described ("of the firm that …") or is no name."""
    lead: tuple[str, ...] = ()
    """Up to three words before a question word that stands late: "an annual output of what" -> annual, output, of."""
    measures: bool = False
    """It asks how long, how far, …: a number means nothing without its unit."""
    options: tuple[str, ...] = ()
    """The two things of a choice, as written."""


_YES_NO = re.compile(r"^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", re.IGNORECASE)
_FIRM = re.compile(r"\b(?:what|which|how many|how much)\b", re.IGNORECASE)
_MEASURING = re.compile(r"\bhow (?:long|old|tall|far|high|deep|late|big|large|heavy|wide)\b", re.IGNORECASE)
_ASKING = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_STARTS = re.compile(r"^(?:\W*(?:in|on|at|to|from|for|by|of|under|with|during|since|until|name)\s+)?\W*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,80})[\"”»]")
_OR = re.compile(r"\s*,?\s+or\s+(?:the\s+)?")
_PAIR = re.compile(r"\s+and\s+(?:the\s+)?")

_NOUNS: Mapping[Kind, str] = {
    Kind.TIME: "year date day month century decade",
    Kind.PLACE: "city country state town village province county region island place district location nation",
    Kind.PERSON: """person man woman actor actress singer author writer director player rapper artist politician
        musician manager founder president king queen mother father wife husband son daughter captain composer
        producer""",
    Kind.NUMBER: "number population percentage share amount price cost height length age rate",
}
_KIND_OF_WORD: Mapping[str, Kind] = {
    "who": Kind.PERSON,
    "whom": Kind.PERSON,
    "whose": Kind.PERSON,
    "when": Kind.TIME,
    "where": Kind.PLACE,
    "why": Kind.REASON,
}
_COUNTING = frozenset(("many", "much", "long", "old", "tall", "far", "high", "often", "late", "big", "large"))
_NEAR = 6
_ROLE = re.compile(r"\b(?:who|what|which)\s+(?:is|was|are|were)\s+(?:the\s+|an?\s+)?((?:[\w'-]+\s+){1,3})of\b", re.I)
_OWNER = re.compile(
    r"\W*(?:who|what|which)\s+(?:is|was|are|were)\s+(?:the\s+|an?\s+)?(?:[\w'-]+\s+){1,4}?of\s+(?:the\s+)?(\S.*?)[\s?]*\Z",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\s*\([^()]*\)\Z")
_EMPTY_NOUNS = frozenset(("type", "kind", "name", "sort"))
_OPENERS = frozenset(("name", "both", "besides", "between"))


def analyse(text: str) -> Question:
    """Read a question. Any text is accepted; one without a question word asks for a thing."""
    asking = _asking_word(text)
    options = _options(text)
    named = _named(text)
    near = _near(text, asking)
    focus = _focus(text[asking.end() :]) if asking and asking.group().lower() in ("what", "which", "whose") else ()
    kind = _kind(text, asking, focus, options)
    return Question(
        text=text,
        kind=kind,
        weights=_weights(text, named),
        names=named,
        focus=focus,
        near=near,
        asked=_asked(text, kind, named, near),
        owner=_owner(text, named),
        lead=_lead(text, asking),
        measures=bool(_MEASURING.search(text)),
        options=options,
    )


def _asking_word(text: str) -> re.Match[str] | None:
    """The word that asks: at the start where there is one; otherwise the last, and "who" only when nothing else."""
    found = list(_ASKING.finditer(text))
    if not found:
        return None
    lead = _STARTS.match(text)
    if lead and found[0].start() <= lead.end():
        return found[0]
    firm = [match for match in found if match.group().lower() not in ("who", "whom", "whose")]
    whom = [match for match in found if match.group().lower() == "whom" or text[match.end() :].strip() in ("", "?")]
    return (whom or firm or found)[-1]


def _focus(following: str) -> tuple[str, ...]:
    """The words of the noun that follows, up to the next function word; capitalised ones are left out."""
    terms: list[str] = []
    for match in _WORD.finditer(following):
        word = match.group()
        if word.lower() in STOP_WORDS:
            if terms:
                break
        elif word.lower() not in _EMPTY_NOUNS:
            terms.append("" if word[0].isupper() else stem(fold(word)))
    return tuple(term for term in terms[:4] if term)


def _kind(text: str, asking: re.Match[str] | None, focus: tuple[str, ...], options: tuple[str, ...]) -> Kind:
    last = sentences(text)[-1].text if sentences(text) else text
    if _YES_NO.match(last.strip()) and not _FIRM.search(last):
        return Kind.CHOICE if options else Kind.YES_NO
    if options:
        return Kind.CHOICE
    if asking is None:
        return Kind.THING
    word = asking.group().lower()
    if word == "how":
        following = words(text[asking.end() :])[:1]
        return Kind.NUMBER if following and following[0] in _COUNTING else Kind.THING
    if word in _KIND_OF_WORD and not focus:
        return _KIND_OF_WORD[word]
    named = (kind for term in reversed(focus) for kind, nouns in _NOUNS.items() if term in term_set(nouns))
    return next(named, Kind.THING)


def _options(text: str) -> tuple[str, ...]:
    """Two names with "or" between them at the end of a question that chooses: "…, Guitar World or Science News?"."""
    for left, right in pairwise(names(text)):
        if _OR.fullmatch(text[left.end : right.start]) and not text[right.end :].strip(" ?.\"'"):
            return (left.text, right.text)
    return ()


def _named(text: str) -> tuple[str, ...]:
    found = [match.group(1) for match in _QUOTED.finditer(text)]
    for name in names(text):
        if not (name.initial and name.text.lower() in _OPENERS):
            found.append(name.text)
            found.extend(part for part in _PAIR.split(name.text) if part != name.text)
    return tuple(dict.fromkeys(name for name in found if normalise(name)))


def _weights(text: str, named: tuple[str, ...]) -> dict[str, float]:
    heavy = {term for name in named for term in content_terms(name)}
    return {
        term: NAME_WEIGHT if term in heavy or term[0].isdigit() else 1.0 for term in dict.fromkeys(content_terms(text))
    }


def _near(text: str, asking: re.Match[str] | None) -> frozenset[str]:
    if asking is None:
        return frozenset()
    after = content_terms(text[asking.end() :])[:_NEAR]
    before = content_terms(text[: asking.start()])[-_NEAR // 2 :]
    return frozenset(after if len(after) >= _NEAR // 2 else after + before)


def _asked(text: str, kind: Kind, named: tuple[str, ...], near: frozenset[str]) -> frozenset[str]:
    if kind in (Kind.YES_NO, Kind.CHOICE):
        return frozenset()
    match = _ROLE.search(text)
    role = [word for word in words(match.group(1)) if word not in _EMPTY_NOUNS] if match else []
    of_names = {term for name in named for term in content_terms(name)}
    return frozenset(content_terms(" ".join(role))) or near - of_names


def _owner(text: str, named: tuple[str, ...]) -> frozenset[str]:
    match = _OWNER.match(text)
    name = _BRACKETED.sub("", match.group(1)) if match else ""
    return frozenset(content_terms(name)) if name in named else frozenset()


def _lead(text: str, asking: re.Match[str] | None) -> tuple[str, ...]:
    if asking is None or len(content_terms(text[: asking.start()])) < _NEAR // 2:
        return ()
    before = words(text[: asking.start()])[-3:]
    while before and before[0] in STOP_WORDS:
        before = before[1:]
    return tuple(before[-2:] if before[-1:] and before[-1] not in STOP_WORDS else before)
