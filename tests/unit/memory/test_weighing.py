"""Which of two contradictory claims has more for it: witnesses that are independent, then time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stemma.memory.contradictions.weighing import independent, preferred
from stemma.memory.model import Scope, Source
from tests.contracts.memory_bundles import make_claim, source_bundle

SCOPE = Scope("acme")
OLDER = make_claim(SCOPE, "Port Merrow has 12 berths.")
NEWER = replace(make_claim(SCOPE, "Port Merrow has 14 berths."), recorded_at=OLDER.recorded_at + timedelta(hours=1))


def source(uri: str, text: str, trust: float = 1.0) -> Source:
    return replace(source_bundle(SCOPE, uri, [text]).source, trust=trust)


def test_a_copy_and_another_version_are_no_second_witness() -> None:
    first, copy, again = source("a", "x"), source("b", "x"), source("a", "y")
    assert independent([first, copy]) == [first]
    assert len(independent([first, again])) == 1
    assert len(independent([first, source("c", "z")])) == 2


def test_trust_outweighs_number_and_time() -> None:
    doubtful = [source(name, name, 0.2) for name in "abc"]
    found = preferred(NEWER, doubtful, OLDER, [source("d", "d")])
    assert found.claim_id == OLDER.id
    assert found.reason == "1 independent source against 3 independent sources (trust 0.6 in all)"


def test_of_even_ones_the_later_is_preferred_and_says_so() -> None:
    ours, theirs = [source("a", "a")], [source("b", "b")]
    assert preferred(OLDER, ours, NEWER, theirs).claim_id == NEWER.id
    dated = replace(OLDER, valid_from="2026-01-01")
    found = preferred(dated, ours, NEWER, theirs)
    assert (found.claim_id, found.reason) == (
        OLDER.id,
        "each rests on 1 independent source; it holds from a later time on",
    )
    together = replace(NEWER, recorded_at=OLDER.recorded_at)
    assert preferred(OLDER, [], together, []).reason == "neither rests on a source that holds, recorded together"
