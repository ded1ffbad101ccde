"""The public download formats, each from a file of two or three hand-made questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemma.evals.convert import FORMATS, convert
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDownload

SHARED = ["Port Merrow", ["Port Merrow lies in Ostra.", " Its master is Tomas Reyl."]]
CONTEXT = [
    {
        "_id": "h1",
        "question": "Who is the master of the port in Ostra?",
        "answer": "Tomas Reyl",
        "supporting_facts": [["Port Merrow", 1], ["Ostra", 0]],
        "context": [SHARED, ["Ostra", ["Ostra is a country."]], ["Calder", ["Calder is a port."]]],
    },
    {
        "_id": "h2",
        "question": "Where does Port Merrow lie?",
        "answer": "Ostra",
        "supporting_facts": [["Port Merrow", 0]],
        "context": [SHARED, ["Saltrey", ["Saltrey is a harbour."]]],
    },
    {
        "_id": "h3",
        "question": "Its gold is not in its context.",
        "answer": "?",
        "supporting_facts": [["Elsewhere", 0]],
        "context": [SHARED],
    },
]
MUSIQUE = [
    {
        "id": "2hop__1",
        "question": "Who runs the port of Ostra?",
        "answer": "Tomas Reyl",
        "answer_aliases": ["Reyl", "Tomas Reyl"],
        "answerable": True,
        "paragraphs": [
            {"idx": 0, "title": "Port Merrow", "paragraph_text": "Its master is Reyl.", "is_supporting": True},
            {"idx": 1, "title": "Calder", "paragraph_text": "Calder is a port.", "is_supporting": False},
        ],
    },
    {
        "id": "2hop__2",
        "question": "Not to be answered.",
        "answer": "x",
        "answerable": False,
        "paragraphs": [{"idx": 0, "title": "Calder", "paragraph_text": "Calder is a port.", "is_supporting": True}],
    },
]


def download(tmp_path: Path, form: str) -> Path:
    file = tmp_path / f"{form}.json"
    text = "".join(f"{json.dumps(row)}\n" for row in MUSIQUE) if form == "musique" else json.dumps(CONTEXT)
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("form", ["hotpotqa", "2wiki"])
def test_context_lists(tmp_path: Path, form: str) -> None:
    done = convert(FORMATS[form], download(tmp_path, form), tmp_path / "out")
    dataset = read_dataset([tmp_path / "out"])
    texts = {document.metadata["id"]: document.text for document in dataset.documents}
    assert (len(done.questions), len(texts), done.left_out) == (2, 4, 1)
    first = dataset.cases[0]
    assert first.answers == ("Tomas Reyl",)
    assert {texts[gold] for gold in first.gold} == {
        "Port Merrow lies in Ostra. Its master is Tomas Reyl.",
        "Ostra is a country.",
    }


def test_musique(tmp_path: Path) -> None:
    done = convert(FORMATS["musique"], download(tmp_path, "musique"), tmp_path / "out")
    dataset = read_dataset([tmp_path / "out"])
    assert done.left_out == 1
    assert [(case.answers, len(case.gold)) for case in dataset.cases] == [(("Tomas Reyl", "Reyl"), 1)]


def test_the_card_tells_origin_licence_counts_and_hash(tmp_path: Path) -> None:
    done = convert(FORMATS["hotpotqa"], download(tmp_path, "hotpotqa"), tmp_path / "out")
    shown = read_dataset([tmp_path / "out"]).cards["out"]
    assert shown.licence == FORMATS["hotpotqa"].licence
    assert shown.hash == read_dataset([tmp_path / "out"]).hash
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "HotpotQA" in card
    assert "CC BY-SA 4.0" in card
    assert "| questions | 2 |" in card
    assert done.hash in card


def test_a_sample_depends_on_the_seed_alone(tmp_path: Path) -> None:
    file = download(tmp_path, "hotpotqa")
    drawn = {
        tuple(
            item.id for item in convert(FORMATS["hotpotqa"], file, tmp_path / str(seed), limit=1, seed=seed).questions
        )
        for seed in range(12)
    }
    again = convert(FORMATS["hotpotqa"], file, tmp_path / "again", limit=1, seed=3)
    assert drawn == {("h1",), ("h2",)}
    assert again.hash == convert(FORMATS["hotpotqa"], file, tmp_path / "once more", limit=1, seed=3).hash


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("hotpotqa", "{", "not JSON"),
        ("hotpotqa", "{}", "not one JSON list"),
        ("hotpotqa", '[{"_id": "h"}]', "item 1: not what this format looks like: it lacks 'context'"),
        ("2wiki", "[3]", "item 1: not what this format looks like"),
        ("musique", '{"id": "m"}', "line 1: not what this format looks like: it lacks 'paragraphs'"),
        ("musique", "[]\n{", "line 1"),
        ("hotpotqa", "[]", "no question with its gold"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, form: str, text: str, message: str) -> None:
    file = tmp_path / "file"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidDownload) as raised:
        convert(FORMATS[form], file, tmp_path / "out")
    assert message in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDownload, match="cannot be read"):
        convert(FORMATS["hotpotqa"], tmp_path / "nowhere", tmp_path / "out")
