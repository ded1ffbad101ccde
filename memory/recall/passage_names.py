"""Which names a passage answers to: whoever mentions one of them points at this passage.

Decides, by rule, what a title names and what a text defines in its first sentence ("Ada Byron (born 1815) was a …",
"Laytime: the time that …"). It needs no title: where there is none, or the text never says it, the definition stands
in. It refuses to guess deeper into a text, where a name is mentioned, not defined. Pure; the verbs are English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from stemma.memory.text import STOP_WORDS, words

_BRACKETED_END = re.compile(r"\s*\([^()]*\)\s*$")
_HEADINGS = " > "
_VERBS = "is was are were has had became means refers may can will stars played served directed born consists contains"
_DEFINES = re.compile(rf"\s(?:{_VERBS.replace(' ', '|')})\b|\s?[,;(:]|\s[–—-]\s")
_ALSO = re.compile(
    r"\b(?:also|better|commonly|formerly|originally|sometimes) (?:known|called|referred to|titled|published)"
    r"(?: (?:simply|professionally))?(?: as| under the title)? [\"“']?([A-Z][\w'’.\-]*(?: (?:of|the|[A-Z])[\w'’.\-]*)*)"
)
_SHORT_FORM = re.compile(r"\(([A-Z][A-Z0-9&.\-]{1,9})\)")
_ARTICLES = frozenset({"the", "a", "an"})
_LONGEST = 8

DEFINED = 1.0
ALIAS = 0.7
"""Of what a name in brackets or after "also known as" is worth against the name itself."""
FIRST_AND_LAST = 0.5
"""Of what "Ada Byron" is worth where the text defines "Ada Augusta Byron"."""


@lru_cache(maxsize=50_000)
def name_key(name: str) -> str:
    """One spelling of a name as words between single spaces, the way texts are compared; empty when it has no word.

    A bracketed end and a leading article do not count: "The Hague (city)" -> "hague".
    """
    found = words(_BRACKETED_END.sub("", name)) or words(name)
    return " ".join(found[1:] if len(found) > 1 and found[0] in _ARTICLES else found)


def passage_names(title: str, text: str, opening: str) -> dict[str, float]:
    """Keys of the names a passage answers to, each with its strength in (0, 1].

    `text` is the passage's first sentence, `opening` the name that it opens with, if it does. With a title that shares
    a word with what the text defines, the title alone counts: it is the better spelling.
    """
    titled = dict(_titled(title))
    defined = dict(_defined(text, opening))
    said = {word for name in titled for word in name.split()}
    if said & {word for name in defined for word in name.split()}:
        return titled
    return defined | titled


def _titled(title: str) -> Iterator[tuple[str, float]]:
    """The title, its part before a comma if that has several words, and each heading of a path of headings."""
    for part in {title, *title.split(_HEADINGS)}:
        before, comma, _ = _BRACKETED_END.sub("", part).partition(",")
        for name in (part, before if comma and " " in before.strip() else ""):
            if _tells(key := name_key(name)):
                yield key, DEFINED


def _defined(text: str, opening: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    end = _DEFINES.search(text)
    head = text[: end.start()] if end else ""
    key = name_key(head)
    parts = key.split()
    if not (_tells(key) and len(parts) <= _LONGEST and parts[0] not in STOP_WORDS):
        key = name_key(opening)
        return {key: DEFINED} if _tells(key) else {}
    found[key] = DEFINED
    if 2 < len(parts) <= 5 and _is_person_like(head):
        found.setdefault(f"{parts[0]} {parts[-1]}", FIRST_AND_LAST)
    for match in (*_ALSO.finditer(text), *_SHORT_FORM.finditer(text)):
        if _tells(other := name_key(match.group(1))):
            found.setdefault(other, ALIAS)
    return found


def _is_person_like(head: str) -> bool:
    """Every word has a capital and none is a link word: of "Port of Old Merrow" the ends alone mean nothing."""
    return all(word[:1].isupper() and word.lower() not in STOP_WORDS for word in head.split())


def _tells(key: str) -> bool:
    return len(key) > 2 and not key.replace(" ", "").isdigit() and key not in STOP_WORDS
