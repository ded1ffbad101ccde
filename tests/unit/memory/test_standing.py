"""Of those that say the same exactly one current one is shown, in whatever order edges and flags came about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.consolidation.findings import Grouping, demotions, keyed
from stemma.memory.consolidation.model import Candidate, DemotionRule, precedence
from stemma.memory.consolidation.standing import groups, hidden
from stemma.memory.model import Node

IDS = "abcdefg"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PLACES = {
    one: precedence(searched=True, weight=weight, came_at="2026", item_id=one)
    for one, weight in zip(IDS, (0.5, 0.9, 0.5, 0.1, 0.9, 0.3, 0.7), strict=True)
}
EDGES = st.sets(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(lambda pair: pair[0] != pair[1]))
CURRENT = st.sets(st.sampled_from(IDS))


@given(EDGES, CURRENT)
def test_the_first_that_is_current_is_shown_for_the_others(edges: set[tuple[str, str]], current: set[str]) -> None:
    found = hidden(edges, PLACES, current)
    for group in groups(edges):
        standing = sorted(group & current, key=PLACES.__getitem__)
        assert {one: found.get(one) for one in standing} == {
            one: None if one == standing[0] else standing[0] for one in standing
        }
    assert found.keys() <= current
    assert hidden({(other, one) for one, other in edges}, PLACES, current) == found


@given(EDGES, CURRENT)
def test_what_is_gone_connects_nothing(edges: set[tuple[str, str]], current: set[str]) -> None:
    left = {one: place for one, place in PLACES.items() if one != "a"}
    without = {(one, other) for one, other in edges if "a" not in (one, other)}
    assert hidden(edges, left, current - {"a"}) == hidden(without, PLACES, current - {"a"})


def candidate(item_id: str, text: str, *, days: int = 0, used: int | None = None) -> Candidate:
    """One that came in and was last used so many days ago."""
    return Candidate(
        id=item_id,
        node=Node.SOURCE,
        title="",
        texts=(text,) if text else (),
        content_hash=text,
        weight=0.5,
        came_at=NOW - timedelta(days=days),
        last_used=None if used is None else NOW - timedelta(days=used),
    )


@given(st.permutations([candidate(one, "x" if one < "d" else one, days=ord(one)) for one in IDS]), st.integers(0, 7))
def test_the_order_of_pages_does_not_matter(candidates: list[Candidate], cut: int) -> None:
    grouping = Grouping(Node.SOURCE)
    for page in (candidates[:cut], candidates[cut:]):
        grouping.add(keyed(page))
    assert {(one.id, one.canonical) for one in grouping.duplicates()} == {("a", "c"), ("b", "c")}


def test_only_what_is_old_and_of_no_interest_is_demoted() -> None:
    found = demotions(
        [
            candidate("old", "text", days=91),
            candidate("young", "text", days=89),
            candidate("used", "text", days=300, used=200),
            replace(candidate("hidden", "text", days=91), hidden=True),
            candidate("silent", "", days=91),
            replace(candidate("unsearched", "text", days=91), searched=False),
            replace(candidate("stale", "text", days=300, used=200), stale=True),
            replace(candidate("stale and used", "text", days=300, used=10), stale=True),
        ],
        now=NOW,
        after=timedelta(days=90),
    )
    assert [(one.id, one.rule) for one in found] == [("old", DemotionRule.UNUSED), ("stale", DemotionRule.STALE)]
