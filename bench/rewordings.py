"""Other ways of saying what a sentence says: number and date formats, voices, synonyms, order, more and fewer details.

Decides how a sentence is reworded so that it stays true whenever it was. Each function gives another sentence, or None
where its way does not apply. Made for `bench.contradictions`, apart from the rules that are measured with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

NAME = r"[A-Z][\w'’.-]*(?: (?:of |the |de |von )?[A-Z][\w'’.-]*){0,3}"
_SUMMER = ("April", "May", "June", "July", "August", "September")
MONTHS = ("January", "February", "March", *_SUMMER, "October", "November", "December")
_MONTH = "|".join(MONTHS)
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_DATE = re.compile(rf"\b(?P<day>\d{{1,2}}) (?P<month>{_MONTH}) (?P<year>\d{{4}})\b")
_AMERICAN = re.compile(rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})\b")
_NUMBER = re.compile(r"(?<![\w.,$€£-])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,3})(?= (?!(?:" + _MONTH + r")\b)[a-z]{3,})")
_SPELLED = re.compile(r"(?<![\w-])(" + "|".join(_SMALL[2:]) + r")(?= [a-z]{3,})")
_PASSIVE = re.compile(
    rf"^(?P<thing>(?:The )?{NAME})(?: \([^()]*\))? (?:(?:is|was) an? (?:\d{{4}} )?[\w -]+?|is|was|were)"
    r" (?P<verb>directed|founded|written|designed|built|published|produced|composed|developed|owned|created|acquired"
    rf"|established|released|recorded) by (?P<who>{NAME})(?:,? (?:and|in|on|starring|who|which) .*)?\.$"
)
_ACTIVE = {"written": "wrote", "built": "built", "owned": "owns"}
_FRONTED = re.compile(r"^In (?P<year>\d{4}), (?P<rest>.+)\.$")
_TRAILING = re.compile(r"^(?P<rest>[^,;()]+) in (?P<year>\d{4})\.$")
_BRACKETED = re.compile(r" \([^()]*\)")
_TAIL = re.compile(r"^(?P<head>.{30,}?\d?[\w)]),? (?:which|who|whose|where|while|although|including) .+\.$")
_LIST_TAIL = re.compile(r"^(?P<head>.{40,}?\w) and (?P<tail>[a-z].+)\.$")
_SYNONYMS = {
    "film": "movie", "located": "situated", "founded": "established", "began": "started", "purchased": "bought",
    "bought": "purchased", "approximately": "about", "large": "big", "primarily": "mainly", "also": "likewise",
    "city": "town", "famous": "well-known", "known as": "called", "several": "a number of", "company": "firm",
    "located in": "lying in", "constructed": "built", "built": "constructed", "married": "wedded",
    "university": "college", "died": "passed away", "created": "made", "near": "close to", "received": "got",
    "because": "since", "must": "has to", "ships": "vessels", "ship": "vessel", "contract": "agreement",
    "begins": "starts", "ends": "expires", "annual": "yearly", "released": "issued", "carries": "transports",
    "pays": "remits", "supplier": "vendor", "employees": "workers", "song": "track", "novel": "book",
    "written": "penned", "is a": "remains a", "was a": "had been a", "United States": "US", "member": "part",
}  # fmt: skip


def numbers(text: str, draw: Random) -> str | None:
    """1,200 = 1200 = twelve hundred = 1.2 thousand; 12 = twelve; 5 % = 5 percent; 5 million = 5,000,000."""
    forms: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
        (re.compile(r"\b(\d+(?:\.\d+)?) ?%"), lambda m: f"{m[1]} percent"),
        (re.compile(r"\b(\d+(?:\.\d+)?) percent\b"), lambda m: f"{m[1]} %"),
        (re.compile(r"\b(\d{1,3}) million\b"), lambda m: f"{m[1]},000,000"),
        (re.compile(r"\b(\d{1,3}(?:\.\d)?) million\b"), lambda m: f"{int(float(m[1]) * 1_000_000):,}"),
        (_NUMBER, lambda m: _rewritten(m["n"], draw)),
        (_SPELLED, lambda m: str(_SMALL.index(m[1]))),
    ]
    for pattern, form in forms:
        if pattern.search(text):
            reworded = pattern.sub(form, text, count=1)
            return reworded if reworded != text else None
    return None


def _rewritten(number: str, draw: Random) -> str:
    value = int(number.replace(",", ""))
    forms = []
    if value <= 12:
        forms.append(_SMALL[value])
    if value >= 1_000:
        forms.append(str(value))
        if value % 100 == 0:
            forms.append(f"{value / 1_000:g} thousand")
        if value % 100 == 0 and value < 1_300:
            forms.append(f"{_SMALL[value // 100]} hundred")
    return draw.choice(forms) if forms else number


def dates(text: str, draw: Random) -> str | None:
    """3 May 1952 = May 3, 1952 = 1952-05-03 = the 3rd of May 1952."""
    for pattern in (_DATE, _AMERICAN):
        if match := pattern.search(text):
            day, month, year = int(match["day"]), match["month"], match["year"]
            forms = [f"{day} {month} {year}", f"{month} {day}, {year}", f"{year}-{MONTHS.index(month) + 1:02}-{day:02}"]
            form = draw.choice([one for one in forms if one != match.group()])
            return text[: match.start()] + form + text[match.end() :]
    return None


def less_exact_date(text: str, draw: Random) -> str | None:
    """On 3 May 1952 -> in May 1952 or in 1952."""
    match = re.search(rf"\bon {_DATE.pattern}", text) or re.search(rf"\bon {_AMERICAN.pattern}", text)
    if match is None:
        return None
    when = draw.choice((match["year"], f"{match['month']} {match['year']}"))
    return text[: match.start()] + f"in {when}" + text[match.end() :]


def voice(text: str, _draw: Random) -> str | None:
    """X was directed by Y -> Y directed X."""
    if not (match := _PASSIVE.match(text)):
        return None
    verb = _ACTIVE.get(match["verb"], match["verb"])
    return f"{match['who']} {verb} {match['thing'].replace('The ', 'the ', 1)}."


def order(text: str, _draw: Random) -> str | None:
    """In 1952, X moved -> X moved in 1952; and back."""
    if match := _FRONTED.match(text):
        return f"{match['rest']} in {match['year']}."
    if match := _TRAILING.match(text):
        return f"In {match['year']}, {match['rest']}."
    return None


def synonyms(text: str, draw: Random) -> str | None:
    """One to three words for others that mean the same here."""
    usable = [word for word in _SYNONYMS if re.search(rf"\b{word}\b", text)]
    if not usable:
        return None
    reworded = text
    for word in draw.sample(usable, min(len(usable), draw.randint(1, 3))):
        reworded = re.sub(rf"\b{word}\b", _SYNONYMS[word], reworded, count=1)
    return reworded


def dropped(text: str, _draw: Random) -> str | None:
    """Without a bracket, or without the clause at the end."""
    if _BRACKETED.search(text):
        return _BRACKETED.sub("", text)
    for pattern in (_TAIL, _LIST_TAIL):
        if match := pattern.match(text):
            return match["head"].rstrip(",") + "."
    return None


def added(text: str, draw: Random) -> str | None:
    """With something more, which excludes nothing."""
    tail = draw.choice(
        (
            ", as the local archive has it",
            ", and the records were never lost",
            ", which took 3 years to document",
            ", a fact that was confirmed on 4 March 2011",
            ", according to Marta Lindholm",
            ", and it is not disputed",
        )
    )
    return text[:-1] + tail + "." if text.endswith(".") and len(text) < 220 else None


def reported(text: str, draw: Random) -> str | None:
    """Somebody says it."""
    head = draw.choice(
        ("According to the report, ", "It is on record that ", "The register states that ", "It is not in doubt that ")
    )
    first = text.split(" ", 1)[0]
    return head + (text[0].lower() + text[1:] if first in ("The", "A", "An", "In", "It") else text)


def rough(text: str, draw: Random) -> str | None:
    """1,234 -> about 1,200."""
    for match in _NUMBER.finditer(text):
        value = int(match["n"].replace(",", ""))
        before = text[max(0, match.start() - 12) : match.start()]
        if value >= 30 and not re.search(r"about|around|least|most|than|over|only|exactly", before):
            near = round(value, -(len(str(value)) - 2)) or value
            return text[: match.start()] + draw.choice(("about ", "roughly ")) + f"{near:,}" + text[match.end() :]
    return None


REWORDINGS: Mapping[str, Callable[[str, Random], str | None]] = {
    "number format": numbers,
    "date format": dates,
    "less exact date": less_exact_date,
    "voice": voice,
    "order": order,
    "synonyms": synonyms,
    "detail dropped": dropped,
    "detail added": added,
    "reported": reported,
    "rough number": rough,
}
