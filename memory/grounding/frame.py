"""A statement cut into slots that two statements can be compared in: its names, quantities, negation, and the one
relation that it states, such as "the chief engineer of X is Y".

Decides by rule, from the forms that such relations usually have in English, what is the owner, the role and the value.
What has no such form has no relation: it is not guessed. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from stemma.memory.names import Name, names
from stemma.memory.quantities import DATE, ORDINAL, Quantity, quantities
from stemma.memory.text import content_terms, normalise, sentences, stem, term_set, words

_REPORTING = """accord annual currently document fact file generally known list mention name never note now officially
    page passage record register report say source state show text understood also well"""
"""Words that say who says it, not what is said; a negation is a slot of its own."""
_WORDS = r"(?:[a-z][\w-]*\s+){0,3}[a-z][\w-]*"
_ROLE = rf"(?P<role>{_WORDS})"
_BE = r"(?:is|was|are|were|remains|remained|became|has become)"
_BEFORE_OF = re.compile(rf"\b(?:the|whose)\s+{_ROLE}\s+of\s+(?:the\s+)?\Z", re.IGNORECASE)
_POSSESSED = re.compile(rf"['’]s?\s+{_ROLE}(?=\s+{_BE}\b)")
_FOR = re.compile(r"\A\W*(?:for|at|in)\s+(?:the\s+)?\Z", re.IGNORECASE)
_THEN_ROLE = re.compile(rf",\s+(?:the|its|their)\s+{_ROLE}(?=\s+{_BE}\b)")
_OWN = re.compile(rf"\b(?P<as>as\s+)?(?:its|their)\s+{_ROLE}(?=\s+{_BE}\b|\s*[.,;]|\s*\Z)")
_IS_THEN = re.compile(
    rf"\s*,?\s*{_BE}\s+(?:(?:not|n't|now|currently|still|in|at|on|called|named|known|said|to|be|set|the|about)\s+)*",
    re.IGNORECASE,
)
_THEN_IS = re.compile(rf"(?:\s+(?:{_BE}(?:\s+not)?|as)|,)\s*\Z", re.IGNORECASE)
_EQUATES = re.compile(rf"\b(?:{_BE}|as)\b|,\s*(?:the|whose)\b")
_MAY_OWN = re.compile(
    rf"(?:\b(?:{_BE}(?:\s+not)?|as)|,)\s*\b(?:the|whose)\s+{_WORDS}\s+of\b"
    rf"|\b(?:the|whose)\s+{_WORDS}\s+of\b.*\b{_BE}\b"
    rf"|['’]s?\s+{_WORDS}\s+{_BE}\b"
    rf"|\A\W*(?:for|at|in)\b.*,\s+(?:the|its|their)\s+{_WORDS}\s+{_BE}\b",
    re.DOTALL,
)
"""In lower case the forms in which something may own a relation without being the first name: `_of`, `_possessed` and
`_for`. None of them goes without what the quicker `_EQUATES` looks for."""
_ONCE = re.compile(
    r"\b(?:was|were|is|are|been|be|got|and|,)?\s*(?:not\s+|first\s+)?(?P<verb>born|died|buried|headquartered|founded"
    r"|established|built|opened|launched|directed|written|composed|designed|painted|invented|discovered|named"
    r"|incorporated|completed|completed|released|published|signed|acquired)\s+(?P<by>in|on|at|by|after)\s+(?:the\s+)?"
)
"""What happens once, so that another place, date or person is another story."""
_BRACKETED = re.compile(r"\([^()]*\)")
_WHEN_OR_WHERE = frozenset({"in", "on", "at"})
_SEVERAL = """member part son daughter brother sister child friend example subsidiary student employee partner customer
    client rest side kind type one author editor"""
"""Roles of which there are usually several."""
_NO_PLURAL = frozenset({"headquarters", "series", "species", "means", "news", "status", "basis", "bus", "axis"})
_LABEL = re.compile(
    r"\b(?:article|section|version|release|chapter|page|figure|table|step|part|level|phase|room|gate|pier|berth|unit"
    r"|model|item|clause|rule|line|number|no\.?|nos\.?|annex|volume|issue|question|stage|grade|class|type|route|building)"
    r"\s*\Z",
    re.IGNORECASE,
)
"""A number after one of these tells things apart; it measures nothing."""
_WHEN = re.compile(
    r"\b(?:in|on|during|since|by|until|till|from|of|for|before|after|early|late|mid)(?:\s+the)?(?:\s+year)?\W*\Z",
    re.IGNORECASE,
)
_ROUGH = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|circa|some|ca\.?|c\.|~)\s*\Z", re.IGNORECASE
)
_BOUND = re.compile(
    r"\b(?:over|under|above|below|exceeds?|exceeding|(?:more|less|fewer|greater|later|earlier) than"
    r"|at (?:least|most)|up to|between|to|minimum of|maximum of)\s*\Z",
    re.IGNORECASE,
)
_NOT_NEGATED = re.compile(
    r"\bnot (?:only|just|merely|least)\b|\bno (?:longer than|fewer than|less than|more than|later than|doubt)\b"
    r"|\bnothing but\b|\bcannot but\b|\bnever ?theless\b|\bnone ?theless\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|never|none|nobody|nothing|neither|cannot|no(?!\.? ?\d))\b|n['’]t\b", re.IGNORECASE)
_FALLS = re.compile(
    r"\b(?:ends?|ended|starts?|started|begins?|began|expires?|expired|due|held|takes place|took place|comes into force"
    r"|came into force|dates? from|dated|closes|closed|opens|opened|arrives?|arrived|departs?|departed)"
    r"\s+(?:(?:on|in|at|from|by)\s+)?\Z",
    re.IGNORECASE,
)
"""Before a date that is itself what is said."""
_PAST = re.compile(r"\b(?:was|were|had been|used to|former|formerly|previously|until|once|originally)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity, and how it is meant."""

    quantity: Quantity
    text: str
    rough: bool
    """"about 500"."""
    bound: bool
    """"at least 500"."""
    label: bool
    """"section 5", "HD 39", "the 1990 Games", "the 1990s": it tells things apart."""
    when: bool
    """"in 2019": a time at which something else holds."""
    counted: str
    """The stem of the word that follows, which is what is counted; empty where none does."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`role` of `owner` is `value`: something of which there is one."""

    owner: str
    """Normalised."""
    role: frozenset[str]
    """Stems."""
    value: Name | Measure
    past: bool
    """It is told of another time than now."""


class Frame:
    """One statement in slots. Each is worked out when it is first asked for: most statements that are compared part in
    their names already."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return tuple(name for name in names(self.text) if not _opens_a_report(name))

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(
            _measure(self.text, each, self.names)
            for each in quantities(self.text)
            if not each.vague and not _inside(each, self.names)
        )

    @property
    def values(self) -> tuple[Name | Measure, ...]:
        return (*self.names, *self.measures)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The stems of the other content words; reporting words are left out."""
        rest = self.text
        for start, end in [(_start(each), _end(each)) for each in self.values]:
            rest = rest[:start] + " " * (end - start) + rest[end:]
        return frozenset(content_terms(rest)) - term_set(_REPORTING)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words, folded."""
        return frozenset(words(self.text))

    @cached_property
    def negated(self) -> bool:
        return bool(_NEGATION.search(_NOT_NEGATED.sub(" ", self.text)))

    @cached_property
    def relation(self) -> Relation | None:
        """The first form that fits."""
        for owner in self.names:
            if relation := _of(self, owner) or _possessed(self, owner) or _for(self, owner):
                return relation
        return _own(self) or _happened(self)


def owner_of(statement: str) -> str:
    """Whose relation a sentence states ("the chief engineer of X is Y"), normalised. Empty where it states none, or one
    of its first name in a form that has no other owner."""
    lower = statement.lower()
    may_own = _EQUATES.search(lower) and _MAY_OWN.search(lower)
    relation = frame_of(statement).relation if may_own else None
    return relation.owner if relation else ""


@lru_cache(maxsize=65_536)
def frame_of(statement: str) -> Frame:
    """Read one sentence. Of several, the first relation counts."""
    return Frame(statement)


def frames_of(text: str) -> list[Frame]:
    """The frames of a text's sentences, in order."""
    return [frame_of(sentence.text) for sentence in sentences(text)]


def _opens_a_report(name: Name) -> bool:
    """ "Records show …": a capital because it comes first."""
    return name.initial and set(content_terms(name.text)) <= term_set(_REPORTING)


def _inside(quantity: Quantity, found: tuple[Name, ...]) -> bool:
    return any(name.start <= quantity.start and quantity.end <= name.end for name in found)


def _measure(text: str, quantity: Quantity, found: tuple[Name, ...]) -> Measure:
    before = text[max(0, quantity.start - 24) : quantity.start]
    following = re.match(r"[\s-]*([^\W\d_]+)", text[quantity.end :])
    once = _ONCE.search(text[: quantity.start])
    numbered = not quantity.unit and any(
        quantity.start == name.end + 1 or name.start == quantity.end + 1 for name in found
    )
    own = (once is not None and once.end() == quantity.start) or bool(_FALLS.search(before))
    year = quantity.unit == DATE or (not quantity.unit and len(quantity.value) == 4)
    return Measure(
        quantity,
        text[quantity.start : quantity.end],
        rough=bool(_ROUGH.search(before)),
        bound=bool(_BOUND.search(before)),
        label=numbered
        or text[quantity.end :].startswith("s ")
        or bool(_LABEL.search(before))
        or quantity.unit == ORDINAL,
        when=year and not own and bool(_WHEN.search(before)),
        counted=stem(following.group(1).lower()) if following else "",
    )


def _of(frame: Frame, owner: Name) -> Relation | None:
    """ "The R of E is V", "V is the R of E", "V as the R of E"."""
    if not (role := _BEFORE_OF.search(frame.text[: owner.start])):
        return None
    value = _value_after(frame, owner.end) or _value_before(frame, role.start())
    return _made(frame.text, owner, role["role"], value)


def _possessed(frame: Frame, owner: Name) -> Relation | None:
    """ "E's R is V"."""
    if not (role := _POSSESSED.match(frame.text, owner.end)):
        return None
    return _made(frame.text, owner, role["role"], _value_after(frame, role.end()))


def _for(frame: Frame, owner: Name) -> Relation | None:
    """ "For E, the R is V"."""
    if not (_FOR.match(frame.text[: owner.start]) and (role := _THEN_ROLE.match(frame.text, owner.end))):
        return None
    return _made(frame.text, owner, role["role"], _value_after(frame, role.end()))


def _own(frame: Frame) -> Relation | None:
    """ "E has V as its R", "E …, and its R is V"."""
    role = _OWN.search(frame.text)
    if not role or not frame.names or frame.names[0].start > role.start():
        return None
    value = _value_before(frame, role.start() + 3) if role["as"] else _value_after(frame, role.end())
    return _made(frame.text, frame.names[0], role["role"], value)


def _happened(frame: Frame) -> Relation | None:
    """ "E was founded in V", "E was directed by V"; a longer subject may be another one with the same beginning."""
    event = _ONCE.search(frame.text)
    if not event or not frame.names or frame.names[0].end > event.start():
        return None
    owner = frame.names[0]
    if _BRACKETED.sub("", frame.text[owner.end : event.start()]).strip():
        return None
    value = _value_at(frame, event.end())
    if value is None:
        return None
    how = "when or where" if event["by"] in _WHEN_OR_WHERE else event["by"]
    return Relation(normalise(owner.text), frozenset({stem(event["verb"]), how}), value, past=False)


def _made(text: str, owner: Name, role: str, value: Name | Measure | None) -> Relation | None:
    terms = content_terms(role)
    last = role.split()[-1].lower()
    plural = last.endswith("s") and not last.endswith("ss") and last not in _NO_PLURAL
    if value is None or value is owner or not terms or plural or terms[-1] in term_set(_SEVERAL):
        return None
    return Relation(normalise(owner.text), frozenset(terms), value, past=bool(_PAST.search(text)))


def _start(value: Name | Measure) -> int:
    return value.quantity.start if isinstance(value, Measure) else value.start


def _end(value: Name | Measure) -> int:
    return value.quantity.end if isinstance(value, Measure) else value.end


def _value_after(frame: Frame, position: int) -> Name | Measure | None:
    verb = _IS_THEN.match(frame.text, position)
    return _value_at(frame, verb.end()) if verb else None


def _value_at(frame: Frame, position: int) -> Name | Measure | None:
    return next((each for each in frame.values if _start(each) == position), None)


def _value_before(frame: Frame, position: int) -> Name | Measure | None:
    verb = _THEN_IS.search(frame.text[:position])
    if verb is None:
        return None
    return next((each for each in frame.values if _end(each) == verb.start()), None)
