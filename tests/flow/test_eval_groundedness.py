"""`stemma eval groundedness`: on answers marked for this test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stemma.evals.commands import eval_app
from stemma.evals.errors import InvalidDataset, NothingToScore
from stemma.evals.labelled import read_labelled

CONTEXT = "The port of Merrow has three berths. Berth 2 is closed until 14 May. Pilots board at the outer buoy."
GROUNDED = "Merrow has three berths, and berth 2 is closed until 14 May."
INVENTED = "Merrow has seven berths, and the harbour master plans a casino beside the lighthouse."


def rows(count: int) -> list[dict[str, Any]]:
    """Answers to `count` sources, every other one invented."""
    made = []
    for n in range(count):
        bad = n % 2 == 1
        response = INVENTED if bad else GROUNDED
        made.append(
            {
                "id": f"a{n}",
                "source_id": f"s{n}",
                "model": "m1" if n % 3 else "m2",
                "question": "What is known about Merrow?",
                "context": CONTEXT,
                "response": response,
                "spans": [{"start": 11, "end": len(response), "type": "Invented"}] if bad else [],
            }
        )
    return made


def written(folder: Path, content: Sequence[dict[str, Any]]) -> Path:
    file = folder / "marked.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in content))
    return file


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(
        eval_app, ["groundedness", *arguments, "--out", str(folder / "out"), "--json"], catch_exceptions=False
    )
    summary: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == summary["exit_code"]
    return summary


@pytest.mark.parametrize("option", ["--data", "--fit"])
def test_invented_answers_are_told_from_grounded_ones(tmp_path: Path, option: str) -> None:
    summary = run(tmp_path, option, str(written(tmp_path, rows(60))))
    assert summary["metrics"]["auroc"]["mean"] == 1.0
    assert summary["metrics"]["f1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 60}
    assert summary["by_error"]["Invented"] == {"n": 30, "recall": 1.0, "low": 1.0, "high": 1.0}
    assert all(row["low"] <= row["f1"] <= row["high"] for row in summary["by_model"].values())
    assert all(set(figures) == {"auroc", "f1"} for figures in summary["confounds"].values())
    assert "auroc_within_model" in summary["metrics"]
    assert set(summary["confounds"]) == {"length", "model"}
    assert "Groundedness" in (tmp_path / "out" / "report.html").read_text()


def test_with_few_sources_nothing_is_fitted(tmp_path: Path) -> None:
    with pytest.raises(NothingToScore, match="too few sources"):
        run(tmp_path, "--fit", str(written(tmp_path, rows(2))))


def test_answers_of_one_kind_are_no_measure(tmp_path: Path) -> None:
    with pytest.raises(NothingToScore, match="one kind"):
        run(tmp_path, "--data", str(written(tmp_path, rows(10)[::2])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": None}, "not a list"),
        ({"spans": [{"start": 5, "end": 5_000}]}, "no range"),
        ({"context": ""}, '"context" is empty'),
        ({"id": "a1"}, "there twice"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    content = rows(3)
    content[2] |= change
    with pytest.raises(InvalidDataset, match=message) as caught:
        read_labelled(written(tmp_path, content))
    assert "line 3" in str(caught.value)


def test_one_file_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="which file"):
        run(tmp_path)
