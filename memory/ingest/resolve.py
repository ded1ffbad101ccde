"""Which names of a source mean the same thing: short forms of a firm's name, declared aliases, slips of the pen.

Decides by what the source itself says, and only where it says nothing by the aliases that memory knows within the
scope: an alias never reaches further than the text that declares it. What was stored before an alias was known keeps
its names. Precision comes first: two names stay two unless a rule is sure. It refuses to guess from a shared word
("Acme" and "Acme Corporation" are not said to be one). Pure; the vectors of near names are made by the caller.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, pairwise

from stemma.memory.ingest.ports import Excerpt, NamedSpan
from stemma.memory.model import Entity
from stemma.memory.text import normalise

NEAR = 0.8
"""Cosine from which the vectors of two names that differ by one letter let them be one."""

_FORMS = {
    "corp": "Corporation",
    "corporation": "Corporation",
    "inc": "Inc",
    "incorporated": "Inc",
    "ltd": "Limited",
    "limited": "Limited",
    "co": "Company",
    "company": "Company",
}
_KNOWN_AS = re.compile(
    r",? ?\(?(?:(?:also|better|commonly|formerly|originally|previously) (?:known|called|referred to)"
    r"(?: simply)?(?: as)?|formerly|a\.?k\.?a\.?|abbreviated(?: as| to)?|or simply|known as) (?:the )?[\"'“‘]?",
    re.IGNORECASE,
)
_SHORT_AFTER = re.compile(r" \((?:the )?[\"'“‘]?([A-Z][A-Za-z.]{1,11})[\"'”’]?[),;]")
_SHORT_BEFORE = re.compile(r"(?<![\w.])([A-Z][A-Za-z.]{1,11}) \((?:the )?\Z")
_INITIALS = re.compile(r"[A-Z](?<![\w&.-].)[A-Z]{2,9}(?![\w&-])")
_SMALL = frozenset({"of", "the", "and", "for", "in", "on", "at", "a", "an", "de", "der", "des", "du", "la", "le"})
_LEAST_LENGTH = 8
"""Of names that are compared letter by letter: in shorter ones a letter makes another name."""
_MOST_ALIASES, _MOST_PAIRS, _MOST_COMPARED, _LONGEST_CHAIN = 256, 64, 20_000, 8
"""What one source is given: it may be made to waste our time."""
_OFTEN = 3
"""How often the right spelling stands there for each time the other does."""


@lru_cache(maxsize=20_000)
def canonical(name: str) -> str:
    """The name with single spaces, and its legal form in one spelling: "Acme Corp" -> "Acme Corporation"."""
    *before, last = name.split()
    form = _FORMS.get(last.rstrip(".").lower()) if before else None
    return " ".join((*before, form or last))


def declared(excerpts: Sequence[Excerpt]) -> dict[str, str]:
    """Alias as it is written -> name, as the texts declare: "World Health Organization (WHO)", "X, also known as Y".

    What is declared for two different names is left out; at most `_MOST_ALIASES`, in the order of the text.
    """
    found: dict[str, set[str]] = {}
    for excerpt in excerpts:
        for alias, name in (*_acronyms(excerpt), *_known_as(excerpt)):
            if normalise(alias) != normalise(name):
                found.setdefault(alias, set()).add(canonical(name))
    sure = {alias: names for alias, names in found.items() if len({normalise(name) for name in names}) == 1}
    return _followed({alias: min(names) for alias, names in islice(sure.items(), _MOST_ALIASES)})


def possible_aliases(excerpts: Sequence[Excerpt]) -> set[str]:
    """What the texts write that may be another source's alias: names of several words, and initials.

    A single ordinary word is none: what one source calls "Bo" is somebody else in the next.
    """
    written = {" ".join(one.text[span.start : span.end].split()) for one in excerpts for span in one.named}
    return {name for name in written if " " in name} | {
        short for one in excerpts for short in _INITIALS.findall(one.text)
    }


def known_aliases(entities: Sequence[Entity], possible: Collection[str]) -> dict[str, str]:
    """Alias as written -> name, of entities that are known; what two different names claim is left out."""
    found: dict[str, set[str]] = {}
    for entity in entities:
        for alias in entity.aliases:
            if alias in possible and normalise(alias) != normalise(entity.name):
                found.setdefault(alias, set()).add(entity.name)
    return {alias: min(names) for alias, names in found.items() if len({normalise(name) for name in names}) == 1}


def near_pairs(excerpts: Sequence[Excerpt]) -> list[tuple[str, str]]:
    """(rare, frequent) names of one source that differ by one letter: added, left out, changed or swapped.

    Both are long, of the same number of words and of the same digits and first letters; the frequent one stands there
    three times as often. Bounded: where too many names begin alike, none of them is compared.
    """
    counts = Counter(span.name for excerpt in excerpts for span in excerpt.named)
    by_letters: dict[tuple[str, ...], list[str]] = {}
    for name in counts:
        if letters := _first_letters(name):
            by_letters.setdefault(letters, []).append(name)
    pairs: list[tuple[str, str]] = []
    for group in by_letters.values():
        often = [name for name in group if counts[name] >= _OFTEN]
        if len(group) * len(often) <= _MOST_COMPARED:
            pairs += [
                (rare, frequent)
                for rare in group
                for frequent in often
                if counts[frequent] >= _OFTEN * counts[rare] and one_apart(normalise(rare), normalise(frequent))
            ]
    return pairs[:_MOST_PAIRS]


@lru_cache(maxsize=20_000)
def _first_letters(name: str) -> tuple[str, ...]:
    """Of the words of a name; none of a name that is not compared letter by letter."""
    if len(name) < _LEAST_LENGTH or any(map(str.isdigit, name)):
        return ()
    return tuple(word[0] for word in normalise(name).split())


def one_apart(one: str, other: str) -> bool:
    """Whether a single edit makes one text of the other: a letter more, less, changed, or two neighbours swapped."""
    short, long = sorted((one, other), key=len)
    if short == long or len(long) - len(short) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    return swapped or short[start + 1 :] == long[start + 1 :]


def resolved(excerpt: Excerpt, same: Mapping[str, str]) -> Excerpt:
    """The excerpt with every span under its resolved name, and with the short forms that its spans had missed.

    `same` maps what is written to names. A short form in capitals is a name wherever it stands; a longer span that
    it ends ("Later WHO") gives way to it.
    """
    if not same:
        return excerpt
    keys = {normalise(alias): name for alias, name in same.items()}
    short = [alias for alias in same if alias.isupper()]
    places: list[NamedSpan] = []
    if short:
        pattern = "|".join(map(re.escape, sorted(short, key=len, reverse=True)))
        found = re.finditer(rf"(?<![\w&.-])(?:{pattern})(?![\w&-])", excerpt.text)
        places = [NamedSpan(*match.span(), same[match.group()]) for match in found]
    taken = {position for place in places for position in range(place.start, place.end)}
    kept = [span for span in excerpt.named if taken.isdisjoint(range(span.start, span.end))]
    named = [NamedSpan(span.start, span.end, keys.get(normalise(span.name), span.name)) for span in kept]
    return Excerpt(excerpt.title, excerpt.text, sorted([*named, *places]))


def _acronyms(excerpt: Excerpt) -> Iterator[tuple[str, str]]:
    """(short, long) for every name with its initials in brackets, or the other way round."""
    for span in excerpt.named if "(" in excerpt.text else ():
        after = _SHORT_AFTER.match(excerpt.text, span.end)
        before = _SHORT_BEFORE.search(excerpt.text, max(0, span.start - 16), span.start)
        for short in (after, before if excerpt.text[span.end : span.end + 1] == ")" else None):
            if short and is_acronym(short.group(1), span.name):
                yield short.group(1), span.name


def _known_as(excerpt: Excerpt) -> Iterator[tuple[str, str]]:
    """(alias, name) for every "X, also known as Y"; initials are the alias, whichever comes first."""
    for first, second in pairwise(excerpt.named):
        if _KNOWN_AS.fullmatch(excerpt.text, first.end, second.start):
            yield (first.name, second.name) if is_acronym(first.name, second.name) else (second.name, first.name)


def is_acronym(short: str, long: str) -> bool:
    """Whether letters are the initials of a longer name, small words counted or not; at least two are capitals."""
    letters = short.replace(".", "")
    if not (2 <= len(letters) <= 10 and letters.isalpha() and sum(map(str.isupper, letters)) >= 2):
        return False
    words = re.findall(r"\w+", long)
    initials = "".join(word[0] for word in words)
    without = "".join(word[0] for word in words if word.lower() not in _SMALL)
    return letters in (initials, initials.upper(), without)


def _followed(same: dict[str, str]) -> dict[str, str]:
    """Aliases of aliases lead to the last name; those that lead round, or too far, are left out."""
    keys = {normalise(alias): name for alias, name in same.items()}
    ends: dict[str, str] = {}
    for alias, name in same.items():
        for _ in range(_LONGEST_CHAIN):
            if (key := normalise(name)) not in keys:
                ends[alias] = name
                break
            name = keys[key]
    return ends
