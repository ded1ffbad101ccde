"""A made-up corpus of any size, whose passages name one another, and questions whose passages are known.

Decides the texts only; the vectors are `memory_scale_vectors.py`'s. The corpus of a size is the beginning of any larger
one, and what a passage of its first 10,000 names lies there too: so the same questions can be put to both sizes. A
source is a register of 5 to 20 houses, a section each; a section is one passage of four or five sentences and names 2
to 6 other houses, the older ones more often: as everywhere, a few are named by thousands.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from stemma.memory.model import Document

SMALL = 10_000
"""Passages of the smaller corpus, where every question has its answer."""
_SKEW = 3.0
"""A named house has the number n u^3, u even in [0, 1): of the first thousandth a tenth of all namings tell."""


def _words(written: str) -> tuple[str, ...]:
    return tuple(written.split())


_SYLLABLES = _words("mer row gul lun ska gen tor vik an sel bri nor hal dun fer osh ti qua ble ram pol ise chu daw")
_KINDS = _words("""mill chapel brewery smithy tannery bakery ferry quarry foundry inn bank school library granary dairy
    pottery vineyard orchard shipyard lighthouse observatory hospital theatre museum archive press barracks stable""")
_ADJECTIVES = _words("""copper silver wooden marble iron painted gilded carved broken ancient narrow crooked hollow
    northern southern double silent crimson amber woven folded striped polished leaning floating sunken winged buried
    quilted bronze velvet granite oaken leaden""")
_NOUNS = _words("""lantern clock ledger anvil barge bell cradle chest mirror saddle loom wagon kettle compass harp globe
    ladder portrait statue fountain carpet tapestry crown sword shield goblet flute drum organ plough sickle barrel
    crate rope sail anchor rudder mast oar hammer chisel lathe furnace bellows pulley crane hinge lock key gate fence
    wall tower bridge tunnel cellar attic stair window shutter chimney hearth oven basin bath mosaic medal coin seal
    stamp letter map atlas almanac psalter hymnal charter treaty deed""")
_VERBS = dict(
    zip(
        _words("""bought sold built lost found won repaired restored inherited donated leased designed rented moved
            painted copied destroyed delivered inspected measured"""),
        _words("""buy sell build lose find win repair restore inherit donate lease design rent move
            paint copy destroy deliver inspect measure"""),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the houses whose passages answer it: one, or two that name each other."""

    text: str
    gold: Sequence[str]
    sentence: str
    """What the first of them says about it."""


@dataclass(frozen=True, slots=True)
class _Fact:
    verb: str
    thing: str
    other: int
    text: str


@dataclass(frozen=True, slots=True)
class _House:
    name: str
    kind: str
    region: str
    facts: Sequence[_Fact]


class Corpus:
    """Sources in order, and what is known of their passages."""

    def __init__(self, passages: int, seed: int = 7) -> None:
        """Writes all of it at once: about 60 MB for 100,000 passages. Takes at least 10,000."""
        self._chance = random.Random(seed)
        self.names = _names(passages, random.Random(seed + 1))
        self.sources: list[Document] = []
        self.source_of: list[int] = []
        """By passage."""
        self._houses: list[_House] = []
        while len(self._houses) < passages:
            self._add_source(min(self._chance.randint(5, 20), passages - len(self._houses)))

    def _add_source(self, size: int) -> None:
        number, first = len(self.sources), len(self._houses)
        houses = [self._house(first + n) for n in range(size)]
        text = "\n\n".join(f"## {house.name}\n\n{self._told(house)}" for house in houses)
        self.sources.append(Document(f"registers/{number}", f"Register {number}", text, markdown=True))
        self.source_of += [number] * size
        self._houses += houses

    def _house(self, number: int) -> _House:
        chance, name = self._chance, self.names[number]
        facts = [self._fact(number, name if n % 2 else "It") for n in range(chance.randint(3, 4))]
        return _House(name, chance.choice(_KINDS), _region(chance), facts)

    def _fact(self, number: int, subject: str) -> _Fact:
        chance, known = self._chance, max(number, SMALL)
        others = [int(known * chance.random() ** _SKEW) for _ in range(chance.choice((1, 1, 2)))]
        verb, thing = chance.choice(tuple(_VERBS)), f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)}"
        whose = " and ".join(self.names[other] for other in others)
        text = (
            f"{subject} {verb} the {thing} of {whose} in {chance.randint(1500, 1999)}, after the "
            f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)} of the old {chance.choice(_KINDS)} had been moved "
            f"to the {chance.choice(_NOUNS)}."
        )
        return _Fact(verb, thing, others[0], text)

    def _told(self, house: _House) -> str:
        opening = (
            f"{house.name} is a {self._chance.choice(_ADJECTIVES)} {house.kind} in {house.region}, where it keeps a "
            f"{self._chance.choice(_NOUNS)} and a {self._chance.choice(_ADJECTIVES)} {self._chance.choice(_NOUNS)}."
        )
        return " ".join([opening, *(fact.text for fact in house.facts)])

    def questions(self, count: int, seed: int = 11) -> list[Question]:
        """Of four kinds in turn, about the first 10,000 passages: direct and across two, by name and by description."""
        chance = random.Random(seed)
        asked = chance.sample(range(SMALL), count)
        return [self._question(number, n % 4, chance) for n, number in enumerate(asked)]

    def _question(self, number: int, kind: int, chance: random.Random) -> Question:
        house = self._houses[number]
        fact = chance.choice(house.facts)
        other = self.names[fact.other]
        verb = _VERBS[fact.verb]
        described = f"the {house.kind} in {house.region}"
        texts = (
            f"When did {house.name} {verb} the {fact.thing}?",
            f"When did {described} {verb} the {fact.thing} of {other}?",
            f"Where is the owner of the {fact.thing} that {house.name} {fact.verb}?",
            f"Where is the owner of the {fact.thing} that {described} {fact.verb}?",
        )
        gold = (house.name,) if kind < 2 or house.name == other else (house.name, other)
        return Question(texts[kind], gold, fact.text)


def _region(chance: random.Random) -> str:
    """One of 576."""
    return f"the Vale of {chance.choice(_SYLLABLES).title()}{chance.choice(_SYLLABLES)}"


def _names(count: int, chance: random.Random) -> list[str]:
    """Different names of two words; there are 13,824 words, so that many share one."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join("".join(chance.choices(_SYLLABLES, k=3)).title() for _ in range(2))] = None
    return list(found)
