"""The facts of a corpus, sorted by what may be asked of them.

Decides when a fact is settled, so that a question about it has one right answer and needs one document: all that the
corpus says of it is one value, and one document says it. A sentence in any other form that speaks of it and does
not give this value is enough to unsettle it. It decides too when the corpus holds no answer at all. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from stemma.evals.corpus import document_id
from stemma.evals.generator.facts import Fact, Relation, facts_of, key_of
from stemma.memory.model import Document
from stemma.memory.quantities import DATE, quantities
from stemma.memory.text import content_terms, sentences, words

_BRACKETED_END = re.compile(r"\s*\([^()]*\)\s*\Z")


@dataclass(frozen=True, slots=True)
class Stock:
    """What a corpus offers."""

    settled: Sequence[Fact]
    contradicted: Sequence[Sequence[Fact]]
    """Each the facts, of different documents, that cannot all be true."""
    texts: dict[str, str] = field(repr=False)
    """Document id -> its words between single spaces, title first."""
    raw: dict[str, str] = field(repr=False)
    """Document id -> its text."""
    titles: dict[str, str] = field(repr=False)
    """Document id -> its title."""

    def holds(self, document: str, value: str) -> bool:
        """Whether a document says these words."""
        return f" {' '.join(words(value))} " in self.texts[document]

    def silent(self, facts: Iterable[Fact], wanted: Fact) -> bool:
        """Whether no document that mentions what these facts are about, or its document's title, could say of it what
        `wanted` says of another: it has no word of the relation, and no quantity of its kind."""
        known = {fact.about for fact in facts} | {key_of(self.titles[fact.document]) for fact in facts}
        keys = [f" {key} " for key in known if key]
        terms = set(content_terms(wanted.relation.words))
        for document, text in self.texts.items():
            if any(key in text for key in keys) and (
                terms & set(content_terms(text)) or _measures(self.raw[document], wanted)
            ):
                return False
        return True


def stock_of(documents: Sequence[Document]) -> Stock:
    """Read a corpus."""
    groups: dict[tuple[str, Relation], list[Fact]] = {}
    for fact in facts_of(documents):
        groups.setdefault((fact.about, fact.relation), []).append(fact)
    otherwise, homonyms = _said_otherwise(documents, groups), _homonyms(documents)
    clear = {key: each for key, each in groups.items() if key[0] not in homonyms}
    texts = {document_id(each): f" {' '.join(words(f'{each.title} . {each.text}'))} " for each in documents}
    return Stock(
        settled=[each[0] for key, each in clear.items() if len(each) == 1 and key not in otherwise],
        contradicted=[found for each in clear.values() if (found := _contradicting(each))],
        texts=texts,
        raw={document_id(each): each.text for each in documents},
        titles={document_id(each): _BRACKETED_END.sub("", each.title) for each in documents},
    )


def apart(one: Fact, two: Fact) -> bool:
    """Whether two values cannot both be right: neither is a part of the other, or less exact."""
    if one.quantity and two.quantity:
        if DATE in (one.quantity.unit, two.quantity.unit) or one.relation.form == "when":
            return earlier(one, two) is not None
        return one.quantity.unit == two.quantity.unit and one.quantity.value != two.quantity.value
    if one.quantity or two.quantity:
        return False
    first, second = f" {one.says} ", f" {two.says} "
    return not (first in second or second in first or set(one.says.split()) & set(two.says.split()))


def earlier(one: Fact, two: Fact) -> bool | None:
    """Whether the first date comes before the second; None where they are equal as far as both are known."""
    for left, right in zip(_date(one), _date(two), strict=False):
        if "?" in (left, right):
            return None
        if left != right:
            return int(left) < int(right)
    return None


def _date(fact: Fact) -> list[str]:
    return fact.quantity.value.split("-") if fact.quantity else []


def _contradicting(facts: Sequence[Fact]) -> list[Fact]:
    values = {fact.says: fact for fact in facts}
    documents = {fact.document for fact in facts}
    if len(values) < 2 or len(documents) < len(facts):
        return []
    return [*facts] if all(apart(one, two) for one, two in combinations(values.values(), 2)) else []


def _said_otherwise(
    documents: Iterable[Document], groups: dict[tuple[str, Relation], list[Fact]]
) -> set[tuple[str, Relation]]:
    """The groups of which some sentence, in whatever form, speaks without giving their value."""
    roles = {key: set(content_terms(key[1].words)) for key in groups if key[1].form == "role"}
    found: set[tuple[str, Relation]] = set()
    for document in documents:
        title = " ".join(words(document.title))
        for sentence in sentences(document.text):
            line = f" {title} . {' '.join(words(sentence.text))} "
            spoken_of = [key for key in roles if f" {key[0]} " in line]
            terms = set(content_terms(sentence.text)) if spoken_of else set()
            for key in spoken_of:
                if roles[key] <= terms and not any(_repeats(sentence.text, line, fact) for fact in groups[key]):
                    found.add(key)
    return found


def _repeats(sentence: str, line: str, fact: Fact) -> bool:
    if fact.quantity is None:
        return f" {fact.says} " in line
    return any(each.value == fact.quantity.value for each in quantities(sentence))


def _homonyms(documents: Iterable[Document]) -> set[str]:
    """Names that titles tell apart in brackets: without them they could be either."""
    return {key_of(bare) for each in documents if (bare := _BRACKETED_END.sub("", each.title)) != each.title}


def _measures(text: str, wanted: Fact) -> bool:
    """Whether a text holds any quantity of the kind that is wanted; a date is a year too."""
    if wanted.quantity is None:
        return False
    dates = wanted.relation.form == "when" or wanted.quantity.unit == DATE
    return any(
        (each.unit == DATE or (not each.unit and len(each.value) == 4)) if dates else each.unit == wanted.quantity.unit
        for each in quantities(text)
        if not each.vague
    )
