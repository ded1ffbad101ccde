"""`stemma eval retrieval` from data to files: figures, failure rows, interruption, a scratch memory that is gone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from apsw import Connection

from stemma.evals.dataset import Dataset, read_dataset, without_titles
from stemma.evals.errors import NothingToScore
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.progress import Advance
from stemma.evals.retrieval import RetrievalPlan, evaluate_retrieval, recipes_or_all
from stemma.memory.errors import EmbedderUnavailable, UnknownRecipe
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.model import Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.recall.recipes import Recipe

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"
STEMMA = str(Path(sys.executable).with_name("stemma"))
SAMPLING = Sampling(seed=1, resamples=100)


class Refusing:
    """The hashing embedder, unavailable for texts that hold a word: a hosted one that fails now and then."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._hashing = HashingEmbedder()

    @property
    def identity(self) -> EmbedderIdentity:
        return self._hashing.identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if any(self._word in text for text in texts):
            raise EmbedderUnavailable("the service is away")
        return await self._hashing.embed(texts)


def plan(*recipes: str, url: str | None = None, word: str = "no such word") -> RetrievalPlan:
    return RetrievalPlan(recipes or ("hybrid",), SAMPLING, memory_url=url, embedder=Refusing(word))


@pytest.fixture
def dataset() -> Dataset:
    return read_dataset([HARBOUR])


async def test_the_gold_is_found_and_scored(dataset: Dataset) -> None:
    evaluation = await evaluate_retrieval(dataset, plan("hybrid", "lexical", "dense"))
    figures = evaluation.figures
    assert set(figures["recipes"]) == {"hybrid", "lexical", "dense"}
    assert figures["metrics"] == figures["recipes"]["hybrid"]["metrics"]
    assert figures["metrics"]["recall@5"]["mean"] >= 0.8
    assert figures["metrics"]["mrr"]["n"] == 5
    assert figures["failures"] == 0
    assert evaluation.run["skipped"] == 1
    assert evaluation.run["ingest"]["passages"] == 12
    times = figures["recipes"]["dense"]["latency_ms"]
    assert times["cold"]["n"] == times["warm"]["n"] == 5


async def test_a_case_that_fails_counts_as_nothing_found(dataset: Dataset) -> None:
    whole = await evaluate_retrieval(dataset, plan("dense"))
    broken = await evaluate_retrieval(dataset, plan("dense", word="signs the permit for the night gate of"))
    assert broken.failures == 1
    (row,) = [row for row in broken.rows if row.failure]
    assert (row.case.id, row.failure and row.failure.error) == ("harbour/q4", "EmbedderUnavailable")
    assert {score.value for score in row.scores} == {0.0}
    before, after = (each.figures["metrics"]["recall@5"] for each in (whole, broken))
    assert after["n"] == before["n"] == 5
    assert after["mean"] == pytest.approx(before["mean"] - 0.2)


async def test_ctrl_c_keeps_what_was_asked(dataset: Dataset) -> None:
    def phase(title: str, _total: int) -> Advance:
        def advance(done: int) -> None:
            task = asyncio.current_task()
            if title == "recall, hybrid" and done == 2 and task is not None:
                task.cancel()

        return advance

    evaluation = await evaluate_retrieval(dataset, plan("hybrid", "lexical"), phase)
    assert evaluation.interrupted
    assert [row.case.id for row in evaluation.rows] == ["harbour/q1", "harbour/q2"]
    assert evaluation.figures["metrics"]["recall@5"]["n"] == 2


async def test_a_shared_store_is_left_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    own = Scope("somebody")
    async with await open_memory(url=url, embedder=HashingEmbedder()) as memory:
        await memory.ingest(own, [Document("note", "Note", "Port Merrow is closed on Sunday.")])
        before = await memory.statistics(own)
    evaluation = await evaluate_retrieval(dataset, plan("lexical", url=url))
    assert evaluation.figures["metrics"]["recall@5"]["n"] == 5
    assert not [id_ for row in evaluation.rows for id_ in row.ranked if not id_.startswith("harbour/")]
    async with await open_memory(url=url, embedder=HashingEmbedder()) as memory:
        assert await memory.statistics(own) == before
    with Connection(str(tmp_path / "shared.db")) as connection:
        assert list(connection.execute("SELECT DISTINCT tenant FROM source")) == [("somebody",)]


def test_the_default_recipe_stands_first() -> None:
    assert recipes_or_all([]) == ("graph", "lexical", "dense", "hybrid")
    assert recipes_or_all(["dense", "graph", "dense"]) == ("graph", "dense")


async def test_titles_can_be_hidden_from_the_graph_and_from_everything(dataset: Dataset) -> None:
    hidden = replace(plan("graph"), graph_titles=False)
    recipe = hidden.recipe("graph")
    assert isinstance(recipe, Recipe)
    assert recipe.walk is not None
    assert not recipe.walk.titles
    assert recipe.walk.attention == 0.0  # what it weighs by are vectors made of titles too
    assert hidden.recipe("hybrid") == "hybrid"
    evaluation = await evaluate_retrieval(dataset, hidden)
    assert evaluation.run["notes"]["graph titles"]
    assert evaluation.figures["metrics"]["recall@5"]["mean"] >= 0.8
    untitled = without_titles(dataset)
    assert (untitled.hash, untitled.as_json()["titles"]) == (dataset.hash, "dropped")
    assert not any(document.title for document in untitled.documents)
    rows = (await evaluate_retrieval(untitled, plan("graph"))).rows
    assert not [hit["title"] for row in rows for hit in row.detail["hits"] if hit["title"]]


async def test_nothing_to_score_and_unknown_recipes_are_told(dataset: Dataset) -> None:
    without = Dataset(dataset.sets, dataset.documents, dataset.cases[-1:], dataset.hash)
    with pytest.raises(NothingToScore):
        await evaluate_retrieval(without, plan())
    with pytest.raises(UnknownRecipe):
        await evaluate_retrieval(dataset, plan("telepathy"))


def stemma(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"MEMORY_EMBEDDER": "hashing"}
    environment.pop("MEMORY_URL", None)
    command = [STEMMA, "eval", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_command_prints_one_json_line_and_writes_its_files(tmp_path: Path) -> None:
    ran = stemma(tmp_path, "retrieval", "--data", str(HARBOUR), "--recipe", "lexical", "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout.splitlines()[-1])
    assert set(summary["metrics"]["recall@5"]) == {"mean", "low", "high", "n"}
    assert summary["data"]["hash"] == read_dataset([HARBOUR]).hash
    assert "recipes" not in summary
    assert "1 questions name no gold documents and were not asked" in ran.stderr
    folder = tmp_path / summary["out"]
    assert folder.parent.name == "stemma-eval"
    kept = ["junit.xml", "report.html", "report.md", "results.jsonl", "summary.json"]
    assert sorted(file.name for file in folder.iterdir()) == kept
    rows = [json.loads(line) for line in (folder / "results.jsonl").read_text("utf-8").splitlines()]
    assert [row["record"] for row in rows] == ["run", *["case"] * 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retrieval", "--data", "nowhere"], "nowhere is not a folder"),
        (["retrieval", "--data", str(HARBOUR), "--recipe", "telepathy"], "telepathy"),
        (["convert", "nowhere.json", "--format", "squad", "--out", "x"], "there is no format 'squad'"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_to_do(tmp_path: Path, arguments: list[str], message: str) -> None:
    ran = stemma(tmp_path, *arguments)
    assert ran.returncode == 2, ran.stdout
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert not list(tmp_path.glob("stemma-eval/*"))
