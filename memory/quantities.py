"""Numbers, percentages, amounts and dates in running text, each as a value that can be compared.

Decides when two ways of writing mean the same quantity: 1,200 = 1200 = twelve hundred; 5 % = five percent;
3 May 2024 = 2024-05-03. It converts no units: 5 km, 5 days and 5,000 m are three quantities. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

DATE, ORDINAL, PERCENT = "date", "ordinal", "%"

_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_SMALL = dict(
    zip(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            *_TEENS,
        ),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), range(20, 100, 10), strict=True)
)
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ORDINALS = dict(
    zip(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
        range(1, 10),
        strict=True,
    )
)
_VAGUE = frozenset({"one", "first", "second"})
_NUMBER_WORDS = frozenset({*_SMALL, *_TENS, *_ORDINALS, "dozen"})
"""With what a number in words begins."""

_SUMMER = ("April", "May", "June", "July", "August", "September")
_MONTH_NAMES = ("January", "February", "March", *_SUMMER, "October", "November", "December")
_MONTHS = {
    spelling: number
    for number, name in enumerate(_MONTH_NAMES, 1)
    for short in {name, name[:3], name[:4]}
    for spelling in (short, short.upper())
}
_UNITS = {
    unit: words[0]
    for words in (
        ["%", "percent", "per cent", "pct", "percentage"],
        ["usd", "dollar", "dollars", "$"],
        ["eur", "euro", "euros", "€"],
        ["gbp", "pound", "pounds", "£"],
        ["jpy", "yen", "¥"],
        ["second", "seconds", "sec"],
        ["minute", "minutes", "min", "mins"],
        ["hour", "hours", "hr", "hrs", "h"],
        ["day", "days"],
        ["week", "weeks"],
        ["month", "months"],
        ["year", "years", "yr", "yrs"],
        ["decade", "decades"],
        ["century", "centuries"],
        ["mm", "millimetre", "millimetres", "millimeter", "millimeters"],
        ["cm", "centimetre", "centimetres", "centimeter", "centimeters"],
        ["metre", "m", "metres", "meter", "meters"],
        ["km", "kilometre", "kilometres", "kilometer", "kilometers", "kms"],
        ["mile", "miles"],
        ["foot", "feet", "ft"],
        ["inch", "inches"],
        ["gram", "grams", "g"],
        ["mg", "milligram", "milligrams"],
        ["kg", "kilogram", "kilograms", "kilo", "kilos"],
        ["tonne", "tonnes", "ton", "tons"],
        ["ounce", "ounces", "oz"],
        ["litre", "litres", "liter", "liters", "l"],
        ["ml", "millilitre", "millilitres", "milliliter", "milliliters"],
        ["cup", "cups"],
        ["degree", "degrees"],
        ["knot", "knots"],
        ["mb", "megabyte", "megabytes"],
        ["gb", "gigabyte", "gigabytes"],
    )
    for unit in words
}

_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?<![\d-])(?P<year>\d{4})-(?P<number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?![\d-])",
        r"(?<![\w.,])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?: of)? " + _MONTH + r"(?:,? (?P<year>\d{4})(?!\d))?",
        r"\b" + _MONTH + r" (?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\w%]|[.,]\d)(?:,? (?P<year>\d{4})(?!\d))?",
        r"\b" + _MONTH + r",?(?: of)? (?P<year>\d{4})(?!\d)",
    )
]
_DATE_DIGITS = re.compile(r"\d")
"""Every date has one."""
_TOKEN = re.compile(
    r"(?P<currency>[$€£¥]|\b(?:USD|EUR|GBP|JPY) )?(?<![\w.])(?P<sign>[-−])?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"|(?P<word>\b(?![Aa]nd\b)[A-Za-z]+\b)"
)
_FOLLOWING = re.compile(r"[ \t\n-]?(%|[Pp]er cent\b|[^\W\d_]+|[$€£¥])")
_JOIN = re.compile(r"[ \t\n]|-|,? and ")


@dataclass(frozen=True, slots=True)
class Quantity:
    """Characters [start, end) of the text; an equal `value` and `unit` is the same quantity."""

    value: str
    """A plain decimal ("1200", "-3.5"); of a date what is known of year, month and day ("2024-05-03", "?-05-03")."""
    unit: str
    """"" where none is known, "%", a currency code, "date", "ordinal", or a unit's usual name ("day", "km")."""
    start: int
    end: int
    vague: bool = False
    """"one", "first", "second": as often a pronoun or a connecting word as a quantity."""


def quantities(text: str) -> list[Quantity]:
    """All quantities, in the order of the text, without overlap."""
    found = _dates(text)
    for date in found:
        text = text[: date.start] + "\x00" * (date.end - date.start) + text[date.end :]
    found.extend(_numbers(text))
    return sorted(found, key=lambda quantity: quantity.start)


def missing(stated: Collection[Quantity], evidence: Collection[Quantity]) -> list[Quantity]:
    """Those stated quantities that no evidence bears out; vague ones are passed over.

    A number is borne out by the same value with the same unit, or where one of the two has none. A date is borne out
    when each of its parts is, a bare year also by a date of that year.
    """
    dates = [quantity.value.split("-") for quantity in evidence if quantity.unit == DATE]
    units: dict[str, set[str]] = {}
    for quantity in evidence:
        units.setdefault(quantity.value, set()).add(quantity.unit)
    for year, *_ in dates:
        units.setdefault(year, set()).add("")
    return [
        quantity
        for quantity in stated
        if not quantity.vague
        and not (
            _date_borne_out(quantity, dates, units) if quantity.unit == DATE else _number_borne_out(quantity, units)
        )
    ]


def _number_borne_out(quantity: Quantity, units: dict[str, set[str]]) -> bool:
    known = units.get(quantity.value, set())
    return bool(known) and (quantity.unit in known or "" in known or quantity.unit == "")


def _date_borne_out(quantity: Quantity, dates: Sequence[Sequence[str]], units: dict[str, set[str]]) -> bool:
    year, *rest = quantity.value.split("-")
    if year != "?" and year not in units:
        return False
    return any(
        all(part in ("?", other) for part, other in zip(rest, date[1:], strict=True))
        and ("?" in (year, date[0]) or year == date[0])
        for date in dates
    )


def _dates(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    for pattern in _DATES if _DATE_DIGITS.search(text) else ():
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = int(parts["number"]) if "number" in parts else _MONTHS[parts["month"]]
            day = parts.get("day")
            if any(match.start() < date.end and date.start < match.end() for date in found) or (day and int(day) > 31):
                continue
            value = f"{parts.get('year') or '?'}-{month:02}-{f'{int(day):02}' if day else '?'}"
            found.append(Quantity(value, DATE, match.start(), match.end()))
    return found


def _numbers(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    tokens = list(_TOKEN.finditer(text))
    reached = 0
    for position, token in enumerate(tokens):
        if position < reached or (token.lastgroup == "word" and token.group().lower() not in _NUMBER_WORDS):
            continue
        last, value = _value(text, tokens, position)
        if value is not None:
            found.append(_quantity(text, token, tokens[last], value))
        reached = last + 1
    return found


def _quantity(text: str, first: re.Match[str], last: re.Match[str], value: Decimal) -> Quantity:
    word = (first.group("word") or "").lower()
    following = _FOLLOWING.match(text, last.end())
    unit = _UNITS.get((first.group("currency") or "").strip().lower(), "")
    if first.group("ordinal") or word in _ORDINALS:
        unit = ORDINAL
    elif not unit and following:
        unit = _UNITS.get(following.group(1).lower(), "")
    plain = format(value.normalize(), "f")
    return Quantity(plain, unit, first.start(), last.end(), vague=word in _VAGUE and first is last)


def _value(text: str, tokens: Sequence[re.Match[str]], first: int) -> tuple[int, Decimal | None]:
    """The number that starts at a token, with the index of its last token; None where there is no number."""
    match = tokens[first]
    word = (match.group("word") or "").lower()
    if match.group("digits"):
        digits = match.group("digits").replace(",", "") + (match.group("fraction") or "")
        total, group = Decimal(0), Decimal(f"{'-' if match.group('sign') else ''}{digits}")
    elif word in _ORDINALS:
        return first, Decimal(_ORDINALS[word])
    elif word in _SMALL or word in _TENS or word == "dozen":
        total, group = Decimal(0), Decimal(_SMALL.get(word, _TENS.get(word, 12)))
    else:
        return first, None
    last = first
    while last + 1 < len(tokens) and _JOIN.fullmatch(text[tokens[last].end() : tokens[last + 1].start()]):
        following = (tokens[last + 1].group("word") or "").lower()
        if following in _SCALES and following != "dozen":
            scale = _SCALES[following]
            total, group = (total, group * scale) if scale == 100 else (total + group * scale, Decimal(0))
        elif not word or not _adds(word, following):
            break
        else:
            group += _SMALL.get(following, _TENS.get(following, 0))
        word = following if word else ""
        last += 1
    return last, total + group


def _adds(word: str, following: str) -> bool:
    """Whether a number word goes on: twenty-one, two hundred (and) five; not "five six"."""
    if word in _TENS:
        return following in _SMALL and 0 < _SMALL[following] < 10
    return word in _SCALES and (following in _SMALL or following in _TENS)
