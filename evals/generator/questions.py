"""Questions with their right answers and gold documents, made from settled facts. Pure.

Decides the five kinds, each right by construction: `bridge` (what one document says of a thing that only another one
names), `comparison` and `temporal` (two documents, one each), `unanswerable` (asked of a thing whose documents have no
word of it), `contradicted` (two documents that disagree: each value counts as an answer, and gold is all of them).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from stemma.evals.generator.facts import Fact, Relation
from stemma.evals.generator.stock import Stock, apart, earlier
from stemma.evals.generator.wording import asked, described, names_of, same
from stemma.memory.text import words

_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_WIDEST = 60
"""Facts of one relation that are compared with each other: pairs grow with their square."""


@dataclass(frozen=True, slots=True)
class Question:
    """One generated question."""

    kind: str
    text: str
    answers: tuple[str, ...]
    gold: tuple[str, ...]
    rests_on: tuple[str, ...]
    """The sentences that make it right."""

    @property
    def key(self) -> str:
        """Equal for questions that differ in spelling only."""
        return " ".join(words(self.text))


def questions_of(stock: Stock, kinds: Sequence[str], count: int, seed: int) -> list[Question]:
    """At most `count` questions of each kind, drawn by the seed; the same for the same corpus and seed."""
    found: dict[str, Question] = {}
    for kind in kinds:
        made = sorted(KINDS[kind](stock, seed), key=lambda question: _drawn(seed, question.key))
        fresh = {question.key: question for question in made if question.key not in found}
        found |= dict(list(fresh.items())[:count])
    return list(found.values())


def _bridge(stock: Stock, _seed: int) -> Iterator[Question]:
    about: dict[str, list[Fact]] = {}
    for fact in stock.settled:
        about.setdefault(fact.about, []).append(fact)
    for first in stock.settled:
        for second in about.get(first.says, ()) if first.quantity is None else ():
            back = second.says == first.about
            separate = first.document != second.document and not stock.holds(first.document, second.value)
            if separate and not back and _possible(first, second):
                text = asked(second.relation, described(first), name=second.quantity is None)
                yield _question("bridge", text, (second.value,), first, second)


def _possible(first: Fact, second: Fact) -> bool:
    """Nobody directs or leads anything within sixteen years of being born: it is somebody else of that name."""
    if second.relation.words != "born" or second.quantity is None:
        return True
    born = int(second.quantity.value[:4])
    return all(born + 16 < int(year) for year in _YEAR.findall(first.sentence))


def _comparison(stock: Stock, seed: int) -> Iterator[Question]:
    for one, two in _pairs(stock, seed, lambda fact: fact.relation.form != "when"):
        if one.quantity and two.quantity:
            if one.quantity.unit == two.quantity.unit and one.quantity.value != two.quantity.value:
                yield _greater(one, two, seed)
        elif not one.quantity and not two.quantity and (one.says == two.says or apart(one, two)):
            yield _question("comparison", same(one, two), ("yes" if one.says == two.says else "no",), one, two)


def _greater(one: Fact, two: Fact, seed: int) -> Question:
    low, high = sorted((one, two), key=lambda fact: Decimal(fact.quantity.value if fact.quantity else 0))
    more = _coin(seed, one, two)
    verb = "had" if one.relation.past else "has"
    word = "greater" if more else "smaller"
    text = f"Which {verb} the {word} {one.relation.words}: {one.owner} or {two.owner}?"
    return _question("comparison", text, names_of((high if more else low).owner), one, two)


def _temporal(stock: Stock, seed: int) -> Iterator[Question]:
    for one, two in _pairs(stock, seed, lambda fact: fact.relation.form == "when"):
        before = earlier(one, two)
        if before is not None:
            first = _coin(seed, one, two)
            who = "Who" if one.relation.words == "born" else "Which"
            order = "first" if first else "last"
            text = f"{who} was {one.relation.words} {order}: {one.owner} or {two.owner}?"
            yield _question("temporal", text, names_of((one if before is first else two).owner), one, two)


def _unanswerable(stock: Stock, seed: int) -> Iterator[Question]:
    """Asked of things that have something in common with those that have an answer, as far as there are any."""
    known: dict[str, dict[Relation, Fact]] = {}
    for fact in (*stock.settled, *(each[0] for each in stock.contradicted)):
        known.setdefault(fact.about, {})[fact.relation] = fact
    fitting: list[Question] = []
    other: list[Question] = []
    for relation, wanted in {fact.relation: fact for fact in stock.settled}.items():
        alike = {each for relations in known.values() if relation in relations for each in relations}
        lacking = [relations for relations in known.values() if relation not in relations]
        lacking.sort(key=lambda each: (not alike & each.keys(), _drawn(seed, next(iter(each.values())).about)))
        for relations in lacking[:_WIDEST]:
            owner = next(iter(relations.values())).owner
            if stock.silent(relations.values(), wanted):
                text = asked(relation, owner, name=wanted.quantity is None)
                question = Question("unanswerable", text, (), (), (wanted.sentence,))
                if alike & relations.keys():
                    fitting.append(question)
                elif relation.form == "role":  # odd, but it can be asked of anything
                    other.append(question)
    yield from fitting or other


def _contradicted(stock: Stock, _seed: int) -> Iterator[Question]:
    for facts in stock.contradicted:
        text = asked(facts[0].relation, facts[0].owner, name=facts[0].quantity is None)
        yield _question("contradicted", text, tuple(dict.fromkeys(fact.value for fact in facts)), *facts)


def _pairs(stock: Stock, seed: int, fits: Callable[[Fact], bool]) -> Iterator[tuple[Fact, Fact]]:
    """Facts of one relation about two things in two documents, neither of which says the other's."""
    alike: dict[Relation, list[Fact]] = {}
    for fact in stock.settled:
        if fits(fact):
            alike.setdefault(fact.relation, []).append(fact)
    for facts in alike.values():
        drawn = sorted(facts, key=lambda fact: _drawn(seed, f"{fact.about}\0{fact.document}"))[:_WIDEST]
        for one, two in combinations(drawn, 2):
            if one.document != two.document:
                yield one, two


def _question(kind: str, text: str, answers: tuple[str, ...], *facts: Fact) -> Question:
    gold = tuple(dict.fromkeys(fact.document for fact in facts))
    return Question(kind, text, answers, gold, tuple(fact.sentence for fact in facts))


def _coin(seed: int, one: Fact, two: Fact) -> bool:
    return int(_drawn(seed, f"{one.about}\0{two.about}")[0], 16) < 8


def _drawn(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}\0{text}".encode()).hexdigest()


KINDS: Mapping[str, Callable[[Stock, int], Iterator[Question]]] = {
    "bridge": _bridge,
    "comparison": _comparison,
    "temporal": _temporal,
    "unanswerable": _unanswerable,
    "contradicted": _contradicted,
}
