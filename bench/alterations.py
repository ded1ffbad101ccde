"""A sentence changed in one slot so that it excludes what it said: another number, date or name, or the negation.

Decides by forms of its own which sentences have such a slot: what there is one of. A label ("section 5"), a bound ("at
least 5"), a time at which something else holds ("in 2019 it sold 5"), and one name of several ("starring") have none.
And changes that look alike and exclude nothing: another time, another subject, another one of many, another kind of the
same. Made for `bench.contradictions`, apart from the rules that are measured with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from bench.rewordings import MONTHS, NAME

_MONTH = "|".join(MONTHS)
_NUMBER = re.compile(
    r"(?P<before>^|[\w,:(] ?)(?<![\w.,$€£#-])(?P<money>[$€£]?)(?P<n>\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d+)?)"
    r"(?P<after> (?:million|billion|percent|%|[a-z]{3,}))"
)
_NOT_MEASURED = re.compile(
    r"(?:at least|at most|more than|less than|over|under|up to|between|about|around|nearly|almost|roughly|some|no"
    rf"|approximately|number|section|chapter|article|season|episode|{_MONTH}|route|highway|level|grade"
    r"|and|to|or|by) ?$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:[a-z,] |[\"(-])[A-Z][\w'’.-]*$|[A-Z]{2,}$|^[\w ]*[A-Z][\w'’.-]*$")
"""A number after a name is a part of it."""
_ONCE = re.compile(
    r"\b(?P<verb>born|died|founded|established|opened|released|published|built|completed|launched|signed|formed|married"
    r"|incorporated|premiered|closed|abolished|discovered|expires|ends|due)"
    rf"(?P<between>(?: \w+){{0,2}}? (?:in|on) )(?P<date>(?:(?:\d{{1,2}} )?(?:{_MONTH}) (?:\d{{1,2}}, )?)?\d{{4}})\b"
)
_ONE_NAME = re.compile(
    r"\b(?P<verb>directed by|written by|founded by|composed by|designed by|born in|buried in|located in"
    r"|headquartered in|based in|owned by|published by|married to|succeeded by|acquired by"
    r"|created by|built by|named after|capital of|died in"
    rf"|killed by|supplied by|operated by|painted by|discovered by) (?P<name>{NAME})"
    r"(?=[.,;]| (?:in|on|and|who|which)\b)"
)
_ROLE_NAME = re.compile(
    rf"\b(?P<verb>(?:[Tt]he (?:\w+ ){{0,2}}\w+ of (?:the )?{NAME}|its \w+(?: \w+)?) (?:is|was)) (?P<name>{NAME})"
    r"(?=[.,;])"
)
_MANY_NAMES = re.compile(
    r"\b(?P<verb>starring|played for|appeared in|member of|worked with|includes|including|wrote|visited|toured|supplies"
    r"|such as|collaborated with|influenced by|plays for|featured|recorded|performed in|friend of|studied at|taught at)"
    rf" (?P<name>{NAME})(?=[.,;]| (?:in|on|and|who|which)\b)"
)
_AUXILIARY = re.compile(
    r"\b(?P<aux>is|was|are|were|has been|have been|can|will|must|may|has|have)\b(?! (?:not|never|no)\b)"
)
_PAST = {
    "won": "win", "played": "play", "directed": "direct", "wrote": "write", "served": "serve", "became": "become",
    "moved": "move", "joined": "join", "received": "receive", "released": "release", "worked": "work",
    "married": "marry",
    "died": "die", "lived": "live", "founded": "found", "opened": "open", "appeared": "appear", "made": "make",
    "began": "begin", "raised": "raise", "sold": "sell", "covers": "cover", "includes": "include",
}  # fmt: skip
_PRESENT = {"covers", "includes"}
_WHEN = re.compile(r"\b[Ii]n (?P<year>1[89]\d\d|20[0-2]\d)\b")
_AGAIN = re.compile(
    r"\b(?:played|won|sold|carried|reported|visited|toured|hosted|ran|arrived|scored|competed|appeared|raised|moved"
    r"|performed|recorded|served|worked|lost|finished|returned|taught|held|paid|shipped|had|were|cost)\b"
)
"""What may be so at one time and again at another."""
_HEAD = re.compile(r"\b(?:[Tt]he|[Ii]ts|[Tt]heir) (?=[a-z]{4,})")
_SUBJECT = re.compile(rf"^(?:The )?(?P<name>{NAME})(?= (?:is|was|has|had|are|were|[a-z]+(?:ed|s))\b)")


def number(text: str, draw: Random, _names: Sequence[str]) -> str | None:
    """Another number of something that is counted or measured."""
    for match in _NUMBER.finditer(text):
        before = text[: match.start("n")].rstrip("$€£ ")
        if _NOT_MEASURED.search(before) or _NAMED.search(before) or match["n"] in ("0", "1"):
            continue
        return text[: match.start("n")] + _other_number(match["n"], draw) + text[match.end("n") :]
    return None


def _other_number(written: str, draw: Random) -> str:
    if "." in written:
        return f"{float(written) * draw.choice((0.4, 1.5, 2.2)):.1f}"
    value = int(written.replace(",", ""))
    other = max(2, round(value * draw.choice((0.4, 0.6, 1.5, 2.0, 3.0))))
    other = other if other != value else value + 2
    return f"{other:,}" if "," in written else str(other)


def date(text: str, draw: Random, _names: Sequence[str]) -> str | None:
    """Another date of what happens once."""
    if not (match := _ONCE.search(text)):
        return None
    year = match["date"][-4:]
    other = str(int(year) + draw.choice((-9, -4, -2, 3, 6, 11)))
    changed = match["date"][:-4] + other
    months = [month for month in MONTHS if month in match["date"]]
    if months and draw.random() < 0.5:
        changed = match["date"].replace(months[0], draw.choice([one for one in MONTHS if one != months[0]]))
        changed = re.sub(r"\b(?:29|30|31)\b", "28", changed)
    return text[: match.start("date")] + changed + text[match.end("date") :]


def name(text: str, draw: Random, names: Sequence[str]) -> str | None:
    """Another name where there is one."""
    match = _ONE_NAME.search(text) or _ROLE_NAME.search(text)
    return _renamed(text, match, draw, names) if match else None


def negation(text: str, draw: Random, _names: Sequence[str]) -> str | None:
    """The opposite."""
    if match := _AUXILIARY.search(text):
        said = match["aux"]
        if said in ("has", "have"):
            return None
        denied = said.replace(" been", " not been") if " " in said else f"{said} {draw.choice(('not', 'not', 'never'))}"
        return text[: match.start()] + denied + text[match.end() :]
    for verb, plain in _PAST.items():
        if re.search(rf"\b{verb}\b", text):
            return re.sub(rf"\b{verb}\b", f"{'does' if verb in _PRESENT else 'did'} not {plain}", text, count=1)
    return None


ALTERATIONS: Mapping[str, Callable[[str, Random, Sequence[str]], str | None]] = {
    "number": number,
    "date": date,
    "name": name,
    "negation": negation,
}


def another_of_many(text: str, draw: Random, names: Sequence[str]) -> str | None:
    """Starring somebody else, too."""
    return _renamed(text, match, draw, names) if (match := _MANY_NAMES.search(text)) else None


def another_time(text: str, draw: Random, names: Sequence[str]) -> str | None:
    """In another year, and something else of then."""
    match = _WHEN.search(text)
    if match is None or _ONCE.search(text) or not _AGAIN.search(text):
        return None
    moved = (
        text[: match.start("year")] + str(int(match["year"]) + draw.choice((-6, -3, 2, 4))) + text[match.end("year") :]
    )
    return number(moved, draw, names) or moved


def another_subject(text: str, draw: Random, names: Sequence[str]) -> str | None:
    """Of somebody else, with another number or date."""
    if not (match := _SUBJECT.match(text)):
        return None
    changed = number(text, draw, names) or date(text, draw, names) or text
    other = draw.choice([one for one in names if len(one.split()) == len(match["name"].split())] or list(names))
    return changed.replace(match["name"], other, 1) if other != match["name"] else None


def another_kind(text: str, draw: Random, names: Sequence[str]) -> str | None:
    """Its minimum, its former one, the northern one: another value of another thing."""
    changed = number(text, draw, names) or name(text, draw, names)
    if changed is None:
        return None
    place = next((n for n, (one, two) in enumerate(zip(text, changed, strict=False)) if one != two), 0)
    heads = [match.end() for match in _HEAD.finditer(changed, max(0, place - 60), place)]
    if not heads or "," in changed[heads[-1] : place]:
        return None
    kind = draw.choice(("former ", "average ", "minimum ", "deputy ", "northern ", "initial "))
    return changed[: heads[-1]] + kind + changed[heads[-1] :]


LOOK_ALIKES: Mapping[str, Callable[[str, Random, Sequence[str]], str | None]] = {
    "another of many": another_of_many,
    "another time": another_time,
    "another subject": another_subject,
    "another kind": another_kind,
}


def _renamed(text: str, match: re.Match[str], draw: Random, names: Sequence[str]) -> str | None:
    said = match["name"]
    alike = [one for one in names if len(one.split()) == len(said.split()) and not set(one.split()) & set(text.split())]
    return text[: match.start("name")] + draw.choice(alike) + text[match.end("name") :] if alike else None
