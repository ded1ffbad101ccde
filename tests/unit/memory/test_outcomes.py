"""What a decision means for an item, and an item's flags, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.item_view import as_record, details, summary
from stemma.memory.lineage.flags import FATAL, Flag, flags
from stemma.memory.lineage.model import Affected, Effect, RetractionKind, Status
from stemma.memory.lineage.outcomes import Outcome, by_kind, outcome, outcomes
from stemma.memory.lineage.record import effect_record
from stemma.memory.model import Answer, Claim, Entity, Node, Passage, Source
from tests.unit.memory.lineages import SCOPE, answer, claim, passage, source, withdrawal

GONE, GOOD = Status(False, False, False), Status(True, True, False)
OLD, STALE = Status(True, False, False), Status(True, True, True)
_statuses = st.sampled_from([GONE, GOOD, OLD, STALE])


@pytest.mark.parametrize(
    ("node", "before", "after", "word"),
    [
        (Node.CLAIM, GOOD, GONE, Outcome.LOST),
        (Node.CLAIM, STALE, GONE, Outcome.LOST),
        (Node.CLAIM, GONE, OLD, Outcome.BACK),
        (Node.CLAIM, OLD, GOOD, Outcome.CURRENT),
        (Node.CLAIM, GOOD, OLD, Outcome.ASIDE),
        (Node.CLAIM, GOOD, STALE, Outcome.STALE),
        (Node.CLAIM, STALE, GOOD, Outcome.FRESH),
        (Node.ANSWER, STALE, GONE, Outcome.TAINTED),
        (Node.ANSWER, GONE, STALE, Outcome.CLEAN),
        (Node.SOURCE, GONE, GONE, Outcome.OTHERWISE),
    ],
)
def test_the_gravest_change_is_named(node: Node, before: Status, after: Status, word: Outcome) -> None:
    assert outcome(Affected("x", node, before, after)) is word


@given(st.lists(st.builds(Affected, st.uuids().map(str), st.sampled_from(Node), _statuses, _statuses)))
def test_every_item_is_counted_once(rows: list[Affected]) -> None:
    effect = Effect(rows, 0)
    found = outcomes(effect)
    assert sorted(row.id for some in found.values() for row in some) == sorted(row.id for row in rows)
    assert list(found) == [word for word in Outcome if word in found]
    assert sum(effect_record(effect, dry_run=True)["counts"].values()) == len(rows)


def test_counts_are_words() -> None:
    rows = [Affected(str(n), Node.CLAIM if n else Node.SOURCE, GOOD, GONE) for n in range(1_201)]
    assert by_kind(rows) == "1 source, 1,200 claims"


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (source("s"), ()),
        (source("s", replaced=True), (Flag.REPLACED,)),
        (source("s", withdrawn=True, supported=False), (Flag.WITHDRAWN,)),
        (source("s", withdrawn=True, quarantined=True, supported=False), (Flag.WITHDRAWN, Flag.QUARANTINED)),
        (passage("p", supported=False, recallable=False), (Flag.UNSUPPORTED,)),
        (passage("p", recallable=False), (Flag.REPLACED,)),
        (claim("c", supported=False, recallable=False), (Flag.UNSUPPORTED,)),
        (claim("c", recallable=False), (Flag.SUPERSEDED,)),
        (claim("c", stale=True), (Flag.STALE,)),
        (answer("a", supported=False), (Flag.TAINTED,)),
        (answer("a", stale=True), (Flag.STALE,)),
    ],
)
def test_flags_of_an_item(item: Source | Passage | Claim | Answer, found: tuple[Flag, ...]) -> None:
    assert flags(item) == found
    assert item.supported is not bool(FATAL & set(found))
    assert all(flag in summary(item) for flag in found)
    assert all(flag in details(item)[0] for flag in found)


def test_a_decision_is_an_item_with_the_names_of_the_api() -> None:
    decision = replace(withdrawal("s", lifted=True), kind=RetractionKind.QUARANTINE)
    record = as_record(decision)
    assert (record["label"], record["item_id"], record["kind"]) == ("Retraction", "s", "quarantine")
    assert "withdraws" not in record
    assert "put into quarantine by maria" in summary(decision)
    assert flags(decision) == flags(Entity("e", SCOPE, "Pier")) == ()
