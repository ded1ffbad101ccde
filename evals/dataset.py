"""A data set: one corpus, and one or several sets of questions asked of it.

Decides which folders make a data set, what a question row may say, and the hash that names the data. It reads; it
never repairs: a malformed row, an unknown gold id or a missing file is an error with its place.

A folder holds queries.jsonl (or questions.jsonl): id, question, and as far as known gold (ids of documents), answers,
unanswerable, kind, and steps and tools (the right ones of a run). Of several folders the corpora are merged into one,
and each folder stays a question set of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from stemma.evals.card import Card, check_card, read_card
from stemma.evals.case import Case, ToolCall
from stemma.evals.corpus import QUESTIONS, document_id, read_corpus
from stemma.evals.errors import InvalidDataset
from stemma.evals.rows import JsonRow, read_rows
from stemma.evals.split import Part, part_of
from stemma.memory.model import Document


@dataclass(frozen=True, slots=True)
class Dataset:
    """What an evaluation works on. `hash` covers all rows of all folders, whatever the limit."""

    sets: tuple[str, ...]
    documents: tuple[Document, ...]
    cases: tuple[Case, ...]
    hash: str
    """SHA-256 (hex) of the content: ids, titles, texts, questions, gold and answers, not of paths or white space."""
    foreign: str = ""
    """The corpus that the questions were asked of instead of their own; empty for their own."""
    limit: int | None = None
    titles: str = "kept"
    part: str = ""
    """"dev" or "test" where only that half of the questions is asked."""
    cards: Mapping[str, Card] = field(default_factory=dict)
    """Of the sets that have one."""

    def as_json(self) -> dict[str, object]:
        """What a summary says about the data."""
        return {
            "hash": self.hash,
            "sets": list(self.sets),
            "documents": len(self.documents),
            "questions": len(self.cases),
            "corpus": self.foreign or "own",
            "limit": self.limit,
            "titles": self.titles,
            "split": self.part or "all",
            "cards": {name: asdict(card) for name, card in self.cards.items()},
        }


def read_dataset(
    folders: Sequence[Path],
    *,
    limit: int | None = None,
    corpus: Path | None = None,
    part: Part | None = None,
    check: bool = True,
) -> Dataset:
    """Read data folders and merge them.

    `part` keeps one half of the questions, `limit` then the first of each set (the corpus stays whole). With `corpus`
    the same questions are asked of another folder's documents: gold and answers are dropped then, and abstaining is
    right. `check` refuses a set that was changed since its card was written. Raises `InvalidDataset`.
    """
    if not folders:
        raise InvalidDataset("there is no data folder", hint="name one: --data DIR")
    names = _names(folders)
    own = {name: read_corpus(folder, name) for name, folder in names.items()}
    asked = {name: tuple(_cases(folder, name, own[name])) for name, folder in names.items()}
    cards = {name: card for name, folder in names.items() if (card := read_card(folder))}
    for name in cards if check else ():
        check_card(names[name], cards[name], _hash([asked[name]], [own[name]]))
    documents = tuple(document for each in own.values() for document in each)
    whole = Dataset(tuple(names), documents, (), _hash([*asked.values()], [*own.values()]), limit=limit, cards=cards)
    chosen = frozenset(case.id for case in _part(asked, documents, part))
    cases = tuple(case for each in asked.values() for case in [c for c in each if c.id in chosen][:limit])
    if part is not None and not cases:
        raise InvalidDataset(f"no question falls into the half {part}", hint="leave --split out, or add questions")
    whole = replace(whole, cases=cases, part=part or "")
    if corpus is None:
        return whole
    foreign = read_corpus(corpus, corpus.resolve().name)
    return replace(
        whole,
        documents=foreign,
        cases=tuple(replace(case, gold=(), answers=(), answerable=False) for case in cases),
        hash=_hash([*asked.values()], [foreign]),
        foreign=corpus.resolve().name,
    )


def _part(asked: Mapping[str, Sequence[Case]], documents: Sequence[Document], part: Part | None) -> Sequence[Case]:
    cases = [case for each in asked.values() for case in each]
    if part is None:
        return cases
    return part_of(cases, part, {document_id(document): document.title for document in documents})


def without_titles(dataset: Dataset) -> Dataset:
    """The same questions of the same texts, whose titles nobody may see. The hash stays that of the data as it came."""
    untitled = tuple(replace(document, title="") for document in dataset.documents)
    return replace(dataset, documents=untitled, titles="dropped")


def _names(folders: Sequence[Path]) -> dict[str, Path]:
    """A short name for each folder: its own, numbered where two folders share it."""
    names: dict[str, Path] = {}
    for folder in folders:
        resolved = folder.resolve()
        if resolved in [known.resolve() for known in names.values()]:
            raise InvalidDataset(f"{folder} is given twice", hint="name each data folder once")
        name = resolved.name or "data"
        number = 2
        while name in names:
            name = f"{resolved.name}-{number}"
            number += 1
        names[name] = folder
    return names


def _cases(folder: Path, name: str, documents: Sequence[Document]) -> Iterator[Case]:
    file = next((folder / each for each in QUESTIONS if (folder / each).is_file()), None)
    if file is None:
        raise InvalidDataset(
            f"{folder} holds no {' or '.join(QUESTIONS)}",
            hint='each row: {"id": "q1", "question": "…", "gold": ["document id"], "answers": ["…"]}',
        )
    known = {document_id(document) for document in documents}
    seen: dict[str, int] = {}
    for row in read_rows(file):
        own = row.text("id")
        if own in seen:
            raise row.place.wrong(f'id "{own}" stands in line {seen[own]} already')
        seen[own] = row.place.line
        yield _case(row, f"{name}/{own}", name, known)
    if not seen:
        raise InvalidDataset(f"{file} holds no questions")


def _case(row: JsonRow, case_id: str, name: str, known: set[str]) -> Case:
    gold = tuple(f"{name}/{own}" for own in row.texts("gold"))
    missing = [wanted.removeprefix(f"{name}/") for wanted in gold if wanted not in known]
    if missing:
        raise row.place.wrong(f'"gold" names {", ".join(missing)}, which the corpus does not hold')
    unanswerable = row.flag("unanswerable")
    answers = row.texts("answers")
    if unanswerable and (gold or answers):
        raise row.place.wrong('an "unanswerable" question has neither "gold" nor "answers"')
    return Case(
        case_id,
        name,
        row.text("question"),
        gold,
        answers,
        not unanswerable,
        kind=row.text("kind", ""),
        tools=_tools(row),
        steps=row.texts("steps", once=False) if "steps" in row.fields else None,
    )


def _tools(row: JsonRow) -> tuple[ToolCall, ...] | None:
    """ "tools": [{"name", "args"}]; without "args" any arguments are right."""
    if "tools" not in row.fields:
        return None
    calls = row.fields["tools"]
    if not isinstance(calls, list) or not all(_is_call(call) for call in calls):
        raise row.place.wrong('"tools" is not a list of calls', hint='[{"name": "search", "args": {"query": "…"}}]')
    return tuple(ToolCall(call["name"], call.get("args")) for call in calls)


def _is_call(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("args", {}), dict)


def _hash(cases: Sequence[Sequence[Case]], documents: Sequence[Sequence[Document]]) -> str:
    digest = hashlib.sha256()

    def add(*values: object) -> None:
        digest.update(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")

    for number, corpus in enumerate(documents):
        for document in corpus:
            add("document", number, document_id(document).partition("/")[2], document.title, document.text)
    for number, each in enumerate(cases):
        for case in each:
            own = [wanted.partition("/")[2] for wanted in case.gold]
            add("case", number, case.id.partition("/")[2], case.question, own, case.answers, case.answerable)
            if case.tools is not None or case.steps is not None:
                add("expected", [[call.name, call.args] for call in case.tools or ()], case.steps)
    return digest.hexdigest()
