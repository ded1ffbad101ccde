"""Turns the public download formats of multi-hop question sets into a data folder: corpus.jsonl and queries.jsonl.

Reads HotpotQA and 2WikiMultihopQA (one JSON list) and MuSiQue (JSON lines) as their authors publish them, so that
anyone can reproduce figures from the original files. Passages that several questions share are stored once; their ids
come from their content, so two samples of one set agree. A question is left out, and counted, when its file does not
hold the passages it needs, or says that it cannot be answered from its own passages (merged with others', it might be).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemma.evals.card import CARD, Card, write_card
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDownload, InvalidResults


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One passage as a question brings it."""

    title: str
    text: str
    gold: bool

    @property
    def id(self) -> str:
        return "p" + hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()[:15]


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a download with all its passages."""

    id: str
    question: str
    answers: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]
    usable: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a format comes from, for the card."""

    name: str
    site: str
    licence: str
    read: Callable[[Path], Iterator[Item]]


@dataclass(slots=True)
class Converted:
    """What a conversion wrote."""

    passages: dict[str, Paragraph] = field(default_factory=dict)
    questions: list[Item] = field(default_factory=list)
    left_out: int = 0
    hash: str = ""


def convert(origin: Origin, file: Path, out: Path, *, limit: int | None = None, seed: int = 0) -> Converted:
    """Write corpus.jsonl, queries.jsonl, README.md and card.json into `out`.

    `limit` takes a sample of that many usable questions that depends only on the seed and their ids, in file order.
    Raises `InvalidDownload` when the file is not of this format, `InvalidResults` when `out` cannot be written.
    """
    items = list(origin.read(file))
    usable = [item for item in items if item.usable]
    if not usable:
        message = f"{file} holds no question with its gold passages"
        raise InvalidDownload(message, hint="test splits come without them; take train or dev")
    done = Converted(questions=_sample(usable, limit, seed), left_out=len(items) - len(usable))
    for item in done.questions:
        for paragraph in item.paragraphs:
            done.passages.setdefault(paragraph.id, paragraph)
    _write(origin, done, file.name, out, seed)
    made = f"converted from {file.name} by stemma eval convert, {len(done.questions)} questions, seed {seed}"
    write_card(out, Card("1", f"{origin.name} ({origin.site})", origin.licence, made, hash=read_dataset([out]).hash))
    return done


def _sample(items: Sequence[Item], limit: int | None, seed: int) -> list[Item]:
    if limit is None or limit >= len(items):
        return list(items)
    drawn = sorted(items, key=lambda item: hashlib.sha256(f"{seed}:{item.id}".encode()).digest())[:limit]
    chosen = {item.id for item in drawn}
    return [item for item in items if item.id in chosen]


def _write(origin: Origin, done: Converted, source: str, out: Path, seed: int) -> None:
    corpus = _lines({"id": each.id, "title": each.title, "text": each.text} for each in done.passages.values())
    queries = _lines(
        {
            "id": item.id,
            "question": item.question,
            "gold": list(dict.fromkeys(each.id for each in item.paragraphs if each.gold)),
            "answers": list(item.answers),
        }
        for item in done.questions
    )
    done.hash = hashlib.sha256((corpus + queries).encode()).hexdigest()
    card = _card(origin, done, source, seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / CARD).unlink(missing_ok=True)  # it describes what was there before
        for name, text in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("README.md", card)):
            (out / name).write_text(text, "utf-8", newline="\n")
    except OSError as problem:
        raise InvalidResults(f"{out} cannot be written: {problem.strerror or problem}") from problem


def _lines(rows: Iterator[Mapping[str, object]]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _card(origin: Origin, done: Converted, source: str, seed: int) -> str:
    return f"""# {origin.name}, {len(done.questions)} questions

Converted by `stemma eval convert` from `{source}` of {origin.name} ({origin.site}).
Licence of the data, as its authors state it: {origin.licence}.

| | |
|---|---|
| questions | {len(done.questions)} |
| passages, each once | {len(done.passages)} |
| left out (no gold passages in the file, or not answerable) | {done.left_out} |
| sample seed | {seed} |
| SHA-256 of corpus.jsonl and queries.jsonl | `{done.hash}` |
"""


def _read_context_list(file: Path) -> Iterator[Item]:
    """HotpotQA and 2WikiMultihopQA: [{_id, question, answer, context: [[title, [sentence]]], supporting_facts}]."""
    rows = _parsed(_bytes(file), str(file))
    if not isinstance(rows, list):
        raise InvalidDownload(f"{file} is not one JSON list", hint="give the file as its authors publish it")
    for number, row in enumerate(rows, start=1):
        try:
            titles = {title for title, _ in row.get("supporting_facts", [])}
            paragraphs = tuple(
                Paragraph(title, " ".join(" ".join(sentences).split()), title in titles)
                for title, sentences in row["context"]
            )
            found = {each.title for each in paragraphs if each.gold}
            answers = tuple(answer for answer in (row.get("answer"),) if answer)
            yield Item(str(row["_id"]), row["question"], answers, paragraphs, bool(titles) and found == titles)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise _not_like(file, f"item {number}", problem) from problem


def _read_musique(file: Path) -> Iterator[Item]:
    """MuSiQue: one object a line, {id, question, answer, answer_aliases, answerable, paragraphs}."""
    for number, line in enumerate(_bytes(file).splitlines(), start=1):
        if not line.strip():
            continue
        row = _parsed(line, f"{file}, line {number}")
        try:
            paragraphs = tuple(
                Paragraph(each["title"], " ".join(each["paragraph_text"].split()), bool(each.get("is_supporting")))
                for each in row["paragraphs"]
            )
            answers = tuple(dict.fromkeys(filter(None, (row.get("answer"), *row.get("answer_aliases", [])))))
            usable = bool(row.get("answerable", True)) and any(each.gold for each in paragraphs)
            yield Item(str(row["id"]), row["question"], answers, paragraphs, usable)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise _not_like(file, f"line {number}", problem) from problem


def _not_like(file: Path, place: str, problem: Exception) -> InvalidDownload:
    what = f"it lacks {problem}" if isinstance(problem, KeyError) else "a field has another shape"
    return InvalidDownload(f"{file}, {place}: not what this format looks like: {what}", hint="is --format right?")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise InvalidDownload(f"{file} cannot be read: {problem.strerror or problem}") from problem


def _parsed(text: bytes, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidDownload(f"{place}: not JSON", hint="is --format right?") from problem


FORMATS: Mapping[str, Origin] = {
    "hotpotqa": Origin("HotpotQA", "hotpotqa.github.io", "CC BY-SA 4.0", _read_context_list),
    "2wiki": Origin("2WikiMultihopQA", "github.com/Alab-NII/2wikimultihop", "Apache-2.0", _read_context_list),
    "musique": Origin("MuSiQue", "github.com/StonyBrookNLP/musique", "CC BY 4.0", _read_musique),
}
