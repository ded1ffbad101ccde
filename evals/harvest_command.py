"""`stemma eval harvest`: what it takes and prints."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stemma.evals.harvest import Harvested

_AGO = re.compile(r"(\d{1,6})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def harvest(
    since: Annotated[
        str,
        typer.Option("--since", help="Only runs that ended since: 2026-01-31, a time of day too, or 12h, 7d, 2w ago."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of candidates (default: candidates below EVALS_FOLDER).")
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="Take capitalised names out of the texts too.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Turn finished runs into candidate cases: redacted, each question once, for a person to look at."""
    from stemma.evals.settings import EvalSettings

    start = since_when(since, datetime.now(UTC)) if since else None
    folder = out or EvalSettings().folder / "candidates"
    done = asyncio.run(_harvested(start, folder, names=names))
    for line in lines_of(done):
        typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps(record(done), ensure_ascii=False))


def since_when(text: str, now: datetime) -> datetime:
    """A date, a date and time (UTC unless it says otherwise), or how long ago. Raises `typer.BadParameter`."""
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; 2026-01-31, or 7d", param_hint="--since") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def record(done: Harvested) -> dict[str, Any]:
    """What --json prints."""
    return {
        "added": done.added,
        "changed": done.changed,
        "known": done.known,
        "by_kind": dict(done.by_kind),
        "runs": done.runs,
        "without_question": done.without_question,
        "folder": str(done.folder),
    }


def lines_of(done: Harvested) -> list[str]:
    """What a person reads."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in done.by_kind.items())
    lines = [f"{done.runs} finished runs: {done.added} new questions{f' ({kinds})' if kinds else ''}"]
    lines[0] += f", {done.changed} changed, {done.known} known"
    if done.without_question:
        lines.append(f"{done.without_question} runs ask nothing in words and were left out")
    if done.added or done.changed:
        lines.append(f"look at them before they become cases: {done.folder}/candidates.jsonl")
    return lines


async def _harvested(since: datetime | None, folder: Path, *, names: bool) -> Harvested:
    from stemma.evals.harvest import harvest as harvest_runs
    from stemma.graphs.local import open_local
    from stemma.graphs.policy import LOCAL

    async with open_local(worker=False) as local:
        return await harvest_runs(local, LOCAL, since=since, out=folder, names=names)
