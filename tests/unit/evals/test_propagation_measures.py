"""The benchmark's figures on trials made by hand, and its world."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.evals.propagation.made_up import make_world
from stemma.evals.propagation.measures import Asked, Stored, Trial, figures, percentile_99, time_to_clean
from stemma.evals.propagation.passages import passages_world
from stemma.evals.propagation.world import Fact, Fault, says

WORLD = make_world(3, entities=12, per_fault=1)
TARGET = WORLD.poisoned[0]
HEALTHY = next(fact for fact in WORLD.facts if fact not in {each.fact for each in WORLD.poisoned})


def asked(session: int, *, contaminated: bool = False, right: bool = True, fact: Fact = TARGET.fact) -> Asked:
    fault = TARGET.fault if fact == TARGET.fact else None
    return Asked(session, fact, fault, contaminated=contaminated, right=right, exposed=contaminated)


def trial(*questions: Asked, before: tuple[Stored, ...] = (), after: frozenset[str] = frozenset()) -> Trial:
    return Trial("arm", questions, before, after, contained_at=2, seconds=0.5)


def test_contamination_is_counted_before_and_after() -> None:
    found = figures(
        trial(asked(1, contaminated=True), asked(1), asked(2), asked(3), asked(3, fact=HEALTHY)), WORLD, trial()
    )
    assert (found["contamination_before"], found["contamination_after"]) == (0.5, 0.0)
    assert found["by_fault"][TARGET.fault.value] == {"before": 0.5, "after": 0.0}
    assert found["contamination_rate"] == {"1": 0.5, "2": 0.0, "3": 0.0}


def test_what_was_taken_is_held_against_the_world() -> None:
    bad, good, shared = Stored("b", True, False), Stored("g", False, True), Stored("s", False, True, shared=True)
    spread = Stored("c", True, True)
    found = figures(
        trial(asked(3), before=(bad, good, shared, spread), after=frozenset({"s", "c"})), WORLD, trial(asked(3))
    )
    assert found["blast_radius_precision"] == 0.5
    assert found["blast_radius_recall"] == 0.5
    assert found["collateral_loss"] == 0.5
    assert found["support_preserved"] == 1.0
    assert found["propagation_factor"] == 1.0


def test_availability_is_a_difference_to_the_clean_run() -> None:
    late = [asked(2, fact=HEALTHY), asked(3, fact=HEALTHY, right=False)]
    clean = trial(asked(2, fact=HEALTHY), asked(3, fact=HEALTHY))
    assert figures(trial(*late), WORLD, clean)["answer_availability"] == -0.5
    assert figures(trial(asked(3)), WORLD, clean)["answer_availability"] is None


def test_time_to_clean() -> None:
    assert time_to_clean([asked(2), asked(3)], 2) == 0
    assert time_to_clean([asked(2, contaminated=True), asked(3), asked(4)], 2) == 1
    assert time_to_clean([asked(2), asked(3, contaminated=True)], 2) is None


def test_a_seed_is_a_world() -> None:
    assert make_world(3, entities=12, per_fault=1) == WORLD
    assert make_world(4, entities=12, per_fault=1) != WORLD
    assert WORLD.questions(2, 20, 0.5) == WORLD.questions(2, 20, 0.5)
    assert [each.fault for each in WORLD.poisoned] == list(Fault)
    assert all(each.false_value != each.fact.value for each in WORLD.poisoned)
    with pytest.raises(ValueError, match="too few"):
        make_world(1, entities=2, per_fault=3)


def test_every_poisoned_fact_is_asked_equally_often() -> None:
    asked = [fact for session in range(6) for fact in WORLD.questions(session, 10, 0.6)]
    assert {asked.count(target.fact) for target in WORLD.poisoned} == {6}
    assert any(change.fact in asked for change in WORLD.changes)
    assert len(WORLD.questions(0, 10, 0.6)) == 10


def test_what_changes_truly_is_true_from_then_on() -> None:
    change = WORLD.changes[0]
    assert WORLD.value(change.fact, change.session - 1) == change.fact.value
    assert WORLD.value(change.fact, change.session) == change.value != change.fact.value
    assert change.said_in(change.now)
    poisoned = {fact for target in WORLD.poisoned for fact in (target.fact, target.companion)}
    assert poisoned.isdisjoint(each.fact for each in WORLD.changes)


def test_nobody_documented_what_the_agent_makes_up() -> None:
    written = {page.uri for page in WORLD.pages}
    missing = {target.fault for target in WORLD.poisoned if target.fact.uri not in written}
    assert missing == {Fault.INVENTION}


def test_real_passages_are_those_of_the_example() -> None:
    world = passages_world(1)
    documents = Path(__file__).parents[3] / "examples" / "supply_chain" / "documents"
    for page in world.pages:
        file = page.uri.removeprefix("stemma-example:/supply_chain/").partition("#")[0]
        assert " ".join(page.text.split()) in " ".join((documents / file).read_text("utf-8").split()), page.uri
    everything = " ".join(page.text for page in world.pages)
    for target in world.poisoned:
        assert not says(everything, target.false_value)
        assert target.said_in(target.falsehood)
        assert target.fact.document("", target.false_value) != target.fact.document("")


def test_the_99th_percentile() -> None:
    assert percentile_99([]) is None
    assert percentile_99([float(n) for n in range(1, 201)]) == 199.0


def test_a_value_is_words_of_its_own() -> None:
    assert says("It was founded in 1987.", "1987")
    assert not says("It was founded in 19870.", "1987")
