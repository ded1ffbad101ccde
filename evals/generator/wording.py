"""How a fact is asked for, and how something is described by a fact instead of by its name. Pure; English."""

from __future__ import annotations

import re

from stemma.evals.generator.facts import Fact, Relation

_PERSON = re.compile(
    r"(?:er|or|ist|man|woman|ain|chief|head|president|king|queen|wife|husband|spouse|ceo|lead|dean|chair|coach|pope"
    r"|bishop|abbot|secretary|clerk|patriarch)\Z"
)
_THING = re.compile(
    r"(?:number|order|border|river|power|water|tower|center|paper|cover|letter|meter|colo[u]?r|factor)\Z"
)
_ACTIVE = {"written": "wrote"}


def asked(relation: Relation, subject: str, *, name: bool = True) -> str:
    """The question for what the relation says of the subject; `name`: the answer is a name, not a quantity."""
    if relation.form == "role":
        who = "Who" if name and _PERSON.search(relation.words) and not _THING.search(relation.words) else "What"
        return f"{who} {'was' if relation.past else 'is'} the {relation.words} of {subject}?"
    if relation.form == "by":
        return f"Who {_ACTIVE.get(relation.words, relation.words)} {subject}?"
    return f"{relation.form.capitalize()} was {subject} {relation.words}?"


def described(fact: Fact) -> str:
    """What the fact's value is, without its name."""
    if fact.relation.form == "role":
        return f"the {fact.relation.words} of {fact.owner}"
    if fact.relation.form == "by":
        return f"the one who {_ACTIVE.get(fact.relation.words, fact.relation.words)} {fact.owner}"
    return f"the place where {fact.owner} was {fact.relation.words}"


def same(one: Fact, two: Fact) -> str:
    """Whether two facts have the same value, as a question."""
    both = f"{one.owner} and {two.owner}"
    if one.relation.form == "role":
        return f"{'Did' if one.relation.past else 'Do'} {both} have the same {one.relation.words}?"
    if one.relation.form == "by":
        return f"Were {both} {one.relation.words} by the same person or company?"
    return f"Were {both} {one.relation.words} in the same place?"


def names_of(owner: str) -> tuple[str, ...]:
    """An owner as an answer: with and without its article."""
    bare = re.sub(r"\A[Tt]he ", "", owner)
    return (bare, owner) if bare != owner else (owner,)
