"""A made-up world of companies and facts, and the falsehoods that are put into it. Pure: the same for the same seed.

Decides what is true, which facts are poisoned by which class of fault, and which change truly. Values of one attribute
are as likely for a true fact as for a false one: nothing but where it came from tells them apart.
"""

from __future__ import annotations

from random import Random

from stemma.evals.propagation.world import STATEMENTS, Change, Fact, Fault, News, Page, Poisoned, World

_SYLLABLES = ("Nor", "Vel", "Kas", "Tar", "Mir", "Zan", "Bel", "Dro", "Fen", "Gal", "Hul", "Jor", "Lum", "Pra", "Ser")
_ENDINGS = ("dex", "via", "tron", "lia", "mar", "corp", "zen", "ska", "nix", "ora", "dane", "fold", "gate", "wick")
_KINDS = ("Labs", "Systems", "Group", "Works")
_CITIES = ("Oslo", "Lyon", "Turin", "Porto", "Ghent", "Malmo", "Graz", "Brno", "Cork", "Bergen")
_FIRST = ("Ana", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gita", "Hugo", "Iris", "Jan")
_LAST = ("Roth", "Silva", "Okoye", "Lund", "Marsh", "Petrov")
_FIRMS = ("Acme", "Borealis", "Cygnus", "Delphi", "Equinox", "Fulcrum")
_FORMS = ("Ltd", "Inc", "GmbH")
_DATABASES = ("Postgres", "Neo4j", "MySQL", "Redis", "Oracle", "MongoDB")

ATTRIBUTES = ("headquarters city", "chief engineer", "founding year", "main supplier", "database engine")
_FIRST_CHANGE, _CHANGES_OVER = 2, 3
"""True changes fall into so many sessions, from this one on."""


def make_world(
    seed: int,
    *,
    entities: int = 24,
    per_fault: int = 3,
    changes: int = 6,
    faults: tuple[Fault, ...] = tuple(Fault),
) -> World:
    """A world with `per_fault` poisoned facts for each class and so many true changes.

    Raises ValueError when there are too few facts.
    """
    draw = Random(seed)
    facts = [
        Fact(entity, attribute, _value(draw, attribute))
        for entity in _names(draw, entities)
        for attribute in ATTRIBUTES
    ]
    if len(facts) < 2 * per_fault * (len(faults) + 1) + changes:
        raise ValueError(f"{entities} entities are too few for {per_fault} poisoned facts of each class")
    chosen = draw.sample(facts, per_fault * len(faults))
    spare = [fact for fact in facts if fact not in set(chosen)]
    poisoned = tuple(
        Poisoned(fact, fault, _other_value(draw, fact), spare[number] if fault is Fault.SHARED_ANCESTOR else None)
        for number, (fact, fault) in enumerate(zip(chosen, [f for f in faults for _ in range(per_fault)], strict=True))
    )
    companions = {each.companion for each in poisoned}
    changing = draw.sample([fact for fact in spare if fact not in companions], changes)
    undocumented = {each.fact for each in poisoned if each.fault is Fault.INVENTION}
    pages = tuple(
        Page(fact.uri, fact.title, fact.document(draw.choice(STATEMENTS))) for fact in facts if fact not in undocumented
    )
    return World(seed, tuple(facts), poisoned, pages, tuple(_changed(draw, n, fact) for n, fact in enumerate(changing)))


def _changed(draw: Random, number: int, fact: Fact) -> Change:
    news = list(News)[number % len(News)]
    return Change(fact, _other_value(draw, fact), _FIRST_CHANGE + number % _CHANGES_OVER, news)


def _names(draw: Random, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names[f"{draw.choice(_SYLLABLES)}{draw.choice(_ENDINGS)} {draw.choice(_KINDS)}"] = None
    return list(names)


def _value(draw: Random, attribute: str) -> str:
    return {
        "headquarters city": lambda: draw.choice(_CITIES),
        "chief engineer": lambda: f"{draw.choice(_FIRST)} {draw.choice(_LAST)}",
        "founding year": lambda: str(draw.randint(1950, 2020)),
        "main supplier": lambda: f"{draw.choice(_FIRMS)} {draw.choice(_FORMS)}",
        "database engine": lambda: draw.choice(_DATABASES),
    }[attribute]()


def _other_value(draw: Random, fact: Fact) -> str:
    while (value := _value(draw, fact.attribute)) == fact.value:
        pass
    return value
