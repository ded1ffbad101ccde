"""A data set's card: read with the set, and refused when the data is no longer what it describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemma.evals.card import Card, read_card, write_card
from stemma.evals.commands import eval_app
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDataset
from stemma.evals.split import Part


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "ports"
    data.mkdir()
    corpus = [{"id": f"p{n}", "title": f"Port {n}", "text": f"Port {n} has {n} berths."} for n in range(20)]
    queries = [
        {"id": f"q{n}", "question": f"How many berths has Port {n}?", "gold": [f"p{n}"], "answers": [str(n)]}
        for n in range(20)
    ]
    for name, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        (data / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return data


def test_a_changed_set_says_so(folder: Path) -> None:
    dataset = read_dataset([folder])
    assert dataset.as_json()["cards"] == {}
    write_card(folder, Card("1", "the harbour office", "CC0", hash=dataset.hash))
    again = read_dataset([folder], limit=2, part=Part.DEV)
    assert again.hash == dataset.hash
    assert again.cards["ports"].licence == "CC0"
    corpus = folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text("utf-8").replace("3 berths", "4 berths"), "utf-8")
    with pytest.raises(InvalidDataset, match="not what its card describes: version 1"):
        read_dataset([folder])


def test_a_card_without_a_hash_promises_nothing(folder: Path) -> None:
    write_card(folder, Card("draft"))
    assert read_dataset([folder]).cards["ports"].version == "draft"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "is not JSON"), ("[]", 'no "version"'), ('{"version": "1", "generated": "yes"}', "true or false")],
)
def test_a_broken_card(folder: Path, text: str, complaint: str) -> None:
    (folder / "card.json").write_text(text, "utf-8")
    with pytest.raises(InvalidDataset, match=complaint):
        read_card(folder)


def test_the_command_writes_versions(folder: Path) -> None:
    def card(*arguments: str) -> Card | None:
        done = CliRunner().invoke(eval_app, ["card", str(folder), *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return read_card(folder)

    first = card("--version", "1", "--origin", "us", "--licence", "CC0")
    queries = folder / "queries.jsonl"
    queries.write_text(queries.read_text("utf-8").replace("How many berths", "What number of berths"), "utf-8")
    with pytest.raises(InvalidDataset, match="not what its card describes"):
        CliRunner().invoke(eval_app, ["card", str(folder)], catch_exceptions=False)
    second = card("--version", "2")
    assert first
    assert second
    assert (first.origin, first.licence) == (second.origin, second.licence) == ("us", "CC0")
    assert first.hash != second.hash == read_dataset([folder]).hash
    assert card() == second


def test_steps_and_tools_of_a_question(folder: Path) -> None:
    before = read_dataset([folder]).hash
    queries = folder / "queries.jsonl"
    row = {"id": "q99", "question": "And?", "kind": "odd", "steps": ["recall", "grade", "recall"], "tools": []}
    queries.write_text(queries.read_text("utf-8") + json.dumps(row), "utf-8")
    dataset = read_dataset([folder])
    case = dataset.cases[-1]
    assert (case.kind, case.steps, case.tools) == ("odd", ("recall", "grade", "recall"), ())
    assert (dataset.cases[0].steps, dataset.cases[0].tools) == (None, None)
    assert dataset.hash != before
    queries.write_text(json.dumps({**row, "tools": [{"args": {}}]}), "utf-8")
    with pytest.raises(InvalidDataset, match='"tools" is not a list of calls'):
        read_dataset([folder])
