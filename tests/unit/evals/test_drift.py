"""Drift: exact p-values, false alarms within the stated rate, and a shift of 20% of the tool mix found in 200 runs."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
import pytest

from stemma.evals.drift import DEFAULT, Drifting, DriftPolicy, compare, drift, p_values
from stemma.evals.drift_features import SHARES, Observation, features

TOOLS = ("search", "calculate", "write", "ask")
TOPICS = ("berth fee", "night tariff", "pilot", "crane", "storm signal", "harbour master")
LOOKS = 20_000
STREAMS = 25


def stream(
    generator: np.random.Generator, count: int, mix: Sequence[float], *, calls: int = 1, support: float = 0.8
) -> list[Observation]:
    """Runs that plan, call `calls` tools drawn from the mix, and answer."""
    made = []
    for chosen in generator.choice(len(mix), (count, calls), p=mix):
        topic = TOPICS[generator.integers(len(TOPICS))]
        asked = " ".join(["What is the", topic, *["of Port Merrow"] * generator.integers(3)])
        steps = ("plan", *(f"tool {TOOLS[number]}" for number in chosen), "answer")
        scores = {
            "support": generator.beta(8 * support, 8 * (1 - support)),
            "abstained": float(generator.random() < 0.1),
        }
        made.append(Observation(asked, "agent", steps, scores))
    return made


@pytest.mark.parametrize(("total", "drawn", "size"), [(5, 6, 20), (0, 4, 9), (9, 4, 9), (7, 5, 10), (1, 1, 2)])
def test_p_values_are_those_of_fishers_test(total: int, drawn: int, size: int) -> None:
    chances = [comb(total, k) * comb(size - total, drawn - k) / comb(size, drawn) for k in range(drawn + 1)]
    for count, found in enumerate(p_values(total, drawn, size)):
        tail = min(sum(chances[: count + 1]), sum(chances[count:])) if chances[count] else 0.0
        assert found == pytest.approx(min(1.0, 2 * tail), abs=1e-12)


def test_at_most_one_false_alarm_in_ten_thousand_looks() -> None:
    """Without a change every order of the runs is as likely, so each look is a random order of one long stream.

    All features but the new words are counted at once; they hold 0.9 of alpha. In the mean that is at most 1.8 alarms.
    """
    generator = np.random.default_rng(5)
    runs = stream(generator, 1_200, (0.4, 0.3, 0.2, 0.1), calls=2)
    found = [feature for feature in features(runs[:1_000], runs[1_000:]) if feature.family != "words"]
    marked = np.array([feature.column for feature in found])
    counts = np.array([marked[:, generator.permutation(1_200)[:200]].sum(axis=1) for _ in range(LOOKS)])
    alarmed = np.zeros(LOOKS, dtype=bool)
    sizes = {family: sum(feature.family == family for feature in found) for family in SHARES}
    for number, feature in enumerate(found):
        values = p_values(int(feature.column.sum()), 200, 1_200)[counts[:, number]]
        alarmed |= values <= DEFAULT.alpha * SHARES[feature.family] / sizes[feature.family]
        assert (values <= 0.01).mean() <= 0.013  # the test itself keeps its level
    assert len(found) >= 20
    assert alarmed.sum() <= LOOKS / 10_000


@pytest.mark.parametrize(
    ("before", "after", "calls"),
    [
        ((0.5, 0.5), (0.3, 0.7), 1),  # the hardest: two tools, evenly used, once a run
        ((0.4, 0.3, 0.2, 0.1), (0.2, 0.3, 0.4, 0.1), 1),
        ((0.4, 0.3, 0.2, 0.1), (0.2, 0.3, 0.4, 0.1), 3),
        ((1.0,), (0.8, 0.2), 1),  # a tool that was not there
    ],
)
def test_a_fifth_of_the_tool_mix_moved_is_found_within_200_runs(
    before: Sequence[float], after: Sequence[float], calls: int
) -> None:
    generator = np.random.default_rng(7)
    found = 0
    for _ in range(STREAMS):
        looked = drift(stream(generator, 1_000, before, calls=calls) + stream(generator, 200, after, calls=calls))
        found += any(change.alarm and change.family == "mix" for change in looked.changes)
    assert found / STREAMS >= (0.8 if len(before) == 2 else 0.95)


def test_what_moved_is_named_with_its_direction() -> None:
    generator = np.random.default_rng(3)
    old = stream(generator, 600, (0.5, 0.5))
    worse = [
        Observation(f"Wie hoch ist die Gebühr {n}", run.graph, run.steps, run.scores)
        for n, run in enumerate(stream(generator, 200, (0.5, 0.5), support=0.5))
    ]
    found = drift(old + worse)
    alarms = [change for change in found.changes if change.alarm]
    assert found.outcome is Drifting.DRIFTED
    assert found.outcome.exit_code == 1
    assert {change.family for change in alarms} == {"inputs", "words", "scores"}
    support = next(change for change in alarms if change.name.startswith("support of"))
    assert support.now < support.before
    words = next(change for change in alarms if change.family == "words")
    assert words.now > words.before
    kept = found.as_json()
    assert (kept["outcome"], kept["exit_code"], kept["recent"], kept["reference"]) == ("drifted", 1, 200, 600)
    assert kept["changes"][0]["alarm"] is True


def test_no_change_is_steady_and_says_what_it_could_have_found() -> None:
    runs = stream(np.random.default_rng(2), 3_000, (0.5, 0.5))
    found = drift(runs)
    assert (found.outcome, found.outcome.exit_code) == (Drifting.STEADY, 0)
    assert (found.recent, found.reference) == (200, 1_000)
    assert 0.15 < found.detectable < 0.25
    assert compare(runs[:50], runs[50:100]).detectable > found.detectable


def test_too_few_runs_are_no_verdict() -> None:
    runs = stream(np.random.default_rng(2), 249, (0.5, 0.5))
    for given in ([], runs[:40], runs):  # 49 before the recent 200
        found = drift(given)
        assert (found.outcome, found.outcome.exit_code, found.changes) == (Drifting.TOO_FEW, 3, ())
    assert compare(runs[:200], [], DriftPolicy(least=0)).outcome is Drifting.TOO_FEW


def test_runs_that_are_all_alike_have_no_feature_that_could_move() -> None:
    found = drift([Observation()] * 400)
    assert (found.outcome, found.features, found.changes) == (Drifting.STEADY, 0, ())


def test_a_feature_said_twice_is_tested_once() -> None:
    one, two = Observation(steps=("a",)), Observation(steps=("b",))
    names = [feature.name for feature in features([one, two, one, two], [one, two])]
    assert names == ["a"]  # not calling a is calling b, and the routes say no more


def test_the_order_of_the_runs_changes_no_feature() -> None:
    generator = np.random.default_rng(9)
    runs = stream(generator, 300, (0.4, 0.3, 0.2, 0.1), calls=2)
    order = generator.permutation(300)
    mixed = [runs[number] for number in order]
    for left, right in zip(features(runs[:200], runs[200:]), features(mixed[:200], mixed[200:]), strict=False):
        if left.family == "words":
            break
        assert left.name == right.name
        assert (left.column[order] == right.column).all()
