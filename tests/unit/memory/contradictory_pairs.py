"""Pairs of statements with what a careful reader says of them, made from templates by seed.

Decides kinds of pairs, half of them contradictions; the forms are ordinary English, not those of any one data set.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

FIRMS = ("Harrow Dock", "Calder Mills", "Tessaly Foods", "Brandt Optics", "Kessel Rail", "Orlo Bank", "Vantor Energy")
PEOPLE = ("Maria Lindqvist", "Owen Hartley", "Priya Raman", "Jonas Weber", "Chiara Conti", "Tom Okafor")
PLACES = ("Rotterdam", "Gdansk", "Trieste", "Bilbao", "Antwerp", "Leith")
ROLES = ("managing director", "harbour master", "head of security", "auditor", "largest shareholder", "chair")
THINGS = ("cranes", "employees", "pumps", "delivery vans", "licences", "warehouses")
EVENTS = ("founded", "established", "opened", "launched")
MONTHS = ("March", "June", "October")
ROLE_FORMS = (
    "The {role} of {firm} is {person}.",
    "{firm}'s {role} is {person}.",
    "{person} is the {role} of {firm}.",
    "{firm} has {person} as its {role}.",
    "According to the register, the {role} of {firm} is {person}.",
)
COUNT_FORMS = (
    "{firm} operates {n} {thing} at its main site.",
    "At its main site {firm} operates {n} {thing}.",
    "Records show that {firm} operates {n} {thing} at the main site.",
)
RULES = (
    ("{firm} accepts returns without a receipt from members.", "{firm} does not accept returns without a receipt."),
    ("The insurance of {firm} covers flood damage.", "The insurance of {firm} does not cover flood damage."),
    ("{firm} may ship lithium batteries by air.", "{firm} may not ship lithium batteries by air."),
    ("{firm} was fined by the regulator.", "{firm} was never fined by the regulator."),
)


class Pair(NamedTuple):
    kind: str
    first: str
    second: str
    contradictory: bool


def pairs(seed: int, count: int) -> list[Pair]:
    """`count` pairs of each kind."""
    draw = Random(seed)
    return [
        Pair(name, *make(draw), contradictory) for name, (make, contradictory) in KINDS.items() for _ in range(count)
    ]


def _two(draw: Random, values: tuple[str, ...]) -> tuple[str, str]:
    first, second = draw.sample(values, 2)
    return first, second


def _role(
    draw: Random, people: tuple[str, str], role: str = "", firms: tuple[str, str] | None = None
) -> tuple[str, str]:
    firm = draw.choice(FIRMS)
    role = role or draw.choice(ROLES)
    one, two = (
        draw.choice(ROLE_FORMS).format(role=role, firm=owner, person=person)
        for person, owner in zip(people, firms or (firm, firm), strict=True)
    )
    return one, two


def _name(draw: Random) -> tuple[str, str]:
    return _role(draw, _two(draw, PEOPLE))


def _count(draw: Random) -> tuple[str, str]:
    firm, thing, n = draw.choice(FIRMS), draw.choice(THINGS), draw.randint(3, 400)
    return _counted(draw, firm, thing, n), _counted(draw, firm, thing, n + draw.randint(max(1, n // 10), 60 + n // 2))


def _counted(draw: Random, firm: str, thing: str, n: int | str) -> str:
    return draw.choice(COUNT_FORMS).format(firm=firm, thing=thing, n=n)


def _amount(draw: Random) -> tuple[str, str]:
    firm, year, n = draw.choice(FIRMS), draw.randint(2001, 2024), draw.randint(2, 40)
    text = "{firm} reported a turnover of {n} million euros in {year}."
    return text.format(firm=firm, n=n, year=year), text.format(firm=firm, n=n + draw.randint(1, 30), year=year)


def _founded(draw: Random) -> tuple[str, str]:
    firm, event, year = draw.choice(FIRMS), draw.choice(EVENTS), draw.randint(1890, 2000)
    other = year + draw.randint(1, 20)
    return f"{firm} was {event} in {year}.", draw.choice(
        (f"{firm} was {event} in {other}.", f"{firm} was {event} on 4 {draw.choice(MONTHS)} {other}.")
    )


def _deadline(draw: Random) -> tuple[str, str]:
    firm, (one, two) = draw.choice(FIRMS), _two(draw, MONTHS)
    day = draw.randint(1, 28)
    text = "The lease of {firm} ends on {day} {month} 2031."
    return text.format(firm=firm, day=day, month=one), text.format(firm=firm, day=day, month=two)


def _born(draw: Random) -> tuple[str, str]:
    person, (one, two) = draw.choice(PEOPLE), _two(draw, PLACES)
    return f"{person} was born in {one}.", f"{person} was born in {two} and grew up there."


def _denied(draw: Random) -> tuple[str, str]:
    firm, (first, second) = draw.choice(FIRMS), draw.choice(RULES)
    return first.format(firm=firm), second.format(firm=firm)


def _denied_role(draw: Random) -> tuple[str, str]:
    firm, role, person = draw.choice(FIRMS), draw.choice(ROLES), draw.choice(PEOPLE)
    return f"{person} is the {role} of {firm}.", f"{person} is not the {role} of {firm}."


def _said_again(draw: Random) -> tuple[str, str]:
    person = draw.choice(PEOPLE)
    return _role(draw, (person, person))


def _counted_again(draw: Random) -> tuple[str, str]:
    firm, thing, n = draw.choice(FIRMS), draw.choice(THINGS), draw.randint(3, 400)
    return _counted(draw, firm, thing, n), _counted(
        draw, firm, thing, draw.choice((n, f"about {n}", f"at least {n - 2}"))
    )


def _spelled_otherwise(draw: Random) -> tuple[str, str]:
    person = draw.choice(PEOPLE)
    first, last = person.split()
    return _role(draw, (person, draw.choice((f"{first[0]}. {last}", f"Dr. {person}"))))


def _other_firm(draw: Random) -> tuple[str, str]:
    return _role(draw, _two(draw, PEOPLE), firms=_two(draw, FIRMS))


def _same_value_elsewhere(draw: Random) -> tuple[str, str]:
    person = draw.choice(PEOPLE)
    return _role(draw, (person, person), firms=_two(draw, FIRMS))


def _other_role(draw: Random) -> tuple[str, str]:
    firm, (one, two), (a, b) = draw.choice(FIRMS), _two(draw, ROLES), _two(draw, PEOPLE)
    form = draw.choice(ROLE_FORMS)
    return form.format(role=one, firm=firm, person=a), form.format(role=two, firm=firm, person=b)


def _deputy(draw: Random) -> tuple[str, str]:
    firm, role, (a, b) = draw.choice(FIRMS), draw.choice(ROLES), _two(draw, PEOPLE)
    return (
        f"The {role} of {firm} is {a}.",
        f"The {draw.choice(('deputy', 'former', 'acting'))} {role} of {firm} is {b}.",
    )


def _other_year(draw: Random) -> tuple[str, str]:
    firm, year, n = draw.choice(FIRMS), draw.randint(2001, 2020), draw.randint(2, 40)
    text = "{firm} reported a turnover of {n} million euros in {year}."
    return text.format(firm=firm, n=n, year=year), text.format(
        firm=firm, n=n + draw.randint(0, 9), year=year + draw.randint(1, 4)
    )


def _earlier(draw: Random) -> tuple[str, str]:
    firm, role, (a, b) = draw.choice(FIRMS), draw.choice(ROLES), _two(draw, PEOPLE)
    return f"The {role} of {firm} is {a}.", f"In {draw.randint(1980, 2010)} the {role} of {firm} was {b}."


def _several(draw: Random) -> tuple[str, str]:
    firm, (a, b) = draw.choice(FIRMS), _two(draw, PEOPLE)
    form = draw.choice(
        ("{person} works for {firm}.", "{person} is a member of the board of {firm}.", "{firm} hired {person}.")
    )
    return form.format(firm=firm, person=a), form.format(firm=firm, person=b)


def _other_section(draw: Random) -> tuple[str, str]:
    firm, n = draw.choice(FIRMS), draw.randint(1, 20)
    return f"Section {n} of the contract binds {firm}.", f"Section {n + 1} of the contract binds {firm}."


def _other_thing(draw: Random) -> tuple[str, str]:
    firm, (one, two), n = draw.choice(FIRMS), _two(draw, THINGS), draw.randint(3, 90)
    return _counted(draw, firm, one, n), _counted(draw, firm, two, n + draw.randint(1, 50))


def _more_said(draw: Random) -> tuple[str, str]:
    firm, role, person = draw.choice(FIRMS), draw.choice(ROLES), draw.choice(PEOPLE)
    place, year = draw.choice(PLACES), draw.randint(1990, 2020)
    return f"The {role} of {firm} is {person}.", (
        f"The {role} of {firm} is {person}, who came from {place} in {year} and does not give interviews."
    )


def _not_only(draw: Random) -> tuple[str, str]:
    firm, place = draw.choice(FIRMS), draw.choice(PLACES)
    return f"{firm} delivers to {place}.", f"{firm} delivers not only to {place}."


KINDS: dict[str, tuple[Callable[[Random], tuple[str, str]], bool]] = {
    "another name": (_name, True),
    "another count": (_count, True),
    "another amount": (_amount, True),
    "another founding date": (_founded, True),
    "another deadline": (_deadline, True),
    "another birthplace": (_born, True),
    "denied": (_denied, True),
    "a role denied": (_denied_role, True),
    "said again": (_said_again, False),
    "counted again": (_counted_again, False),
    "spelled otherwise": (_spelled_otherwise, False),
    "another firm": (_other_firm, False),
    "the same value elsewhere": (_same_value_elsewhere, False),
    "another role": (_other_role, False),
    "a deputy": (_deputy, False),
    "another year": (_other_year, False),
    "an earlier time": (_earlier, False),
    "several of them": (_several, False),
    "another section": (_other_section, False),
    "another thing": (_other_thing, False),
    "more said": (_more_said, False),
    "not only": (_not_only, False),
}
