"""What the sentences of a corpus state in so plain a form that a question about it has one right answer.

Decides which forms count, each read from the beginning of a sentence: "The R of E is V.", "E's R is V.", "V is the R of
E.", "Its R is V." after a sentence about E, "The R is V." and "R: V" in a document about E, "E was born in V on D", "E
is a … directed by V". What is qualified (about, at least, former), conditional, of several things, or in any other form
states nothing here: a missed fact costs a question, a misread one a wrong answer. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stemma.evals.corpus import document_id
from stemma.memory.model import Document
from stemma.memory.names import names
from stemma.memory.quantities import DATE, ORDINAL, Quantity, quantities
from stemma.memory.text import STOP_WORDS, content_terms, sentences, term_set, words

_ROLE = r"(?P<role>[a-z][\w-]*(?: [a-z][\w-]*){0,3})"
_NAME = r"(?:(?:[Tt]he )?(?P<{}>[^\W_][^,;:()]*?))"
_BE = r"(?P<be>is|was)"
_ENDS = r"(?=\s*[.;]?\s*\Z|; | because )"
_PAUSES = r"(?=\s*[.;,]|\s*\Z)"
_OWNER, _VALUE = _NAME.format("owner"), _NAME.format("value")
_VERBS = "born|founded|established|built|opened|launched|completed|released|published|incorporated|buried"
_MADE = "directed|written|founded|composed|designed|published|painted|built|created|developed|invented|produced"
_PLAIN_NOUN = r"(?:is|was) an? (?:(?!(?:of|in|at|on|for|by|to|from|with|and|or|that|which|who|near)\b)[\w-]+ ){1,5}"
_FORMS = tuple(
    re.compile(rf"\A{form}")
    for form in (
        rf"The {_ROLE} of {_OWNER} {_BE} {_VALUE}{_ENDS}",
        rf"{_OWNER}['’]s {_ROLE} {_BE} {_VALUE}{_ENDS}",
        rf"{_VALUE} {_BE} the {_ROLE} of {_OWNER}{_PAUSES}",
    )
)
_ITS = re.compile(rf"\AIts {_ROLE} {_BE} {_VALUE}{_ENDS}")
_OF_THE_TITLE = (
    re.compile(rf"\AThe {_ROLE} {_BE} {_VALUE}{_ENDS}"),
    re.compile(rf"\A\**(?P<role>[A-Z][a-z-]*(?: [a-z][\w-]*){{0,3}})\**:\** {_VALUE}\s*[.;]?\s*\Z"),
)
"""What is said without an owner is said of what the document is about."""
_WAS = r"(?: \([^()]*\))?(?: (?:is|was)|,)"
_DATED = tuple(
    re.compile(form)
    for form in (
        rf"\A{_OWNER}{_WAS} (?P<verb>{_VERBS}) (?:in [A-Z][^,;:()\d]*?,? )?(?:on|in) (?P<value>[^;:()]+?){_PAUSES}",
        rf"\A{_OWNER} {_PLAIN_NOUN}(?P<verb>{_VERBS}) in (?P<value>\d{{4}}){_PAUSES}",
        rf"\A{_OWNER} \((?P<verb>born) (?P<value>[^()]+?)\)",
    )
)
_PLACED = re.compile(rf"\A{_OWNER}{_WAS} (?P<verb>{_VERBS}) in {_VALUE}(?=\s*[.;,]|\s*\Z| (?:on|in) (?:the )?[\dA-Z])")
_BY = tuple(
    re.compile(form)
    for form in (
        rf"\A{_OWNER}{_WAS} (?P<verb>{_MADE}) by {_VALUE}{_PAUSES}(?!, (?:and|[A-Z]))",
        rf"\A{_OWNER} {_PLAIN_NOUN}(?P<verb>{_MADE}) by {_VALUE}{_PAUSES}(?!, (?:and|[A-Z]))",
    )
)
_SEVERAL = """member part son daughter brother sister child friend example subsidiary student employee partner customer
    client rest side kind type author editor result cause start end beginning name list title subject home"""
_QUALIFIED = re.compile(
    r"\b(?:former|first|second|third|next|previous|last|new|old|then|only|same|main|one|(?:larg|small|high|b)est)\b"
)
_BRACKETED_END = re.compile(r"\s*\([^()]*\)\s*\Z")
_ARTICLE = re.compile(r"\A[Tt]he (?=.)")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Relation:
    """What is said of something: a role it has, or what happened to it."""

    form: str
    """"role", "when", "where" or "by"."""
    words: str
    """The role ("lead time") or the verb ("founded")."""
    past: bool = False
    """Of a role: "was"."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement of one document."""

    owner: str
    """As it is written."""
    relation: Relation
    value: str
    """As it is written, a quantity with its unit."""
    quantity: Quantity | None
    """Of a value that is a number or a date."""
    document: str
    """The id that gold refers to."""
    sentence: str

    @property
    def about(self) -> str:
        """Equal for facts about one thing: what is told apart in brackets ("The Dream (1985 film)") is two things."""
        return key_of(self.owner)

    @property
    def says(self) -> str:
        """Equal for values that are the same."""
        return f"{self.quantity.value} {self.quantity.unit}" if self.quantity else key_of(self.value)


def key_of(name: str) -> str:
    """One spelling of a name, its bracketed end included."""
    return " ".join(words(_ARTICLE.sub("", name)))


def facts_of(documents: Iterable[Document]) -> list[Fact]:
    """Every fact, in the order of the documents and of their sentences; one that a document repeats, once."""
    found: dict[tuple[str, str, Relation, str], Fact] = {}
    for document in documents:
        for fact in _facts(document):
            found.setdefault((fact.document, fact.about, fact.relation, fact.says), fact)
    return list(found.values())


def _facts(document: Document) -> Iterator[Fact]:
    title, subject = document.title, ""
    about = _about(title)
    for number, sentence in enumerate(sentences(document.text)):
        text = sentence.text
        spans = {(name.start, name.end) for name in names(text)}
        for match, relation in _matches(text, subject, about):
            owner = _owner(match, spans, subject or about, title if number == 0 else "")
            value, quantity = _value(match, spans, relation)
            told_apart = relation.form == "role" or key_of(owner) == key_of(title) or len(owner.split()) > 1
            if owner and value and told_apart and key_of(owner) != key_of(value):
                yield Fact(owner, relation, value, quantity, document_id(document), text)
        opened = next((name for name in names(text) if text[: name.start] in ("", "The ")), None)
        if opened is not None:
            subject = title if key_of(opened.text) == key_of(_BRACKETED_END.sub("", title)) else ""
        elif not text.startswith("Its "):
            subject = ""


def _owner(match: re.Match[str], spans: set[tuple[int, int]], subject: str, title: str) -> str:
    """As it is written, with its article. The opening sentence of a document speaks of its title, however spelled."""
    if "owner" not in match.re.groupindex:
        return subject
    name = _span(match, "owner", spans)
    article = "the " if name and match.string[: match.start("owner")].endswith(("The ", "the ")) else ""
    if title and match.start("owner") == len(article) and {*words(name)} & {*words(title)} - STOP_WORDS:
        return f"{article}{title}" if key_of(name) == key_of(title) and not _ARTICLE.match(title) else title
    return f"{article}{name}"


def _about(title: str) -> str:
    """The one thing that a document is about, by its title: a name, whatever follows a colon."""
    name = title.partition(":")[0].strip()
    return name if any(each.text == name for each in names(name)) else ""


def _matches(text: str, subject: str, about: str) -> Iterator[tuple[re.Match[str], Relation]]:
    for form in (*_FORMS, *([_ITS] if subject else []), *(_OF_THE_TITLE if about else [])):
        if (match := form.match(text)) and _is_role(role := match["role"][0].lower() + match["role"][1:]):
            yield match, Relation("role", role, match.groupdict().get("be") == "was")
            return
    for form in _DATED:
        if match := form.match(text):
            yield match, Relation("when", match["verb"])
            break
    if match := _PLACED.match(text):
        yield match, Relation("where", match["verb"])
    for form in _BY:
        if match := form.match(text):
            yield match, Relation("by", match["verb"])
            return


def _is_role(role: str) -> bool:
    """Something of which a thing has one."""
    last = role.split()[-1]
    plural = last.endswith("s") and not last.endswith("ss")
    return (
        not plural and not term_set(_SEVERAL) & {*content_terms(last)} and not _QUALIFIED.search(role) and len(last) > 1
    )


def _span(match: re.Match[str], group: str, spans: set[tuple[int, int]]) -> str:
    """The group's text where it is exactly a name of the sentence, otherwise nothing; a cut-off initial is no name."""
    found = match[group] if (match.start(group), match.end(group)) in spans else ""
    return "" if re.search(r"(?:\A|\s)\w\Z", found) else found


def _value(match: re.Match[str], spans: set[tuple[int, int]], relation: Relation) -> tuple[str, Quantity | None]:
    """A name, or a quantity and nothing beside it but its unit."""
    text = match["value"]
    found = quantities(text)
    if relation.form == "when":
        whole = found[0] if len(found) == 1 and found[0].start == 0 and found[0].end == len(text) else None
        year = whole is not None and whole.unit == "" and bool(_YEAR.fullmatch(text))
        return (text, whole) if whole and (year or (whole.unit == DATE and "?" not in whole.value[:4])) else ("", None)
    if name := _span(match, "value", spans):
        return name, None
    if relation.form != "role" or len(found) != 1 or found[0].start > 1 or found[0].vague or found[0].unit == ORDINAL:
        return "", None
    after = text[found[0].end :]
    unit = bool(found[0].unit) and re.fullmatch(r"[ -]?(?:%|per cent|[^\W\d_]+|[$€£¥])?", after)
    return (text, found[0]) if unit or not after else ("", None)
