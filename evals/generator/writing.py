"""A generated data set as a folder: corpus.jsonl, queries.jsonl and a card that says how it was made.

Decides the shape of the rows: each is marked as generated and keeps its kind and the sentences that make it right. The
corpus is copied, so that the folder stands by itself; ids of a corpus's rows and paths of files stay as they were.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stemma.evals.card import Card, read_card, write_card
from stemma.evals.corpus import CORPUS, QUESTIONS, document_id
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidResults, NothingToScore
from stemma.evals.generator.questions import KINDS, Question, questions_of
from stemma.evals.generator.stock import stock_of
from stemma.evals.results import write_text
from stemma.evals.revision import product_version
from stemma.memory.model import Document


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make."""

    kinds: Sequence[str] = tuple(KINDS)
    count: int = 20
    """Questions of each kind, at most."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made."""

    by_kind: Mapping[str, int]
    """A kind that the corpus gives nothing for has 0."""
    facts: int
    """Settled facts that questions could be made of."""
    documents: int
    hash: str


def generate(documents: Sequence[Document], recipe: Recipe, out: Path, *, origin: str, licence: str = "") -> Generated:
    """Write the data folder. The same corpus and recipe give the same files.

    Raises `NothingToScore` when the corpus gives no question of any of the kinds, and `InvalidResults` when `out`
    holds a data set already or cannot be written.
    """
    if any((out / name).exists() for name in (CORPUS, *QUESTIONS)):
        raise InvalidResults(f"{out} holds a data set already", hint="name a new folder with --out DIR")
    documents = _told_apart(documents)
    stock = stock_of(documents)
    questions = questions_of(stock, recipe.kinds, recipe.count, recipe.seed)
    if not questions:
        raise NothingToScore(
            f"no sentence of {len(documents)} documents states a fact plainly enough to ask for it",
            hint='such as "The lead time of Tessaly Foundry is 35 days."',
        )
    _make(out)
    rows = ({"id": _own(document_id(each)), "title": each.title, "text": each.text} for each in documents)
    write_text(out / CORPUS, _lines(rows))
    write_text(out / QUESTIONS[0], _lines(_row(each) for each in questions))
    found = read_dataset([out]).hash
    made = (
        f"generated from the corpus by rule, without a model: stemma eval generate --kinds {','.join(recipe.kinds)}"
        f" --count {recipe.count} --seed {recipe.seed}, version {product_version()}; nobody has read the questions"
    )
    write_card(out, Card("1", origin, licence, made, generated=True, hash=found))
    counts = Counter(question.kind for question in questions)
    by_kind = {kind: counts[kind] for kind in recipe.kinds}
    return Generated(by_kind, len(stock.settled), len(documents), found)


def licence_of(folder: Path) -> str:
    """What the corpus's own card says; a set that is made from it has the same."""
    card = read_card(folder)
    return card.licence if card else ""


def _told_apart(documents: Sequence[Document]) -> list[Document]:
    """Rows of one file have its path as their id: from the second on they get a number."""
    seen: Counter[str] = Counter()
    found = []
    for each in documents:
        own = document_id(each)
        seen[own] += 1
        known_as = own if seen[own] == 1 else f"{own}#{seen[own]}"
        found.append(replace(each, metadata={**each.metadata, "id": known_as}))
    return found


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        message = f"{out} cannot be written: {problem.strerror or problem}"
        raise InvalidResults(message, hint="say where with --out DIR") from problem


def _row(question: Question) -> dict[str, object]:
    known: dict[str, object] = {"gold": [_own(each) for each in question.gold], "answers": list(question.answers)}
    return {
        "id": "g" + hashlib.sha256(f"{question.kind}\0{question.key}".encode()).hexdigest()[:15],
        "question": question.text,
        **({"unanswerable": True} if question.kind == "unanswerable" else known),
        "kind": question.kind,
        "generated": True,
        "rests_on": list(question.rests_on),
    }


def _own(document: str) -> str:
    """An id without the name of its set."""
    return document.partition("/")[2]


def _lines(rows: Iterable[Mapping[str, object]]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
