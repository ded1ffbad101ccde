"""When crons fire: seconds, zones, clock changes, and that no text breaks the reader of expressions."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.crons.schedule import MOST_CHARACTERS, following
from stemma.graphs.errors import InvalidRequest

MONDAY = datetime(2026, 3, 2, 8, 30, 15, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "wanted"),
    [
        ("* * * * *", None, "2026-03-02T08:31:00+00:00"),
        ("* * * * * *", None, "2026-03-02T08:30:16+00:00"),
        ("*/20 * * * * *", None, "2026-03-02T08:30:20+00:00"),
        ("* * * * * */20", None, "2026-03-02T08:30:20+00:00"),  # seconds at the end, as croniter reads them
        ("30 0 9 * * MON-FRI", "UTC", "2026-03-02T09:00:30+00:00"),
        ("0 9 * * *", "America/New_York", "2026-03-02T14:00:00+00:00"),
        ("0 9 * * *", "Asia/Kolkata", "2026-03-03T03:30:00+00:00"),
        ("@daily", None, "2026-03-03T00:00:00+00:00"),
        ("@Yearly", "Europe/Berlin", "2026-12-31T23:00:00+00:00"),
        ("0 0 29 2 *", None, "2028-02-29T00:00:00+00:00"),
        ("0 12 L * *", None, "2026-03-31T12:00:00+00:00"),
        ("0 12 * * MON#2", None, "2026-03-09T12:00:00+00:00"),
    ],
)
def test_the_next_time(schedule: str, zone: str | None, wanted: str) -> None:
    found = following(schedule, zone, MONDAY)
    assert found is not None
    assert found.isoformat() == wanted


def test_on_the_day_the_clock_goes_back_a_fixed_hour_comes_once() -> None:
    times = [datetime(2026, 10, 31, 12, tzinfo=UTC)]
    for _ in range(2):
        after = following("30 1 * * *", "America/New_York", times[-1])
        assert after is not None
        times.append(after)
    assert [at.isoformat() for at in times[1:]] == ["2026-11-01T05:30:00+00:00", "2026-11-02T06:30:00+00:00"]


def test_on_the_day_the_clock_goes_forward_a_skipped_hour_comes_right_after_the_gap() -> None:
    found = following("30 2 * * *", "America/New_York", datetime(2026, 3, 7, 12, tzinfo=UTC))
    assert found == datetime(2026, 3, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "field"),
    [
        ("", None, "schedule"),
        ("soon", None, "schedule"),
        ("* * * *", None, "schedule"),
        ("* * * * * * *", None, "schedule"),
        ("60 * * * *", None, "schedule"),
        ("*/0 * * * *", None, "schedule"),
        ("0," * MOST_CHARACTERS, None, "schedule"),
        ("* * * * *", "Mars/Olympus", "timezone"),
        ("* * * * *", "America", "timezone"),
        ("* * * * *", "../../etc/passwd", "timezone"),
        ("* * * * *", "/etc/localtime", "timezone"),
        ("* * * * *", "a\x00b", "timezone"),
    ],
)
def test_what_is_no_schedule_is_refused_by_name(schedule: str, zone: str | None, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        following(schedule, zone, MONDAY)
    assert refused.value.field == field


def test_a_time_that_never_comes_is_none() -> None:
    assert following("* * */20 * 1L", None, MONDAY) is None


CHARACTERS = st.text(st.sampled_from("0123456789*/,-#LW MONSUJA@?²"), max_size=24)


@given(CHARACTERS, st.text(max_size=12))
def test_no_text_breaks_it(schedule: str, zone: str) -> None:
    for name in (None, zone):
        with contextlib.suppress(InvalidRequest):
            found = following(schedule, name, MONDAY)
            assert found is None or found > MONDAY - timedelta(seconds=1)
