"""Data sets: what is read, how several are merged, and that each fault is named with its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDataset

CORPUS = [{"id": "a", "title": "A", "text": "Alpha is first."}, {"id": "b", "title": "B", "text": "Beta follows."}]
QUERIES = [{"id": "q1", "question": "What is first?", "gold": ["a"], "answers": ["Alpha"]}]


def write(folder: Path, corpus: Sequence[object] | None = None, queries: Sequence[object] | None = None) -> Path:
    folder.mkdir(parents=True)
    for name, rows in (("corpus.jsonl", corpus or CORPUS), ("queries.jsonl", queries or QUERIES)):
        text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_ids_stand_under_their_folders_name(tmp_path: Path) -> None:
    dataset = read_dataset([write(tmp_path / "one")])
    assert [case.id for case in dataset.cases] == ["one/q1"]
    assert dataset.cases[0].gold == ("one/a",)
    assert [document.metadata["id"] for document in dataset.documents] == ["one/a", "one/b"]
    assert all(document.whole for document in dataset.documents)


def test_merging_keeps_every_passage_and_no_id_clashes(tmp_path: Path) -> None:
    folders = [write(tmp_path / "x" / "same"), write(tmp_path / "y" / "same")]
    dataset = read_dataset(folders)
    assert dataset.sets == ("same", "same-2")
    ids = [document.metadata["id"] for document in dataset.documents]
    assert ids == ["same/a", "same/b", "same-2/a", "same-2/b"]
    assert {case.set: case.gold for case in dataset.cases} == {"same": ("same/a",), "same-2": ("same-2/a",)}


def test_the_hash_names_the_content(tmp_path: Path) -> None:
    plain = read_dataset([write(tmp_path / "one")])
    spaced = write(tmp_path / "two", queries=[json.dumps(QUERIES[0], indent=None, separators=(" , ", " : ")), ""])
    other = write(tmp_path / "three", queries=[{**QUERIES[0], "gold": ["b"]}])
    assert plain.hash == read_dataset([spaced]).hash
    assert plain.hash != read_dataset([other]).hash
    assert plain.hash == read_dataset([tmp_path / "one"], limit=1).hash


def test_the_limit_is_for_each_set(tmp_path: Path) -> None:
    many = [{"id": f"q{number}", "question": "What is first?", "gold": ["a"]} for number in range(5)]
    dataset = read_dataset([write(tmp_path / "one", queries=many), write(tmp_path / "two", queries=many)], limit=2)
    assert [case.id for case in dataset.cases] == ["one/q0", "one/q1", "two/q0", "two/q1"]
    assert len(dataset.documents) == 4


def test_another_corpus_makes_every_question_unanswerable(tmp_path: Path) -> None:
    other = tmp_path / "notes"
    other.mkdir()
    (other / "harbour.md").write_text("# Harbour\n\nIt is closed in winter.\n", "utf-8")
    dataset = read_dataset([write(tmp_path / "one")], corpus=other)
    assert [(case.gold, case.answers, case.answerable) for case in dataset.cases] == [((), (), False)]
    assert [document.metadata["id"] for document in dataset.documents] == ["notes/harbour.md"]
    assert dataset.as_json()["corpus"] == "notes"


@pytest.mark.parametrize("inside", ["documents", "."])
def test_a_folder_of_files_is_a_corpus(tmp_path: Path, inside: str) -> None:
    root = tmp_path / "demo" / inside
    (root / "ports").mkdir(parents=True)
    (root / "ports" / "merrow.md").write_text("# Merrow\n\nThe harbour master is Tomas Reyl.\n", "utf-8")
    (root / "log.jsonl").write_text('{"id": "D1", "title": "Delay", "text": "Five days."}\n', "utf-8")
    (tmp_path / "demo" / "README.md").write_text("# About\n\nNot part of it.\n", "utf-8")
    (tmp_path / "demo" / "questions.jsonl").write_text(
        '{"id": "q1", "question": "Who?", "gold": ["ports/merrow.md", "log.jsonl"], "answers": ["Tomas Reyl"]}\n'
        '{"id": "q2", "question": "Which bank?", "gold": [], "answers": [], "unanswerable": true}\n',
        "utf-8",
    )
    dataset = read_dataset([tmp_path / "demo"])
    assert {document.metadata["id"] for document in dataset.documents} == {"demo/log.jsonl", "demo/ports/merrow.md"}
    assert [case.answerable for case in dataset.cases] == [True, False]


@pytest.mark.parametrize(
    ("corpus", "queries", "message"),
    [
        (["{"], None, "corpus.jsonl, line 1: not JSON"),
        (["[1]"], None, "line 1: a list where a JSON object belongs"),
        ([CORPUS[0], CORPUS[0]], None, 'line 2: id "a" stands in line 1 already'),
        ([{"id": 3, "text": "x"}], None, 'line 1: "id" is a number, not text'),
        ([{"id": "a", "text": " "}], None, '"text" is empty'),
        ([{"id": "a"}], None, '"text" is missing'),
        (None, [{"id": "q1"}], 'queries.jsonl, line 1: "question" is missing'),
        (None, [QUERIES[0], QUERIES[0]], 'line 2: id "q1" stands in line 1 already'),
        (None, [{**QUERIES[0], "gold": ["a", "z"]}], '"gold" names z, which the corpus does not hold'),
        (None, [{**QUERIES[0], "gold": "a"}], '"gold" is text, not a list of texts'),
        (None, [{**QUERIES[0], "unanswerable": "yes"}], '"unanswerable" is text, not true or false'),
        (None, [{**QUERIES[0], "unanswerable": True}], 'has neither "gold" nor "answers"'),
        (None, [""], "holds no questions"),
    ],
)
def test_each_fault_is_named(
    tmp_path: Path, corpus: list[object] | None, queries: list[object] | None, message: str
) -> None:
    with pytest.raises(InvalidDataset) as raised:
        read_dataset([write(tmp_path / "one", corpus, queries)])
    assert message in str(raised.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = write(tmp_path / "one")
    (folder / "queries.jsonl").unlink()
    for folders, message in (
        ([], "no data folder"),
        ([tmp_path / "nowhere"], "is not a folder"),
        ([tmp_path / "empty"], "empty"),
        ([folder], "holds no queries.jsonl"),
    ):
        with pytest.raises(InvalidDataset, match=message):
            read_dataset(folders)
    twice = write(tmp_path / "two")
    with pytest.raises(InvalidDataset, match="given twice"):
        read_dataset([twice, tmp_path / "one" / ".." / "two"])


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    (folder / "corpus.jsonl").write_bytes(b'{"id": "a", "text": "ok"}\n{"id": "b", "text": "\xff"}\n')
    with pytest.raises(InvalidDataset, match=r"line 2: not UTF-8"):
        read_dataset([folder])
