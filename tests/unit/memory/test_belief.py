"""What holds at a moment: the rules of `history/belief.py` one by one, on regions of a few items."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stemma.memory.history.belief import anchors, past, read_moment
from stemma.memory.history.model import DatedItem, DatedRegion, Reason, SourceVersion, Supersession, slack
from stemma.memory.lineage.model import Status
from stemma.memory.model import Node

NOW = Status(supported=True, current=True, stale=False)
SUPERSEDED = Status(supported=True, current=False, stale=False)


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def claim(name: str, *, at: int = 1, since: str = "", until: str = "", now: Status = NOW) -> DatedItem:
    return DatedItem(name, Node.CLAIM, "", now, day(at), since, until)


def version(number: int, *, at: int, since: str = "") -> DatedItem:
    return DatedItem(f"v{number}", Node.SOURCE, "", NOW, day(at), since, uri="u", version=number)


def current(region: DatedRegion, *, known_at: datetime | None = None, as_of: datetime | None = None) -> set[str]:
    return {item_id for item_id, flags in past(region, known_at, as_of).then.items() if flags.current}


def grounded(*claims: DatedItem, superseded: int = 0) -> DatedRegion:
    """Claims that rest on a source outside, which is supported; the second supersedes the first since a day."""
    reasons = [Reason(one.id, "ground", "j", one.recorded_at) for one in claims]
    links = [Supersession(claims[1].id, claims[0].id, day(superseded))] if superseded else []
    return DatedRegion({one.id: one for one in claims}, reasons, links, around={"ground": NOW})


def test_a_claim_holds_from_its_start_and_before_its_end() -> None:
    region = grounded(claim("a", since="2026-03-05", until="2026-03-10"), claim("b"))
    assert [sorted(current(region, as_of=day(n))) for n in (4, 5, 9, 10)] == [["b"], ["a", "b"], ["a", "b"], ["b"]]
    assert current(region) == {"a", "b"}


def test_an_older_claim_holds_until_the_newer_begins() -> None:
    region = grounded(claim("old", now=SUPERSEDED), claim("new", at=3, since="2026-03-08"), superseded=4)
    assert current(region, as_of=day(7)) == {"old"}
    assert current(region, as_of=day(8)) == {"new"}
    assert past(region, None, day(7)).sight.shown == {"old"}
    assert past(region, None, day(7)).sight.hidden == {"new"}


def test_what_a_correction_corrects_never_held() -> None:
    region = grounded(claim("old", now=SUPERSEDED), claim("new", at=3), superseded=4)
    assert current(region, as_of=day(1)) == {"new"}
    assert current(region, known_at=day(3)) == {"old", "new"}
    assert current(region, known_at=day(4)) == {"new"}


def test_the_oldest_supported_version_has_always_held() -> None:
    region = DatedRegion({one.id: one for one in (version(1, at=5), version(2, at=9))})
    assert [sorted(current(region, as_of=day(n))) for n in (1, 8, 9)] == [["v1"], ["v1"], ["v2"]]
    stated = DatedRegion({one.id: one for one in (version(1, at=5), version(2, at=9, since="2026-03-02"))})
    assert [sorted(current(stated, as_of=day(n))) for n in (1, 2)] == [["v1"], ["v2"]]


@pytest.mark.parametrize("text", ["", "soon", "2026", "20260301", "2026-W09-1", "2026-13-01", " 2026-03-01"])
def test_what_is_no_date_is_not_stated(text: str) -> None:
    assert read_moment(text) is None
    assert current(grounded(claim("a", since=text), claim("b", until=text)), as_of=day(1)) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-03-02", 0), ("2026-03-02T12:00", 12), ("2026-03-02T12:00+02:00", 10)]
)
def test_dates_are_in_utc_unless_they_say_a_zone(text: str, hour: int) -> None:
    assert read_moment(text) == datetime(2026, 3, 2, hour, tzinfo=UTC)


def test_an_anchor_is_the_newest_version_that_did_not_move() -> None:
    versions = [SourceVersion(f"v{n}", "", "u", n, supported=n != 3) for n in range(1, 6)]
    assert anchors(versions, {"v5"}) == {"v4"}
    assert anchors(versions, {"v5", "v4"}) == {"v2"}
    assert anchors(versions, {one.id for one in versions}) == set()


def test_slack_takes_in_every_zone() -> None:
    assert slack(day(10)) == ("2026-03-09", "2026-03-12")
    assert slack(datetime.min.replace(tzinfo=UTC))[0] == "0001-01-01"
    assert slack(datetime.max.replace(tzinfo=UTC))[1] == "9999-12-31"
