"""How a text is cut and compared: sentences with exact offsets, folded and stemmed terms, normalised names.

Decides what counts as a sentence and as a content word, once, for search, grounding, entities and the extractive
model alike. Pure; it refuses to guess meaning: names stand in `names.py`, numbers and dates in `quantities.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from threading import Lock
from typing import Any, NamedTuple


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS = _set(
    """a about above after again against all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each either else even ever every few for from further had has
    have having he her here hers herself him himself his how however i if in into is it its itself just let may me
    might more most much must my myself neither no nor not now of off on once only onto or other our ours ourselves out
    over own per quite rather same shall she should so some such than that the their theirs them themselves then there
    these they this those though through thus to too under until up upon us very via was we were what when where
    whether which while who whom whose why will with within without would yet you your yours yourself
    don doesn didn isn aren wasn weren hasn haven hadn wouldn couldn shouldn"""
)

_NEVER_LAST = _set("mr mrs ms dr prof gen col lt capt sgt rev hon st mt ft vs cf eg e.g ie i.e fig figs eq")
_MAYBE_LAST = _set(
    """inc ltd co corp etc jr sr al approx dept est ca jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m
    bros vol ed eds ph.d u.s u.k u.n e.u d.c"""
)
_BEFORE_NUMBER = _set("no nos nr art sec para pp p")
_OPENERS = _set(
    """the a an this that these those it he she they we you i in on at by for from with when while if as after before
    during however but and or so then there here its his her their our my both all some no one each many most what who
    which where how why"""
)

_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
"""For `str.translate`: what `_WORD` finds in a text of ASCII, the rest as spaces; in half the time."""
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_CLITIC = re.compile(r"['’](?:s|t|d|m|ll|ve|re)(?!\w)", re.IGNORECASE)
_BRACKETED_END = re.compile(r"\([^()]*\)\s*$")
_ARTICLE = re.compile(r"^(?:the|an?) (?=.)")
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")

_LINE = re.compile(r"[^\r\n]+")
_MARKER = re.compile(r"[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-*+•‣◦–][ \t]+|\(?\d{1,3}[.)][ \t]+|\|[ \t]*)?")
_FULL_STOP = re.compile(
    r"[.!?…。！？](?:(?<=[.!?…])[.!?…]*[\"'”’»)\]*_]*(?:[ \t]?\[\d{1,3}\])*(?=\s)|(?<=[。！？])[。！？]*[”’」』）]*)"
)
"""Its first character stands first and by itself: so a text is searched for it four times as fast."""
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]++$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[*_¿¡]*(\w[\w']*)?")
_SHORT_LINE = 50

_stemmer_lock = Lock()


class Sentence(NamedTuple):
    """One sentence: `text` is exactly characters [start, end) of what was cut."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """The sentences of a plain or Markdown text, in order, without overlap; nothing but white space, list and heading
    marks and runs without a letter or digit lies between them. Abbreviations ("Dr.", "No. 5", "J. Smith") do not end
    a sentence, a citation mark after the full stop ("… closed. [1]") belongs to the sentence before it.
    """
    return list(_sentences(text))


@lru_cache(maxsize=1_024)  # of each passage that is ingested they are asked for three times
def _sentences(text: str) -> Sequence[Sentence]:
    found: list[Sentence] = []
    for start, end in _blocks(text):
        cursor = start
        for stop in _FULL_STOP.finditer(text, start, end):
            if stop.start() >= cursor and _ends_sentence(text, cursor, stop, end):
                _append(found, text, cursor, stop.end())
                cursor = stop.end()
        _append(found, text, cursor, end)
    return found


def _append(found: list[Sentence], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip().rstrip("|").rstrip()
    if _WORD.search(piece):
        found.append(Sentence(piece, start, start + len(piece)))


def _blocks(text: str) -> list[tuple[int, int]]:
    """Ranges in which a line break is only a wrapped line: paragraphs, list items, headings, table rows."""
    blocks: list[tuple[int, int]] = []
    previous = ""
    previous_end = 0
    for line in _LINE.finditer(text):
        mark = _MARKER.match(text, line.start(), line.end())
        start = mark.end() if mark else line.start()
        marked = start > line.start() and bool(text[line.start() : start].strip())
        content = text[start : line.end()].strip()
        blank_between = text.count("\n", previous_end, line.start()) > 1 or not content
        if blocks and content and not (marked or blank_between) and _wraps(previous, content):
            blocks[-1] = (blocks[-1][0], line.end())
        else:
            blocks.append((start, line.end()))
        previous = "" if text[line.start() : start].lstrip().startswith(("#", "|")) else content
        previous_end = line.end()
    return blocks


def _wraps(previous: str, content: str) -> bool:
    """Whether a line goes on the line before it: a short line followed by a capital is a line of its own."""
    if not previous:
        return False
    return len(previous) >= _SHORT_LINE or content[0].islower()


def _ends_sentence(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    if stop.group()[0] in "。！？":
        return True
    following = _NEXT_WORD.match(text, stop.end(), end)
    word = following.group(1) if following else None
    if not word:
        return True
    if word[0].islower():
        return False
    if stop.group()[0] != ".":
        return True
    last = _LAST_WORD.search(text[max(start, stop.start() - 24) : stop.start()])
    return _full_stop_after(last.group() if last else "", word)


def _full_stop_after(last: str, following: str) -> bool:
    key = last.lower()
    if key in _NEVER_LAST:
        return False
    if key in _BEFORE_NUMBER:
        return not following[0].isdigit()
    if key in _MAYBE_LAST or (len(last) == 1 and last.isalpha() and last.isupper()):
        return following.lower() in _OPENERS
    return True


def fold(text: str) -> str:
    """Case and accents folded: "Ångström" and "angstrom" are the same text. Lengths may change."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())  # "𝐀" decomposes to "A"
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Snowball English stem of one folded word. Memories keep stems: another algorithm is another memory."""
    with _stemmer_lock:  # the stemmer keeps its word in itself, and texts are also indexed in threads
        return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import Stemmer  # native code, which a command's help has no need of

    return Stemmer.Stemmer("english", 0)  # it needs no cache of its own


def words(text: str) -> list[str]:
    """All words, folded, in order, stop words included: "Lloyd's 1,200 tons" -> lloyd, 1200, tons.

    Runs of ideographs and kana, which are written without spaces, give their overlapping pairs.
    """
    folded = _THOUSANDS.sub("", fold(_without_clitics(text)))
    if folded.isascii():
        return folded.translate(_ASCII_WORDS).split()
    found: list[str] = []
    for word in _WORD.findall(folded):
        if word.isascii() or not _IDEOGRAPHS.search(word):
            found.append(word)
        else:
            found.extend(_pairs(word))
    return found


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]


def content_terms(text: str) -> list[str]:
    """The words that carry meaning, folded and stemmed, in order and with repetitions; letters and digits only."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=50_000)
def normalise(name: str) -> str:
    """One spelling for a name: folded, punctuation to single spaces, without a possessive, a leading article or a
    bracketed end ("The Hague (city)" -> "hague"). Empty only when the name has no letter or digit.
    """
    plain = _squeeze(name)
    short = _ARTICLE.sub("", _squeeze(_BRACKETED_END.sub("", name)) if ")" in name else plain)
    return short or plain


def _squeeze(name: str) -> str:
    return " ".join(_WORD.findall(fold(_without_clitics(name))))


def _without_clitics(text: str) -> str:
    """Most texts have none, and to look for an apostrophe costs a tenth of what the pattern does."""
    return _CLITIC.sub("", text) if "'" in text or "’" in text else text


@cache
def term_set(fixed: str) -> frozenset[str]:
    """The content terms of a list of words in the code, worked out at its first use: a command's help needs none."""
    return frozenset(content_terms(fixed))
