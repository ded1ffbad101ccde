"""Statements about named things, found in a passage by rule: the offline `ClaimExtractor`.

Decides which sentences state something that can stand alone. Left out are questions, headings, fragments, lists of
names, instructions, and sentences that begin with a pronoun, unless `subjects.py` can say what it means: a statement
that is left out costs an index entry, one that is read wrongly is a false claim. A statement is its sentence, verbatim;
it is never put into other words. Pure, apart from the thread it runs in.
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from stemma.memory.ingest.entities import named_spans
from stemma.memory.ingest.ports import Excerpt, Extraction, NamedSpan, Statement
from stemma.memory.ingest.subjects import Discourse, Subject, needs_subject
from stemma.memory.ingest.verbs import INSTRUCTIONS, find_verb
from stemma.memory.text import STOP_WORDS, Sentence, sentences

STATEMENT_LIMIT = 16
"""At most this many statements of one passage, in the order of the text."""
NAME = "rule:statements"

_LONGEST, _FEWEST_WORDS, _MOST_WORDS = 500, 4, 70
_FEWEST_CONTENT_WORDS = 3
_LIST_SHARE = 0.34
"""From this share of commas and semicolons to words on, a sentence is a list."""
_WORD = re.compile(r"\w++(?:['’\-.]\w++)*+")
_END = re.compile(r"[.!…][\"'”’»)\]]*(?:\s?\[\d{1,3}\])*\Z")
_PRONOUN = re.compile(
    r"\b(?:it|its|he|she|him|his|her|hers|they|them|their|theirs|these|those|this|i|we|our|us|my|you|your)\b",
    re.IGNORECASE,
)
_LEADING = ("It ", "Its ", "He ", "His ", "She ", "Her ", "They ", "Their ", "This ", "These ")
_SUBJECT_PRONOUN = re.compile(r"\b(?:it|he|she|they|these|those|this|i|we|you)\b", re.IGNORECASE)
_BRACKETED = re.compile(r"\([^()]*\)")
_ADVERBS = re.compile(r"(?: (?:also|only|often|still|then|now|[a-z]+ly))+\Z")
_DETERMINERS = frozenset({"the", "a", "an", "its", "his", "her", "their", "no", "every"})
"""Before what is a noun, even where it is spelled like a verb."""
_LONGEST_DETERMINER = 8
_SUBJECT_WORDS = 12
_NO_SUBJECT = re.compile(
    r"[,;:]|\b(?:who|which|that|where|when|while|because)\b"
    r"|\A(?:in|on|at|by|for|from|with|after|before|during|since|until|under|as|if|although|though|there|of|to)\b",
    re.IGNORECASE,
)
"""A clause or an opening that is not the subject."""
_LONGEST_OBJECT = 200
_GOES_ON = re.compile(
    r"(?:(?P<whose>Its|His|Her|Their|The [a-z]+['’]s)|It|He|She|They|(?:The|This) [a-z]+) "
    r"(?P<says>(?:[a-z]+ly |also |now |still |first )?(?:is|was|are|were|has been|had been|(?:has|have|had) no"
    r"|(?:does|do|did) not|can ?not|never|died|opens?|opened|closes?|closed|ends?|ended|begins?|began|expires?|expired)"
    r"\b)?"
)
_YEAR = re.compile(r"1\d\d\d|20\d\d")
_DIGITS = re.compile(r"\d+")
"""A sentence that goes on about what was named before is taken where another may exclude it: it says what its subject
is or has, denies something, says when it began or ended, or gives a number that is no year. What else "it" did stays in
its passage: each claim costs a store as much as any other."""


class RuleExtractor:
    """`ClaimExtractor` without a model."""

    @property
    def name(self) -> str:
        return NAME

    async def extract(self, excerpts: Sequence[Excerpt]) -> list[Extraction]:
        """One extraction for each excerpt, worked out in a thread."""
        return await asyncio.to_thread(lambda: [Extraction(statements(excerpt)) for excerpt in excerpts])


def statements(excerpt: Excerpt) -> list[Statement]:
    """The statements of one passage, in order, at most `STATEMENT_LIMIT`."""
    found: list[Statement] = []
    starts = [span.start for span in excerpt.named]
    cut = sentences(excerpt.text) if starts or excerpt.title.endswith("?") else []
    discourse: Discourse | None = None
    for n, sentence in enumerate(cut):
        if len(sentence.text) > _LONGEST:
            continue
        statement = _told(excerpt, sentence, starts)
        if statement is None and _can_be_excluded(sentence.text):
            discourse = discourse or Discourse(excerpt, cut)
            statement = _carried_on(excerpt.text, sentence, discourse.subject(n))
        if statement and _is_statement(sentence):
            found.append(statement)
            if len(found) == STATEMENT_LIMIT:
                break
    return found


def _told(excerpt: Excerpt, sentence: Sentence, starts: Sequence[int]) -> Statement | None:
    """The statement of a sentence that names what it is about."""
    first = bisect_left(starts, sentence.start)
    if first == len(starts) or starts[first] >= sentence.end:
        return None
    if starts[first] > sentence.start and sentence.text.startswith(_LEADING):
        return None
    return _read(excerpt.text, sentence, excerpt.named[first])


def _can_be_excluded(text: str) -> bool:
    """Whether a sentence goes on about something, and says what another may exclude."""
    found = _GOES_ON.match(text) if text[0] in "HIST" else None
    if found is None or found["whose"] or found["says"]:
        return found is not None
    return any(not _YEAR.fullmatch(digits) for digits in _DIGITS.findall(text))


def _carried_on(text: str, sentence: Sentence, subject: Subject | None) -> Statement | None:
    """The statement of a sentence that goes on about what was named before."""
    if subject is None:
        return None
    stands_for = NamedSpan(subject.start, subject.end, subject.name)
    statement = _read(text, sentence, stands_for)
    if statement is None:
        return None
    at = subject.end - sentence.start
    rest = statement.subject[at:] if statement.subject else ""
    named = subject.named + rest
    about = NamedSpan(subject.start - sentence.start, at, subject.name)
    return replace(statement, subject=named, about=about, topic=named)


def read_statement(text: str) -> Statement:
    """One sentence as a statement, with its parts where they can be told."""
    found = statements(Excerpt("", text, named_spans("", text)))
    return found[0] if len(found) == 1 and found[0].text == text.strip() else Statement(text, text)


def read_in_place(text: str, title: str, passage: str, start: int) -> Statement:
    """One sentence as a statement, with what it speaks of as far as the passage tells in which it stands at `start`.

    Where nobody can tell, the title takes the place of the topic: it is another statement elsewhere.
    """
    if not needs_subject(text):
        return read_statement(text)
    for found in statements(Excerpt(title, passage, named_spans(title, passage))):
        if found.start <= start < found.start + len(found.quote):
            return replace(found, text=text, quote=text)
    return replace(read_statement(text), topic=title)


def _is_statement(sentence: Sentence) -> bool:
    """A full sentence of its own, going by its ends, its length and its words."""
    text = sentence.text
    if not _END.search(text) or not (text[0].isupper() or text[0].isdigit()):
        return False
    words = _WORD.findall(text)
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or words[0].lower() in INSTRUCTIONS:
        return False
    if text.count(",") + text.count(";") > _LIST_SHARE * len(words):
        return False
    content = (word for word in words if word.lower() not in STOP_WORDS)
    return next(islice(content, _FEWEST_CONTENT_WORDS - 1, None), None) is not None


def _read(text: str, sentence: Sentence, named: NamedSpan) -> Statement | None:
    """The statement with its parts where they can be told; None when it is not about what it names."""
    outside = sentence.text
    if "(" in outside or ")" in outside:
        outside = _BRACKETED.sub(lambda bracketed: " " * len(bracketed.group()), outside)
    verb = find_verb(outside, 0, len(outside))
    if verb and verb[0] < named.end - sentence.start + len("'s "):
        verb = _next_verb(outside, verb)
    if verb is None or sentence.start + verb[0] < named.end or "(" in outside or ")" in outside:
        return None
    if _says_who(text, sentence, named, sentence.start + verb[0]):
        return None
    subject = _ADVERBS.sub("", " ".join(outside[: verb[0]].split()))
    rest = _END.sub("", sentence.text[verb[1] :]).strip()
    if not rest or len(rest) > _LONGEST_OBJECT or len(subject.split()) > _SUBJECT_WORDS or _NO_SUBJECT.search(subject):
        return Statement(sentence.text, sentence.text, sentence.start)
    predicate = " ".join(outside[slice(*verb)].split())
    return Statement(sentence.text, sentence.text, sentence.start, subject, predicate, rest)


def _next_verb(text: str, verb: tuple[int, int] | None) -> tuple[int, int] | None:
    """This verb, unless it is a noun ("the claims desk", "its claims desk"): then the one behind it."""
    while verb and (before := text[max(0, verb[0] - _LONGEST_DETERMINER) : verb[0]].lower().split()):
        if before[-1] not in _DETERMINERS and not before[-1].endswith(("'s", "’s", "s'", "s’")):
            break
        verb = find_verb(text, verb[1], len(text))
    return verb


def _says_who(text: str, sentence: Sentence, named: NamedSpan, verb: int) -> bool:
    """Whether a pronoun stands before the name, or as the subject: the sentence before says who is meant."""
    return bool(_PRONOUN.search(text, sentence.start, named.start) or _SUBJECT_PRONOUN.search(text, named.end, verb))
