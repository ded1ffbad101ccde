"""When a cron fires: its expression, its time zone, and the next time after a given one. Pure.

Decides what an expression may say: five fields as Debian's cron reads them, six with the seconds first, or one of the
`@` names. Every clock change is cronsim's to judge (a job at a fixed hour fires once on the day the clock goes back,
and right after the gap when it goes forward).

A deliberate oddity: `* * * * * S` is read with its seconds at the end, as croniter, and servers built on it, read six
fields. Read with the seconds first it would mean every second of some weekdays, which nobody schedules.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from stemma.graphs.errors import InvalidRequest

NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MOST_CHARACTERS = 256


def following(schedule: str, timezone: str | None, after: datetime) -> datetime | None:
    """The first time after `after` (aware), in UTC; None when there is none in the next 50 years.

    Raises `InvalidRequest`, naming `schedule` or `timezone`.
    """
    zone = _zone(timezone)
    try:
        found = next(CronSim(_six(schedule), after.astimezone(zone)), None)
    except CronSimError as error:
        raise InvalidRequest(f"{error}; an example is '0 9 * * MON-FRI'", field="schedule") from error
    return found.astimezone(UTC) if found is not None else None


def _six(schedule: str) -> str:
    if len(schedule) > MOST_CHARACTERS:
        raise InvalidRequest(f"a schedule has at most {MOST_CHARACTERS} characters", field="schedule")
    named = NAMES.get(schedule.strip().lower(), schedule)
    fields = named.split()
    if len(fields) == 6 and fields[:5] == ["*"] * 5 and fields[5] != "*":
        return " ".join([fields[5], *fields[:5]])
    return named


def _zone(name: str | None) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name; the name of a folder of zones
        raise InvalidRequest("no such time zone; an example is Europe/Berlin", field="timezone") from error
