"""Detection in a real memory: what is proposed and why, what stays undecided, and that applying can be taken back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemma.evals.commands import eval_app
from stemma.evals.detection import ACTOR, apply, record, sweep
from stemma.evals.exits import ExitCode
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.propagation.arms import DETECTING
from stemma.evals.propagation.benchmark import BenchmarkPlan, run_benchmark
from stemma.evals.propagation.evaluation import evaluation_of, plan_of
from stemma.evals.propagation.made_up import make_world
from stemma.evals.propagation.trial import TrialProtocol
from stemma.evals.propagation.world import Fault
from stemma.evals.terminal import lines_of
from stemma.memory.feedback import Feedback, keep_feedback
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import DEFAULT_TENANT, Answer, Document, Node, Passage, Scope, SourceKind, Use
from stemma.memory.open import open_memory

SCOPE = Scope(DEFAULT_TENANT)
AT_ONCE = timedelta(0)
TRUE = "The managing director of Harrow Dock is Maria Lindqvist."
FALSE = "The managing director of Harrow Dock is Owen Hartley."


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    async with await open_memory(url=f"sqlite:///{tmp_path / 'memory.db'}", embedder=HashingEmbedder()) as opened:
        yield opened


async def add(memory: LongTermMemory, uri: str, text: str, kind: SourceKind = SourceKind.DOCUMENT) -> str:
    report = await memory.ingest(SCOPE, [Document(uri, "Harrow Dock", text, kind=kind)])
    return report.source_ids[0]


async def passages(memory: LongTermMemory, *sources: str) -> list[Passage]:
    page = await memory.items(SCOPE, Node.PASSAGE, limit=100)
    return [item for item in page.items if isinstance(item, Passage) and item.source_id in sources]


async def conclude(memory: LongTermMemory, text: str, rests_on: Sequence[Passage]) -> str:
    answer = Answer("", SCOPE, text, f"run of {text}", "", "", "Who?", datetime.now(UTC))
    because = [Antecedent(each.id, each.text, 0, len(each.text)) for each in rests_on]
    return (await memory.learn(SCOPE, answer, [LearnedClaim(text, because)])).asserts[0]


async def test_the_side_with_more_independent_sources_stands(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    await add(memory, "b", "Harrow Dock's managing director is Maria Lindqvist.")
    false = await add(memory, "c", FALSE)
    derived = await conclude(memory, FALSE, await passages(memory, false))
    found = await sweep(memory, SCOPE)
    (proposal,) = found.proposals
    assert (proposal.item_id, proposal.node, proposal.says) == (false, Node.SOURCE, FALSE)
    assert {evidence.uri for evidence in proposal.evidence} == {"a", "b"}
    assert 0 < proposal.score <= 1
    assert found.undecided == ()
    decided = await apply(memory, SCOPE, found.proposals)
    retraction = await memory.retraction(SCOPE, decided[false])
    assert (retraction.actor, retraction.reason) == (ACTOR, proposal.reason)
    assert not (await memory.graph.claims(SCOPE, [derived]))[0].supported
    assert (await sweep(memory, SCOPE)).proposals == ()
    await memory.restore(SCOPE, decided[false], actor="a person")
    assert len((await sweep(memory, SCOPE)).proposals) == 1


async def test_equal_sides_are_told_and_not_decided(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    await add(memory, "b", FALSE)
    found = await sweep(memory, SCOPE)
    assert found.proposals == ()
    assert [side.support for side in found.undecided[0].sides] == [1.0, 1.0]
    assert json.loads(json.dumps(record(found)))["undecided"][0]["slot"] == "name"


async def test_a_copy_is_no_second_source_and_what_agents_conclude_is_none(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    false = await add(memory, "b", FALSE)
    await add(memory, "copy of b", FALSE)
    await conclude(memory, "Owen Hartley is the managing director of Harrow Dock.", await passages(memory, false))
    found = await sweep(memory, SCOPE)
    assert found.proposals == ()
    assert [side.support for side in found.undecided[0].sides] == [1.0, 1.0]


async def test_a_tool_counts_less_than_a_document_that_was_there_before(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    tool = await add(memory, "tool", FALSE, SourceKind.TOOL)
    assert [each.item_id for each in (await sweep(memory, SCOPE, settled=AT_ONCE)).proposals] == [tool]


async def test_a_newcomer_is_given_time_and_then_proposed_while_it_stays_alone(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    before = datetime.now(UTC)
    newcomer = await add(memory, "b", FALSE)
    look = partial(sweep, memory, SCOPE, settled=AT_ONCE)
    early = await look(news_since=before)
    assert (early.proposals, early.undecided[0].waits) == ((), True)
    assert [each.item_id for each in (await look(news_since=datetime.now(UTC))).proposals] == [newcomer]
    await add(memory, "c", "Harrow Dock's managing director is Maria Lindqvist.")
    assert [each.item_id for each in (await look(news_since=before)).proposals] == [newcomer]


async def test_news_is_confirmed_by_the_next_look(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    before = datetime.now(UTC)
    await add(memory, "b", FALSE)
    assert (await sweep(memory, SCOPE, settled=AT_ONCE, news_since=before)).proposals == ()
    await add(memory, "a", FALSE)
    assert (await sweep(memory, SCOPE, settled=AT_ONCE)).proposals == ()


async def test_who_tells_a_change_is_not_proposed_for_being_new(memory: LongTermMemory) -> None:
    """A lone document against another: a person has to say who is right, and a correction does."""
    await add(memory, "a", TRUE)
    newcomer = await add(memory, "b", "The managing director of Harrow Dock is now Owen Hartley.")
    look = partial(sweep, memory, SCOPE, settled=AT_ONCE)
    found = await look()
    assert (found.proposals, len(found.undecided)) == ((), 1)
    await keep_feedback(memory, SCOPE, Feedback("r", "t", "a reader", correction=TRUE), question="Who?")
    assert [each.item_id for each in (await look()).proposals] == [newcomer]


async def test_a_new_version_is_believed_until_another_source_says_otherwise(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    newer = await add(memory, "a", FALSE)
    assert (await sweep(memory, SCOPE)).proposals == ()
    await add(memory, "b", "Harrow Dock's managing director is Maria Lindqvist.")
    assert [each.item_id for each in (await sweep(memory, SCOPE, settled=AT_ONCE)).proposals] == [newer]


async def test_a_claim_that_its_antecedents_do_not_bear_out(memory: LongTermMemory) -> None:
    source = await add(memory, "a", f"{TRUE} Harrow Dock operates 12 cranes.")
    rests_on = await passages(memory, source)
    denied = await conclude(memory, FALSE, rests_on)
    unsaid = await conclude(memory, "Harrow Dock operates 12 cranes built by Kessel Rail.", rests_on)
    said = await conclude(memory, "Harrow Dock has Maria Lindqvist as its managing director.", rests_on)
    proposals = {each.item_id: each for each in (await sweep(memory, SCOPE)).proposals}
    assert proposals.keys() == {denied, unsaid}
    assert proposals[denied].score > proposals[unsaid].score
    assert "Kessel Rail" in proposals[unsaid].reason
    assert said not in proposals


async def test_complaints_and_corrections_tip_the_scale(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    false = await add(memory, "b", FALSE)
    (passage,) = await passages(memory, false)
    for run in ("r1", "r2"):
        answer = Answer("", SCOPE, FALSE, run, run, "", "Who?", datetime.now(UTC), used=(Use(passage.id, 1, 1.0),))
        await memory.learn(SCOPE, answer, [])
        assert (await sweep(memory, SCOPE)).proposals == ()
        await keep_feedback(memory, SCOPE, Feedback(run, run, "a reader", score=0.0))
    assert [each.item_id for each in (await sweep(memory, SCOPE)).proposals] == [false]


async def test_a_long_source_is_left_to_a_person(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    await add(memory, "b", "Harrow Dock's managing director is Maria Lindqvist.")
    rest = " ".join(f"Berth {n} of Harrow Dock takes vessels of grade {n}." for n in range(8))
    handbook = await add(memory, "handbook", f"{FALSE} {rest}")
    (proposal,) = (await sweep(memory, SCOPE)).proposals
    assert (proposal.item_id, proposal.broad) == (handbook, True)
    assert await apply(memory, SCOPE, [proposal]) == {}


async def test_another_users_memory_is_not_looked_at(memory: LongTermMemory) -> None:
    await add(memory, "a", TRUE)
    await memory.ingest(Scope(DEFAULT_TENANT, "ana"), [Document("b", "Harrow Dock", FALSE)])
    assert (await sweep(memory, SCOPE)).undecided == ()
    assert len((await sweep(memory, Scope(DEFAULT_TENANT, "ana"))).undecided) == 1


@pytest.mark.parametrize(
    ("rate", "false_update"),
    [
        (0.0, {"entered": 1, "found": 0, "undecided": 1, "time_to_detect": None}),
        (1.0, {"entered": 1, "found": 1, "undecided": 0, "time_to_detect": 0.0}),
    ],
    ids=["nobody says a word", "readers correct what is false"],
)
async def test_the_benchmark_measures_what_it_finds_by_itself(
    tmp_path: Path, rate: float, false_update: dict[str, object]
) -> None:
    protocol = TrialProtocol(sessions=4, questions=8, share=0.8, planted_at=1, contained_at=2, correction_rate=rate)
    faults = (Fault.FALSE_TOOL, Fault.FALSE_UPDATE)
    world = partial(make_world, entities=8, per_fault=1, changes=2, faults=faults)
    plan = BenchmarkPlan(tmp_path, world=world, protocol=protocol, arms=[DETECTING], embedder=HashingEmbedder())
    evaluation = evaluation_of(await run_benchmark(plan), plan, Sampling(1, 100), store="sqlite")
    found = evaluation.figures["detection"]["1"]
    assert found["by_fault"]["F3"]["found"] == 1
    assert found["by_fault"]["F2"] == false_update
    assert (found["corrections"] > 0) is (rate > 0)
    # What another document tells first waits until its own document is revised.
    assert found["without_any_fault"]["true_changes"]["revised"] == {"changes": 1, "proposed": 0}
    assert found["without_any_fault"]["true_changes"]["announced"] == {"changes": 1, "proposed": 0}
    arm = evaluation.figures["arms"][DETECTING.name]
    assert arm["faults_found"]["mean"] == (1.0 if rate else 0.5)
    assert "Found without being told, seed 1" in page_of(evaluation)
    assert any("of 1 falsehoods found" in line for line in lines_of({**evaluation.summary(), "out": ""}))


def test_detect_is_asked_for(tmp_path: Path) -> None:
    assert DETECTING not in plan_of(tmp_path, (), (), None, 8, (1,), None).arms
    assert DETECTING in plan_of(tmp_path, (), (), None, 8, (1,), None, detect=True).arms


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_URL", f"sqlite:///{tmp_path / 'memory.db'}")
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    run = CliRunner()
    assert run.invoke(eval_app, ["detect"]).exit_code == ExitCode.PASS
    fill(("a", TRUE), ("c", FALSE))
    assert run.invoke(eval_app, ["detect"]).exit_code == ExitCode.INCONCLUSIVE
    fill(("b", "Harrow Dock's managing director is Maria Lindqvist."))
    looked = run.invoke(eval_app, ["detect", "--json"])
    assert looked.exit_code == ExitCode.REGRESSION
    assert json.loads(looked.stdout.splitlines()[-1])["proposals"][0]["quarantined"] is None
    assert run.invoke(eval_app, ["detect", "--apply"]).exit_code == ExitCode.PASS
    assert run.invoke(eval_app, ["detect"]).exit_code == ExitCode.PASS


def fill(*documents: tuple[str, str]) -> None:
    import asyncio

    async def ingest() -> None:
        async with await open_memory() as memory:
            for uri, text in documents:
                await add(memory, uri, text)

    asyncio.run(ingest())
