"""The evaluations kept below one results folder, read for those who look at them: runs, cases, pages, trends.

Decides what an id is (the name of a folder, for a night's suite "night~suite"), who may look (the tenant whose person
types `stemma eval`; for everyone else there is nothing), and that nothing outside the results folder is read: an id is
no path, and a symbolic link is not followed. What cannot be read is not there. It writes nothing and measures nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from stemma.evals.errors import UnknownResults
from stemma.evals.results import PAGE, RESULTS, SCHEMA, SUMMARY
from stemma.evals.settings import EvalSettings
from stemma.evals.summary import Json
from stemma.graphs.policy import LOCAL, Actor, Permission, require

NIGHT = "night.json"
VERDICT = "verdict.json"
NIGHTLY = "nightly"
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
OUTCOMES = ("pass", "regression", "inconclusive")
ID = rf"^{_NAME}(~{_NAME})?$"
"""What an id looks like, as a regular expression."""
_KNOWN = re.compile(ID)
_REMEMBERED = 4_096
"""Files whose content is kept parsed, until they change."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and how many there are in all."""

    items: Sequence[Json]
    total: int


class Archive:
    """Reads one results folder. Every call looks at the files as they are; it blocks, so call it in a thread.

    Raises `Forbidden` when the actor may not look, and `UnknownResults` for an id that names nothing they may see.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def runs(self, actor: Actor, *, kind: str = "", limit: int = 20, offset: int = 0) -> Page:
        """Evaluations and nights, newest first, as `headline` shows them; `kind` keeps those of one kind."""
        require(actor, Permission.EVALS_READ)
        found = sorted(self._headlines(actor), key=lambda each: (each["finished_at"], each["id"]), reverse=True)
        found = [each for each in found if kind in ("", each["kind"])]
        return Page(found[offset : offset + limit], len(found))

    def run(self, actor: Actor, run_id: str) -> Json:
        """One evaluation or night: its headline, its whole summary, the gate's verdict, and a night's suites."""
        folder = self._find(actor, run_id)
        head = _headline(folder, run_id)
        if head is None:
            raise UnknownResults(f"there is no evaluation {run_id}")
        suites = list(_suites(folder, run_id)) if head["kind"] == NIGHTLY else []
        summary = _read(folder / (NIGHT if head["kind"] == NIGHTLY else SUMMARY))
        return {**head, "summary": summary, "gate": _read(folder / VERDICT), "suites": suites}

    def cases(
        self, actor: Actor, run_id: str, *, failed: bool | None = None, variant: str = "", limit: int, offset: int
    ) -> Page:
        """The rows of an evaluation in its order; of a night there are none, its suites have them."""
        folder = self._find(actor, run_id)
        if _headline(folder, run_id) is None:
            raise UnknownResults(f"there is no evaluation {run_id}")
        total = 0
        kept: list[Json] = []
        for record in _cases(folder / RESULTS):
            failing = bool(record.get("failure") or record.get("failed_metrics"))
            if failed not in (None, failing) or variant not in ("", record.get("variant")):
                continue
            if offset <= total < offset + limit:
                kept.append(record)
            total += 1
        return Page(kept, total)

    def page(self, actor: Actor, run_id: str) -> str:
        """The HTML report, as it was written."""
        file = self._find(actor, run_id) / PAGE
        text = _text(file)
        if text is None:
            raise UnknownResults(f"there is no page of {run_id}")
        return text

    def trend(self, actor: Actor, metric: str, kind: str, *, limit: int = 100) -> list[Json]:
        """The last figures of one metric in one kind of evaluation, oldest first, nights' suites among them.

        A point has "id", "at", "revision", "data", "mean", "low", "high" and "n"; where "data" (the content's hash)
        changes, the figures before and after are not of the same questions.
        """
        require(actor, Permission.EVALS_READ)
        heads = [each for head in self._headlines(actor) for each in (head, *self._within(head))]
        points = [_point(each, metric) for each in heads if each["kind"] == kind and metric in each["metrics"]]
        return sorted(points, key=lambda point: (point["at"], point["id"]))[-limit:]

    def _headlines(self, actor: Actor) -> Iterator[Json]:
        if actor.tenant != LOCAL.tenant or not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            if _KNOWN.fullmatch(folder.name) and not folder.is_symlink() and folder.is_dir():
                head = _headline(folder, folder.name)
                if head is not None:
                    yield head

    def _within(self, head: Json) -> Iterator[Json]:
        if head["kind"] == NIGHTLY:
            yield from _suites(self._folder / head["id"], head["id"])

    def _find(self, actor: Actor, run_id: str) -> Path:
        require(actor, Permission.EVALS_READ)
        folder, found = self._folder, _KNOWN.fullmatch(run_id) is not None and actor.tenant == LOCAL.tenant
        for name in run_id.split("~") if found else ():
            folder = folder / name
            found = found and folder.is_dir() and not folder.is_symlink()
        if not found:
            raise UnknownResults(f"there is no evaluation {run_id}")
        return folder


def open_archive() -> Archive:
    """The results folder of the settings; it need not exist."""
    return Archive(EvalSettings().folder)


def _suites(folder: Path, night: str) -> Iterator[Json]:
    """The evaluations that a night keeps below it, in the order it did them."""
    for step in _steps(_read(folder / NIGHT) or {}):
        name = step.get("folder")
        if isinstance(name, str) and re.fullmatch(_NAME, name) and not (folder / name).is_symlink():
            head = _headline(folder / name, f"{night}~{name}")
            if head is not None:
                yield head


def _steps(night: Json) -> list[Json]:
    steps = night.get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _headline(folder: Path, run_id: str) -> Json | None:
    """What a list shows of one folder; None when it holds no evaluation that can be read."""
    night = _read(folder / NIGHT)
    if night is not None:
        steps = _steps(night)
        sums = {name: sum(_count(step.get(name)) for step in steps) for name in ("cases", "failures")}
        return _head(run_id, {**night, **sums}, NIGHTLY)
    summary = _read(folder / SUMMARY)
    if summary is None or summary["schema"] > SCHEMA:
        return None
    outcome = (_read(folder / VERDICT) or {}).get("outcome")
    known = outcome if outcome in OUTCOMES else None
    return {**_head(run_id, summary, str(summary.get("kind", ""))), "outcome": known}


def _head(run_id: str, record: Json, kind: str) -> Json:
    data = record.get("data")
    metrics = record.get("metrics")
    return {
        "id": run_id,
        "kind": kind,
        "finished_at": str(record.get("finished_at") or record.get("started_at") or ""),
        "revision": str(record.get("revision", "")),
        "data": str(data.get("hash", "")) if isinstance(data, dict) else "",
        "cases": _count(record.get("cases")),
        "failures": _count(record.get("failures")),
        "interrupted": bool(record.get("interrupted")) or record.get("status") in ("running", "interrupted"),
        "metrics": {name: _figure(each) for name, each in metrics.items()} if isinstance(metrics, dict) else {},
        "outcome": None,
        "exit_code": record["exit_code"] if isinstance(record.get("exit_code"), int) else None,
    }


def _figure(figure: Any) -> Json:
    given = figure if isinstance(figure, dict) else {}
    return {name: given.get(name) for name in ("mean", "low", "high", "n")}


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _point(head: Json, metric: str) -> Json:
    return {
        "id": head["id"],
        "at": head["finished_at"],
        "revision": head["revision"],
        "data": head["data"],
        **head["metrics"][metric],
    }


def _cases(file: Path) -> Iterator[Json]:
    """The "case" records, as far as they can be read."""
    if file.is_symlink() or not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for line in islice(lines, 1, None):
            record = _parsed(line)
            if record is not None and record.get("record") == "case":
                yield record


def _read(file: Path) -> Json | None:
    """A JSON object with a schema number or an outcome; None where there is none that can be read."""
    try:
        if file.is_symlink():
            return None
        stamp = file.stat()
        return _content(file, stamp.st_mtime_ns, stamp.st_size)
    except OSError:
        return None


@lru_cache(maxsize=_REMEMBERED)
def _content(file: Path, _changed: int, _size: int) -> Json | None:
    record = _parsed(file.read_text("utf-8", errors="replace"))
    return record if record is not None and ("outcome" in record or isinstance(record.get("schema"), int)) else None


def _parsed(text: str) -> Json | None:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _text(file: Path) -> str | None:
    try:
        return None if file.is_symlink() else file.read_text("utf-8", errors="replace")
    except OSError:
        return None
