"""What a sentence speaks of without naming it: "It was founded in 1990.", "Its desk …", "The port …".

Decides by the sentence before, whose subject it goes on with, and by what the passage says that a thing is. Rules in
plain view, and no answer in doubt: where the sentence before begins with anything but one name, or with what may not be
meant (a person by "it", a thing by "he"), where "it" stands for nothing ("It is said that …"), and at the beginning of
a passage, nothing is said. It does not look at what the sentence says of its subject. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from stemma.memory.ingest.ports import Excerpt
from stemma.memory.ingest.resolve import canonical
from stemma.memory.ingest.verbs import find_verb, is_verb
from stemma.memory.names import names
from stemma.memory.text import Sentence, fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ANAPHOR = re.compile(
    r"(?P<thing>It|Its)\b|(?P<person>He|She|His|Her)\b|(?P<many>They|Their)\b"
    r"|(?:The|This) (?P<kind>[a-z]{3,})(?:['’]s(?= )|(?= (?P<next>[a-z]+)))"
)
_OTHER = re.compile(r"(?:I|We|You|My|Our|Your|This|That|These|Those)\b", re.IGNORECASE)
_THE_THING = re.compile(r"The [a-z][\w'’-]* ")
_WHOSE = _set("Its His Her Their")
_ADVERBS = _set("also only often then now still never")
_EMPTY = re.compile(
    r"It (?:\w+ )?(?:is|was|has been|had been|became|will be|would be|may be|can be|could be|should be|must be"
    r"|takes|took|costs?)"
    r" (?:\S+ ){0,6}?(?:that|to|who|whom|when|where|whether|until|if|why|how)\b"
    r"|It (?:seems|seemed|appears|appeared|happens|happened|follows|followed|turns|turned|rains?"
    r"|means|meant|depends|helps|makes)\b"
    r"|It (?:\w+ )?(?:is|was) (?:(?:not|also|now) )?(?:\d|one of|during|in \d{4},|on (?:this|that)|at this|here"
    r"|there|then)"
)
""" "It" that stands for nothing, or for what is said before as a whole."""
_WHEN = re.compile(
    r"(?:In|On|Since|By|During|From|Until)(?: (?:the|early|late|mid))*(?:[ -]\d{1,2})?"
    r"(?: (?:January|February|March|April|May|June|July|August|September|October|November|December))?"
    r"(?: \d{1,2})?,?(?: \d{4}s?)?,? (?=\S)"
)
_OWNING = re.compile(r"(?<=s)['’]\Z|['’]s\Z")
_ARTICLE = re.compile(r"[\"'“‘*_]*(?:[Tt]he )?[\"'“‘*_]*")
_BESIDES = re.compile(
    r"[\"'”’*_]*\s*(?:\([^()]*\)\s*)*(?:,[^,;]*,\s*)?(?:(?:also|only|often|then|now|still|[a-z]+ly) )*"
)
"""What may stand between a name and its verb without changing what the sentence is about."""
_VERB = re.compile(r"[a-z]+(?:['’]t)?(?!\w)")
_IS_A = re.compile(r"(?:is|was|are|were) (?:(?:also|once|now) )?(?:an?|the|one of the) ")
_IN_KIND = re.compile(r"([^\W_][^\s,.;:()]*)([,.;:()]?)\s*")
_ENDS_KIND = _set("""
    of in by for from that which who whose and with at on to between near as based located situated known held made set
    born where under about during directed
""")
_KIND_WORDS = 12
_BORN = re.compile(r"\s*\([^()]*(?:\bborn\b|\d{4} ?[–-] ?(?:\w+ ){0,2}\d{4}|\bnée\b|\bc\. ?\d)")
_ACTS = re.compile(
    r"(?:\w{2,}(?:er|or|ist|ian|ress|man|woman|eer)|king|queen|prince|princess|duke|earl|count|bishop|pope|poet|saint"
    r"|monk|coach|artist|scientist|athlete|model|chef|judge|priest|pilot|spy|nurse|boy|girl|son|daughter|wife|general"
    r"|president|governor|attorney|consort|noble|nobleman|composer|chief|captain|champion|diplomat|critic|graduate"
    r"|native|figure|person|student|knight|baron|baroness|countess|duchess|empress|bass|star|recipient|expert|host)"
)
_THINGS = _set("""
    newspaper river border paper power tower order number center theater theatre corner computer chapter letter cover
    matter water thriller quarter sector motor factor harbor harbour tractor processor floor door manor error mirror
    rotor reactor vector corridor container carrier steamer cruiser freighter tanker destroyer trawler liner printer
    cluster cylinder layer server folder meter filter router register charter chamber list
""")
""" "-er" and "-or", and no person."""
_SEVERAL = _set("band group duo trio quartet team couple brothers sisters twins")


class Subject(NamedTuple):
    """What a sentence begins with in place of a name: characters [start, end) of the text, and the thing's name."""

    start: int
    end: int
    name: str
    owner: bool
    """It is only whose the thing is that the sentence is about ("Its claims desk")."""

    @property
    def named(self) -> str:
        """The name as it may stand in place of these words."""
        if not self.owner:
            return self.name
        return self.name + ("'" if self.name.endswith("s") else "'s")


class Discourse:
    """The sentences of one passage, and what each of them speaks of. Works out no more than it is asked for."""

    def __init__(self, excerpt: Excerpt, cut: Sequence[Sentence]) -> None:
        self._title = excerpt.title
        self._text = excerpt.text
        self._named = excerpt.named
        self._starts = [span.start for span in excerpt.named]
        self._cut = cut
        self._subjects: dict[int, Subject | None] = {}
        self._openings: dict[int, _Opening | None] = {}

    def subject(self, n: int) -> Subject | None:
        """What sentence `n` speaks of without naming it; None where it names its subject, or nobody can be sure."""
        if n not in self._subjects:
            self._subjects[n] = self._resolved(n)
        return self._subjects[n]

    def _resolved(self, n: int) -> Subject | None:
        start, end = self._cut[n].start, self._cut[n].end
        found = _ANAPHOR.match(self._text, start, end)
        if found is None or self._is_named(start):
            return None
        kind, words = found["kind"], found.group()
        if (kind and not _goes_on(found)) or _EMPTY.match(self._text, start, end):
            return None
        owner = words in _WHOSE or words.endswith(("'s", "’s"))
        name = self._of_kind(n, kind) if kind else self._before(n, found)
        return Subject(start, found.end(), name, owner) if name else None

    def _is_named(self, start: int) -> bool:
        """Whether a name begins with the sentence: "It" is a novel, "The Who" a band."""
        first = bisect_left(self._starts, start)
        return first < len(self._starts) and self._starts[first] == start

    def _before(self, n: int, pronoun: re.Match[str]) -> str:
        """What the sentence before is about, or the question, if this pronoun may mean it."""
        name = self._topic(n - 1) if n else self._asked()
        if not name:
            return ""
        nature = next((one.nature for m in range(n) if (one := self._opening(m)) and one.name == name), "")
        return name if pronoun.lastgroup == (nature or "thing") else ""

    def _asked(self) -> str:
        """The one name in a question that the text stands under."""
        found = {name.text for name in names(self._title)} if self._title.endswith("?") else set()
        return canonical(found.pop()) if len(found) == 1 else ""

    def _topic(self, n: int) -> str:
        """The name of what sentence `n` is about; empty where its subject is not one name."""
        if subject := self.subject(n):
            return "" if subject.owner else subject.name
        opening = self._opening(n)
        return opening.name if opening else ""

    def _of_kind(self, n: int, kind: str) -> str:
        """The one thing of this kind that the passage has spoken of before."""
        known = {one.name for m in range(n) if (one := self._opening(m)) and one.is_a(kind)}
        return known.pop() if len(known) == 1 else ""

    def _opening(self, n: int) -> _Opening | None:
        if n not in self._openings:
            self._openings[n] = self._opened(self._cut[n])
        return self._openings[n]

    def _opened(self, sentence: Sentence) -> _Opening | None:
        """The name with which a sentence begins, when it is its subject alone."""
        text, end = self._text, sentence.end
        when = _WHEN.match(text, sentence.start, end)
        start = when.end() if when else sentence.start
        article = _ARTICLE.match(text, start, end)
        first = bisect_left(self._starts, start)
        if article is None or first == len(self._starts) or self._starts[first] > article.end():
            return None
        span = self._named[first]
        besides = _BESIDES.match(text, span.end, end)
        at = besides.end() if besides else span.end
        word = _VERB.match(text, at, end)
        if word is None or not is_verb(word.group()):
            return None
        return _Opening(span.name, _kind(text, at, end), bool(_BORN.match(text, span.end, end)))


class _Opening(NamedTuple):
    """A name that a sentence begins with."""

    name: str
    kind: str
    """What the sentence says that it is, in one word: the last of "is a railway line"."""
    born: bool

    @property
    def nature(self) -> str:
        """Which pronouns may mean it, as the groups of `_ANAPHOR` are called; empty where nothing tells."""
        if self.kind in _SEVERAL:
            return "many"
        if self.born or (_ACTS.fullmatch(self.kind) and self.kind not in _THINGS):
            return "person"
        return ""

    def is_a(self, kind: str) -> bool:
        return kind == self.kind or kind in fold(self.name).split()


def _kind(text: str, at: int, end: int) -> str:
    """The last word of "is a railway line in …"; empty where nothing of the sort stands here."""
    said = _IS_A.match(text, at, end)
    kind, at = "", said.end() if said else end
    for _ in range(_KIND_WORDS):
        word = _IN_KIND.match(text, at, end)
        if word is None or word[1] in _ENDS_KIND or (len(word[1]) > 4 and word[1].endswith("ed")):
            break
        kind, at = word[1], word.end()
        if word[2]:
            break
    return fold(kind)


def needs_subject(text: str) -> bool:
    """Whether a sentence leaves it to what stands before it to say what it speaks of: it begins with a pronoun, or what
    stands before its verb is "the lead time" and names nothing."""
    if begins_with_pronoun(text):
        return True
    found = _THE_THING.match(text)
    verb = find_verb(text, found.end(), len(text)) if found else None
    if found is None or verb is None:
        return False
    between = text[found.end() : verb[0]]
    return between == between.lower()


def begins_with_pronoun(text: str) -> bool:
    """Whether a sentence begins with "it", "their", "these" …"""
    found = _ANAPHOR.match(text)
    return found["kind"] is None if found else bool(_OTHER.match(text))


def spelled_out(text: str, subject: str) -> str:
    """The sentence with its subject named, for those that compare it: "Its desk opens at 9." whose subject is "Harrow
    Line's desk" -> "Harrow Line's desk opens at 9." A text that names its subject stays as it is.
    """
    found = _stands_for(text, subject)
    return _told_first(subject, text[found.end() :]) + text[found.end() :] if found else text


def unnamed(text: str, subject: str) -> str:
    """The thing that a claim is about and that its text does not name ("Harrow Line"); empty where it does."""
    found = _stands_for(text, subject)
    return _OWNING.sub("", _told_first(subject, text[found.end() :])) if found else ""


def _stands_for(text: str, subject: str) -> re.Match[str] | None:
    return _ANAPHOR.match(text) if subject and not text.startswith(subject) else None


def _told_first(subject: str, rest: str) -> str:
    """As much of a subject as does not stand in the text itself."""
    owned = (n for n in range(len(subject)) if subject[n] == " " and rest.startswith(subject[n:]))
    return subject[: next(owned, len(subject))]


def _goes_on(found: re.Match[str]) -> bool:
    """Whether "the port" is all that the sentence says for its subject: a verb follows, or it owns what follows."""
    following = found["next"]
    return following is None or is_verb(following) or following in _ADVERBS or following.endswith("ly")
