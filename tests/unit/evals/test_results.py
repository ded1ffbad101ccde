"""Results: failure rows count as 0 and are counted, files can be read again, and a newer schema is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.errors import InvalidResults
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.results import Evaluation, new_folder, read_cases, read_summary, run_record, write_results
from stemma.evals.summary import paired_differences, summarise

SAMPLING = Sampling(seed=1, resamples=100)
FAILURE = Failure("run", "ModelFailure", "timed out")


def case(name: str, set_name: str = "one") -> Case:
    return Case(f"{set_name}/{name}", set_name, f"Question {name}?", gold=(f"{set_name}/a",))


def scored(name: str, value: float, set_name: str = "one") -> Row:
    return Row(case(name, set_name), "hybrid", (Score("recall@5", value),), milliseconds=2.0)


def test_a_mean_is_never_over_only_the_rows_that_worked() -> None:
    rows = [scored("q1", 1.0), scored("q2", 1.0), failed(case("q3"), "hybrid", ("recall@5", "mrr"), FAILURE)]
    figures = summarise(rows, SAMPLING)
    assert figures["metrics"]["recall@5"]["mean"] == pytest.approx(2 / 3)
    assert figures["metrics"]["recall@5"]["n"] == 3
    assert figures["metrics"]["mrr"] == {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 1}
    assert (figures["failures"], figures["cases"]) == (1, 3)
    assert figures["latency_ms"] == {"p50": 2.0, "p95": 2.0, "n": 2}


def test_several_sets_are_reported_apart_and_together() -> None:
    figures = summarise([scored("q1", 1.0), scored("q1", 0.0, "two")], SAMPLING)
    assert figures["metrics"]["recall@5"]["mean"] == 0.5
    assert {name: each["metrics"]["recall@5"]["mean"] for name, each in figures["sets"].items()} == {
        "one": 1.0,
        "two": 0.0,
    }
    assert "sets" not in summarise([scored("q1", 1.0)], SAMPLING)


def test_differences_are_paired_by_case() -> None:
    ours = [scored("q1", 1.0), scored("q2", 0.5), scored("q9", 1.0)]
    theirs = [scored("q2", 0.0), scored("q1", 0.5)]
    assert paired_differences(ours, theirs, SAMPLING)["recall@5"] == {"mean": 0.5, "low": 0.5, "high": 0.5, "n": 2}


def evaluation(rows: list[Row]) -> Evaluation:
    return Evaluation(run_record("retrieval", data={"hash": "ab"}, seed=1), rows, summarise(rows, SAMPLING))


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    rows = [scored("q\u20281", 1.0), failed(case("q2"), "hybrid", ("recall@5",), FAILURE, run_id="r", thread_id="t")]
    write_results(tmp_path / "out", evaluation(rows), "<!doctype html>")
    summary = read_summary(tmp_path / "out")
    assert summary["metrics"]["recall@5"]["n"] == 2
    assert summary["failures"] == 1
    assert summary["schema"] == 1
    first, second = read_cases(tmp_path / "out")
    assert first["scores"] == {"recall@5": 1.0}
    assert second["failure"] == {"stage": "run", "error": "ModelFailure", "message": "timed out"}
    assert (second["run_id"], second["thread_id"]) == ("r", "t")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "junit.xml",
        "report.html",
        "report.md",
        "results.jsonl",
        "summary.json",
    ]
    head = json.loads((tmp_path / "out" / "results.jsonl").read_text("utf-8").split("\n")[0])
    assert {"schema", "revision", "version", "data", "seed"} <= set(head)


def test_results_of_a_newer_version_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidResults, match="holds no"):
        read_summary(tmp_path)
    for text, message in (("{", "not JSON"), ("{}", "not the result"), ('{"schema": 99}', "newer version")):
        (tmp_path / "summary.json").write_text(text, "utf-8")
        with pytest.raises(InvalidResults, match=message):
            read_summary(tmp_path)
    (tmp_path / "results.jsonl").write_text("", "utf-8")
    with pytest.raises(InvalidResults, match="not the result"):
        list(read_cases(tmp_path))


def test_folders_of_one_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    folders = {new_folder(None, tmp_path / "stemma-eval", "run") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.is_dir() for folder in folders)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InvalidResults, match="cannot be written"):
        new_folder(tmp_path / "file", tmp_path, "run")
