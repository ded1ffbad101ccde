"""The things a passage or claim mentions, by rule: its title's names and capitalised spans.

Decides which spans become entities, how they are named and identified. It does not say of what kind a thing is, and
does not resolve two spellings beyond case, accents, articles, bracketed ends (`text.normalise`) and the legal form of a
firm: more is for `resolve.py`. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from stemma.memory.ingest.ports import NamedSpan
from stemma.memory.ingest.resolve import canonical
from stemma.memory.model import Entity, Mention, Scope
from stemma.memory.names import Name, names
from stemma.memory.text import normalise

ENTITY_LIMIT = 64
"""At most this many entities for one item, in the order of the text: a hostile list of names stays bounded."""

_TITLE_PARTS = re.compile(r" > |: | – | — ")
_BRACKETED_END = re.compile(r"\s*\([^()]*\)$")
_LONGEST_NAME = 120


def entities(scope: Scope, item_id: str, title: str, text: str) -> tuple[list[Entity], list[Mention]]:
    """The entities of one item, each once, in the order of their first mention, and every mention's span of `text`.

    An id follows from tenant, audience and normalised name, so that the same name in another passage is the same
    entity. The spans of one item do not overlap.
    """
    return mentioned(scope, item_id, text, named_spans(title, text))


def named_spans(title: str, text: str) -> list[NamedSpan]:
    """What the text names, in order and without overlap, at most `ENTITY_LIMIT` different names.

    Found are the parts of the title ("Port Merrow > Berths: rules" has three) where the text says them in any case,
    and capitalised spans of at least two letters; a lone word that opens a sentence counts only if the text writes it
    with a capital elsewhere too.
    """
    known: set[str] = set()
    spans: list[NamedSpan] = []
    for start, end, name in sorted(_spans(title, text)):
        key = normalise(name)
        if key not in known and len(known) == ENTITY_LIMIT:
            continue
        known.add(key)
        spans.append(NamedSpan(start, end, canonical(name)))
    return spans


def mentioned(scope: Scope, item_id: str, text: str, spans: Iterable[NamedSpan]) -> tuple[list[Entity], list[Mention]]:
    """The entities and mentions that the spans of a text come to. Other spellings in the text become aliases."""
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    spellings: defaultdict[str, set[str]] = defaultdict(set)
    mentions: list[Mention] = []
    for start, end, name in spans:
        if name not in keys:
            keys[name] = entity_id(scope, name)
        key = keys[name]
        names.setdefault(key, name)
        mentions.append(Mention(item_id, key, start, end))
        if (written := text[start:end]) != name and normalise(written) != normalise(name):
            spellings[key].add(" ".join(written.split()))
    found = [Entity(key, scope, name, aliases=tuple(sorted(spellings.get(key, ())))) for key, name in names.items()]
    return found, mentions


def merged(entities: Iterable[Entity]) -> list[Entity]:
    """Each entity once, with the aliases of all its occurrences, sorted."""
    found: dict[str, Entity] = {}
    for entity in entities:
        known = found.setdefault(entity.id, entity)
        if known.aliases != entity.aliases:
            found[entity.id] = replace(known, aliases=tuple(sorted({*known.aliases, *entity.aliases})))
    return list(found.values())


def entity_id(scope: Scope, name: str) -> str:
    """The id under which this scope knows a name, whatever its spelling. 32 hexadecimal digits."""
    return _entity_id(scope.tenant, scope.audience, normalise(name))


@lru_cache(maxsize=20_000)  # a few names are most of those that a corpus mentions
def _entity_id(*parts: str) -> str:
    return sha256("\x00".join(("entity", *parts)).encode()).hexdigest()[:32]


def _spans(title: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Ranges of the text without overlap, each with the name to show: the title's spelling where it is the title."""
    found = names(text)
    titled = [span for span in _title_spans(title, text) if not _is_part(span, found)]
    yield from titled
    keys = [normalise(name.text) for name in found]
    proven = {key for key, name in zip(keys, found, strict=True) if not name.initial or " " in name.text}
    starts = [start for start, _, _ in titled]
    for key, name in zip(keys, found, strict=True):
        if not _is_name(name.text, key) or (name.initial and key not in proven):
            continue
        before = bisect_left(starts, name.end) - 1
        if before < 0 or titled[before][1] <= name.start:
            yield name.start, name.end, name.text


def _is_part(span: tuple[int, int, str], found: Sequence[Name]) -> bool:
    """Whether a span lies in a longer name: the title "Health" in "World Health Organization" is not meant."""
    start, end, _ = span
    at = bisect_right(found, start, key=lambda name: name.start) - 1
    return at >= 0 and not found[at].initial and found[at].end >= end and found[at].end - found[at].start > end - start


def _is_name(shown: str, key: str) -> bool:
    return len(key) >= 2 and len(shown) <= _LONGEST_NAME and not key.isdigit()


def _title_spans(title: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Where the text says a part of its title, longest parts first."""
    whole = (title, *_TITLE_PARTS.split(title))
    parts = {part.strip() for part in (*whole, *(_BRACKETED_END.sub("", part) for part in whole if ")" in part))}
    longest_first = sorted((part for part in parts if _is_name(part, normalise(part))), key=lambda p: (-len(p), p))
    if not longest_first:
        return
    wanted = {normalise(part): part for part in longest_first}
    lowered = _lowered(text)
    places = [
        (start, order, end) for order, part in enumerate(longest_first) for start, end in _occurrences(part, lowered)
    ]
    reached = 0
    for start, _, end in sorted(places):
        if start >= reached:
            reached = end
            said = text[start:end]
            yield start, end, wanted.get(normalise(said), said)


def _occurrences(part: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Where a text in lower case says all words of a part, as whole words with any white space between them.

    Not by a pattern: each title would need one of its own, and to compile it takes longer than all else here.
    """
    first, *others = _lowered(part).split()
    start = lowered.find(first)
    while start >= 0:
        end = _end_of(lowered, start + len(first), others)
        if end and not (_in_word(lowered[start - 1 : start]) or _in_word(lowered[end : end + 1])):
            yield start, end
        start = lowered.find(first, start + 1)


def _end_of(lowered: str, end: int, words: Sequence[str]) -> int:
    """Where these words end that stand behind `end`, each after white space; 0 where they do not."""
    for word in words:
        start = end
        while lowered[start : start + 1].isspace():
            start += 1
        if start == end or not lowered.startswith(word, start):
            return 0
        end = start + len(word)
    return end


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _lowered(text: str) -> str:
    """In lower case, every character at its place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
