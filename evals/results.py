"""What an evaluation leaves behind, and how it is read again: results.jsonl, summary.json, and reports of them.

Decides the shape of the files (`SCHEMA`). results.jsonl starts with one "run" record (what was measured, with what) and
has one "case" record for each row. Files appear whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from stemma.evals.case import Row
from stemma.evals.errors import InvalidResults
from stemma.evals.exits import ExitCode
from stemma.evals.reports import as_junit, as_markdown
from stemma.evals.revision import product_version, revision
from stemma.evals.summary import Json

SCHEMA = 1
RESULTS = "results.jsonl"
SUMMARY = "summary.json"
PAGE, MARKDOWN, JUNIT = "report.html", "report.md", "junit.xml"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One finished (or interrupted) evaluation."""

    run: Json
    """What was measured and with what: schema, kind, data, revision, model, embedder, seed, …"""
    rows: Sequence[Row]
    figures: Json
    """At least "metrics" and "failures"."""
    interrupted: bool = False

    @property
    def failures(self) -> int:
        return int(self.figures["failures"])

    @property
    def exit_code(self) -> ExitCode:
        """Interrupted, then failures, then a broken promise (a citation that is not verbatim, …), otherwise pass."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.failures:
            return ExitCode.EXECUTION
        verbatim = self.figures["metrics"].get("citation_verbatim")
        if self.figures.get("broken") or (verbatim is not None and verbatim["mean"] < 1):
            return ExitCode.REGRESSION
        return ExitCode.PASS

    def summary(self) -> Json:
        """What --json prints and summary.json holds."""
        return {**self.figures, "interrupted": self.interrupted, **self.run}


def run_record(kind: str, **facts: object) -> Json:
    """The "run" record: what every kind of evaluation says about itself, and its own facts."""
    return {
        "schema": SCHEMA,
        "kind": kind,
        "revision": revision(),
        "version": product_version(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }


def new_folder(out: Path | None, parent: Path, kind: str) -> Path:
    """`out`, or a new folder <time>-<kind> below `parent`; it exists afterwards. Raises `InvalidResults`."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            return out
        for number in range(1, 1000):
            folder = parent / (f"{stamp}-{kind}" if number == 1 else f"{stamp}-{kind}-{number}")
            if not folder.exists():
                folder.mkdir(parents=True)
                return folder
    except OSError as problem:
        message = f"{out or parent} cannot be written: {problem.strerror or problem}"
        raise InvalidResults(message, hint="say where with --out DIR") from problem
    raise InvalidResults(f"{parent} holds too many results of this second")


def write_results(folder: Path, evaluation: Evaluation, page: str) -> None:
    """Write all files into the folder, made if need be. Raises `InvalidResults` when it cannot be written."""
    lines = [{"record": "run", "interrupted": evaluation.interrupted, **evaluation.run}]
    lines += [_case_record(row) for row in evaluation.rows]
    write_text(folder / RESULTS, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
    write_text(folder / SUMMARY, json.dumps(evaluation.summary(), ensure_ascii=False, indent=2) + "\n")
    write_reports(folder, evaluation, page)


def write_reports(folder: Path, evaluation: Evaluation, page: str) -> None:
    """Write what people and build servers read: the page, report.md and junit.xml. Raises `InvalidResults`."""
    summary = evaluation.summary()
    write_text(folder / PAGE, page)
    write_text(folder / MARKDOWN, as_markdown(summary, evaluation.rows))
    write_text(folder / JUNIT, as_junit(summary, evaluation.rows))


def write_text(file: Path, text: str) -> None:
    """Write the file whole or not at all, its folder made if need be. Raises `InvalidResults` where that fails."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, "utf-8", newline="\n")
        partial.replace(file)
    except OSError as problem:
        message = f"{file.parent} cannot be written: {problem.strerror or problem}"
        raise InvalidResults(message, hint="say where with --out DIR") from problem


def write_json(file: Path, content: object) -> None:
    """The same for a JSON value, indented for people."""
    write_text(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read_summary(folder: Path) -> Json:
    """The summary of an earlier evaluation. Raises `InvalidResults` for none, a broken or a newer one."""
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
    except OSError as problem:
        raise InvalidResults(f"{folder} holds no {SUMMARY}") from problem
    except ValueError as problem:
        raise InvalidResults(f"{folder / SUMMARY} is not JSON") from problem
    return _known(summary, folder / SUMMARY)


def read_cases(folder: Path) -> Iterator[Json]:
    """The "case" records of an earlier evaluation. Raises `InvalidResults`."""
    file = folder / RESULTS
    try:
        lines = file.read_text("utf-8").split("\n")
        records = [json.loads(line) for line in lines if line]
    except OSError as problem:
        raise InvalidResults(f"{folder} holds no {RESULTS}") from problem
    except ValueError as problem:
        raise InvalidResults(f"{file} is not JSON lines") from problem
    _known(records[0] if records else None, file)
    yield from (record for record in records[1:] if record.get("record") == "case")


def _known(record: object, file: Path) -> Json:
    if not isinstance(record, dict) or not isinstance(record.get("schema"), int):
        raise InvalidResults(f"{file} is not the result of an evaluation")
    if record["schema"] > SCHEMA:
        raise InvalidResults(f"{file} was written by a newer version of Stemma")
    return record


def _case_record(row: Row) -> Json:
    return {
        "record": "case",
        "id": row.case.id,
        "set": row.case.set,
        "kind": row.case.kind,
        "variant": row.variant,
        "run_id": row.run_id,
        "thread_id": row.thread_id,
        "question": row.case.question,
        "answerable": row.case.answerable,
        "gold": list(row.case.gold),
        "answers": list(row.case.answers),
        "tools": row.case.tools and [asdict(call) for call in row.case.tools],
        "ranked": list(row.ranked),
        "scores": {score.metric: score.value for score in row.scores},
        "reasons": {score.metric: score.reason for score in row.scores if score.reason},
        "milliseconds": row.milliseconds,
        "failure": row.failure and asdict(row.failure),
        "failed_metrics": {metric: asdict(failure) for metric, failure in row.failed_metrics.items()},
        "detail": dict(row.detail),
    }
