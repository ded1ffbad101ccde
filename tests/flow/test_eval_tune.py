"""`stemma eval tune`, and `promote` of what it proposed: only through the gate, by somebody, into a strict file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemma.evals.commands import eval_app
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import EvalFailure, InvalidResults
from stemma.evals.gate.verdict import Policy
from stemma.evals.tuning.accepting import accept
from stemma.evals.tuning.proposal import Entry, Proposal, read_proposal, write_proposal
from stemma.evals.tuning.recipes import GRIDS, tune_recipes
from stemma.memory.errors import InvalidSetting
from stemma.memory.grounding.doubt import ANSWER, SENTENCE
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.model import DEFAULT_TENANT, Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.recall.recipes import RECIPES
from stemma.memory.settings import MemorySettings
from stemma.memory.tuned import calibrations_of, read_tuned, recipes_of

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"
CONTEXT = "The harbour of Port Merrow has twelve cranes and a dry dock for small ships."
WORDS = ("granite", "violin", "meadow", "copper", "lantern", "orchard", "falcon", "velvet", "glacier", "pepper")
DEAF = {"slope": 2.5, "intercept": -6.1, "threshold": 0.999}
"""A calibration that calls nothing ungrounded."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    return tmp_path


@pytest.fixture
def marked(home: Path) -> Path:
    """Sixty answers to sixty sources: every second one holds words of its own, and people marked them."""
    rows = []
    for n in range(60):
        made_up = f"It also sells {WORDS[n % 10]}, {WORDS[(n + 3) % 10]} and {WORDS[(n + 7) % 10]} statues."
        said = f"{CONTEXT} {made_up}" if n % 2 else CONTEXT
        spans = [{"start": len(CONTEXT) + 1, "end": len(said), "type": "baseless"}] if n % 2 else []
        rows.append({"id": f"a{n}", "source_id": f"s{n}", "context": CONTEXT, "response": said, "spans": spans})
    file = home / "marked.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def command(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(eval_app, [str(each) for each in arguments], catch_exceptions=False)
    return done.exit_code, done.output


def numbers(file: Path, **held: object) -> Path:
    file.write_text(json.dumps({"schema": 1, **held}))
    return file


def test_what_the_gate_lets_pass_is_accepted_and_then_used(
    home: Path, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = numbers(home / "numbers.json", answer=DEAF, sentence=DEAF)
    monkeypatch.setenv("MEMORY_NUMBERS", str(file))
    code, said = command("tune", "--marked", marked)
    assert (code, "answer: pass" in said, "stemma eval promote tuning.json" in said) == (0, True, True)
    assert read_tuned(file).accepted == ()
    entry = read_proposal(Path("tuning.json")).entries[0]
    assert dict(entry.old) == DEAF
    assert entry.figures["new, out of fold"]["correct"] > entry.figures["old"]["correct"] == 0.5
    code, said = command("promote", "tuning.json", "--numbers", file, "--reason", "it was deaf", "--by", "ada")
    assert (code, "accepted answer, sentence" in said) == (0, True)
    held = read_tuned(file)
    assert [(each.by, each.reason, each.names) for each in held.accepted] == [
        ("ada", "it was deaf", ("answer", "sentence"))
    ]
    assert calibrations_of(held)[0].threshold == entry.new["threshold"]
    judged = command("groundedness", "--data", marked, "--json")[1]
    assert json.loads(judged.splitlines()[-1])["calibration"]["answer"]["threshold"] == entry.new["threshold"]
    with pytest.raises(InvalidResults, match="other numbers for answer"):
        command("promote", "tuning.json", "--numbers", file, "--reason", "twice")
    code, said = command("tune", "--marked", marked)
    assert (code, "there is nothing to accept" in said) == (0, True)


def entry(name: str = "hybrid", outcome: str = "pass", difference: float = 0.1) -> Entry:
    verdict = {"outcome": outcome, "metrics": [{"metric": "ndcg@5", "difference": difference, "reason": ""}]}
    return Entry(name, {"named_bonus": 0.25}, {"named_bonus": 0.5}, verdict, {}, {})


@pytest.mark.parametrize(
    "refused",
    [entry(outcome="regression"), entry(outcome="inconclusive"), entry(difference=0.0), entry(difference=-0.01)],
    ids=["regression", "inconclusive", "the same", "worse within the margin"],
)
def test_nothing_else_is_accepted(home: Path, refused: Entry) -> None:
    with pytest.raises(InvalidResults, match="nothing in this proposal"):
        accept(Proposal("now", "abc", (refused,)), home / "numbers.json", by="ada", reason="please")
    assert not (home / "numbers.json").exists()


def test_a_proposal_that_was_edited_is_refused(home: Path) -> None:
    file = home / "tuning.json"
    write_proposal(file, Proposal("now", "abc", (entry(),)))
    assert read_proposal(file).entries == (entry(),)
    content = json.loads(file.read_text())
    content["entries"][0]["new"]["named_bonus"] = 2.0
    file.write_text(json.dumps(content))
    with pytest.raises(InvalidResults, match="not as it was made"):
        command("promote", file, "--numbers", "numbers.json", "--reason", "no")
    file.write_text("{}")
    with pytest.raises(InvalidResults, match="is not a proposal"):
        command("promote", file, "--numbers", "numbers.json", "--reason", "no")
    with pytest.raises(EvalFailure, match="say which file"):
        command("promote", file, "--reason", "no")
    with pytest.raises(EvalFailure, match="nothing to tune on"):
        command("tune")


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({"hybrid": {"named_bonus": 3.0}}, "hybrid.named_bonus"),
        ({"hybrid": {"named_bonus": "0.5"}}, "hybrid.named_bonus"),
        ({"graph": {"lexical_share": 0.5}}, "graph.named_bonus"),
        ({"answer": DEAF | {"slope": -1.0}}, "answer.slope"),
        ({"answer": DEAF | {"code": "import os"}}, "answer.code"),
        ({"lexical": {}}, "lexical"),
        ({"schema": 2}, "schema"),
    ],
)
def test_a_file_with_anything_else_is_refused(home: Path, held: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidSetting, match=named):
        read_tuned(numbers(home / "numbers.json", **held))


def test_without_a_file_it_is_what_ships(home: Path) -> None:
    assert recipes_of(read_tuned(None)) == RECIPES
    assert calibrations_of(read_tuned(None)) == (ANSWER, SENTENCE)
    with pytest.raises(InvalidSetting, match="cannot be read"):
        read_tuned(home / "none.json")


async def test_recall_uses_the_accepted_weights(home: Path) -> None:
    file = numbers(home / "numbers.json", hybrid={"named_bonus": 1.5})
    scores = []
    for number, chosen in enumerate((None, file)):
        settings = MemorySettings(url=f"sqlite:///{home / f'{number}.db'}", numbers=chosen)
        async with await open_memory(settings, embedder=HashingEmbedder()) as memory:
            scope = Scope(DEFAULT_TENANT)
            await memory.ingest(scope, [Document("t:1", "Port Merrow", "The port has twelve cranes.", whole=True)])
            (hit,) = await memory.recall(scope, "How many cranes has Port Merrow?", k=1, recipe="hybrid")
            scores.append(hit.score)
    assert scores[1] == pytest.approx(scores[0] + 1.25)


async def test_weights_are_chosen_on_one_half_and_judged_on_the_other() -> None:
    dataset = read_dataset([HARBOUR])
    policy = Policy({"ndcg@5": 0.02}, least_pairs=2, resamples=200)
    entries = await tune_recipes(dataset, dict(RECIPES), policy, 5, embedder=HashingEmbedder())
    assert [each.name for each in entries] == list(GRIDS)
    gold = sum(bool(case.gold) for case in dataset.cases)
    for each in entries:
        assert each.data["chosen on"] + each.data["judged on"] == gold
        assert each.verdict["metrics"][0]["pairs"] == each.data["judged on"]
        assert each.new.keys() == each.old.keys() == GRIDS[each.name].keys()
