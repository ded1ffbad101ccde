"""night.json: what a night was asked to do, how far it came, and what each of its steps found.

Decides the shape of the record (`SCHEMA`) and how steps add up to one exit code. The record is written after each step
and appears whole or not at all, so that whatever ends a night, the next call goes on after the last finished step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from stemma.evals.errors import InvalidResults
from stemma.evals.exits import ExitCode
from stemma.evals.results import write_json
from stemma.evals.summary import Json

SCHEMA = 1
RECORD = "night.json"
PREFIX = "nightly-"
_WORST_FIRST = (ExitCode.EXECUTION, ExitCode.REGRESSION, ExitCode.INCONCLUSIVE, ExitCode.PASS)


class Status(StrEnum):
    """How far a night has come."""

    RUNNING = "running"
    """Or killed: nobody was left to write anything else."""
    INTERRUPTED = "interrupted"
    DONE = "done"


class StepStatus(StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    """It could not be done at all: `note` says why."""
    SKIPPED = "skipped"
    """It is not configured, or there is nothing to do; `note` says what it would take."""
    INTERRUPTED = "interrupted"
    """What is in its folder is not all; it is done again when the night goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a night and what it found."""

    name: str
    """"harvest", "retrieval", "answers", "groundedness", "propagation", "ragas", "detection", "drift", "feedback"."""
    status: StepStatus
    exit_code: int = 0
    """4, 1, 3 or 0; steps that only report have 0 unless they failed."""
    note: str = ""
    """One sentence for a person."""
    advice: str = ""
    """What to type about it; empty where there is nothing to do."""
    kind: str = ""
    """Of evaluation ("retrieval", "run", …) where the step is one."""
    folder: str = ""
    """Below the night's folder; empty where the step keeps no files."""
    revision: str = ""
    """The code that ran it."""
    seconds: float = 0.0
    cases: int = 0
    failures: int = 0
    variant: str = ""
    """The recipe, graph or arm that is judged; the suite's results may hold others beside it."""
    primary: str = ""
    """The metric that the suite's cases are sorted by."""
    metrics: Json = field(default_factory=dict)
    """Metric -> {"mean", "low", "high", "n"} of the suite's main variant."""
    verdict: Json | None = None
    """The gate's, as verdict.json has it; None without a baseline, and for what is not gated."""
    found: Json = field(default_factory=dict)
    """What steps that are no evaluation have to tell (proposals, drift, changes, harvested cases)."""


@dataclass(frozen=True, slots=True)
class Night:
    """One night."""

    date: str
    plan: Json
    """What was asked for: a night goes on only with the same plan."""
    revision: str
    version: str
    started_at: str
    finished_at: str = ""
    status: Status = Status.RUNNING
    steps: tuple[Step, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The worst of the steps, in the order 4, 1, 3, 0; 130 for a night that was interrupted."""
        if self.status is Status.INTERRUPTED:
            return ExitCode.INTERRUPTED
        return worst(step.exit_code for step in self.steps)

    def step(self, name: str) -> Step | None:
        """The step of that name, as far as the night has come to it."""
        return next((step for step in self.steps if step.name == name), None)

    def with_step(self, step: Step) -> Night:
        """The night with this step at its place, new or instead of the one of its name."""
        if self.step(step.name) is None:
            return replace(self, steps=(*self.steps, step))
        return replace(self, steps=tuple(step if each.name == step.name else each for each in self.steps))

    def as_json(self) -> Json:
        """What night.json holds and --json prints."""
        head = {"schema": SCHEMA, "kind": "nightly", "date": self.date, "status": self.status.value}
        return {
            **head,
            "exit_code": int(self.exit_code),
            **{name: getattr(self, name) for name in ("revision", "version", "started_at", "finished_at", "plan")},
            "steps": [asdict(step) for step in self.steps],
        }


def worst(codes: Iterable[int]) -> ExitCode:
    """The code that stands for all: what could not be measured, then a regression, then what cannot be told."""
    given = set(codes)
    return next((code for code in _WORST_FIRST if code in given), ExitCode.PASS)


def folder_of(parent: Path, date: str) -> Path:
    """Where the night of that date is kept below the results folder."""
    return parent / f"{PREFIX}{date}"


def write_night(folder: Path, night: Night) -> None:
    """Write night.json into the folder, made if need be. Raises `InvalidResults` when it cannot be written."""
    write_json(folder / RECORD, night.as_json())


def read_night(folder: Path) -> Night | None:
    """The night kept in the folder, None where there is none. Raises `InvalidResults` for what cannot be read."""
    file = folder / RECORD
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise InvalidResults(f"{file} cannot be read: {problem}", hint="--again does the night anew") from problem
    if not isinstance(content, dict) or content.get("kind") != "nightly" or not isinstance(content.get("schema"), int):
        raise InvalidResults(f"{file} is not the record of a night")
    if content["schema"] > SCHEMA:
        raise InvalidResults(f"{file} was written by a newer version of Stemma")
    try:
        kept = {name: content[name] for name in ("date", "plan", "revision", "version", "started_at", "finished_at")}
        steps = tuple(Step(**{**step, "status": StepStatus(step["status"])}) for step in content["steps"])
        return Night(**kept, status=Status(content["status"]), steps=steps)
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidResults(f"{file} is not the record of a night", hint="--again does the night anew") from problem


def earlier_nights(parent: Path, date: str, most: int) -> list[Night]:
    """Finished nights before this date, the oldest first, at most the last `most`. What cannot be read is left out."""
    found: list[Night] = []
    for folder in sorted(parent.glob(f"{PREFIX}*"), reverse=True):
        if len(found) == most:
            break
        if folder.name.removeprefix(PREFIX) < date:
            found += [night for night in _readable(folder) if night.status is Status.DONE]
    return found[::-1]


def _readable(folder: Path) -> Iterator[Night]:
    try:
        night = read_night(folder)
    except InvalidResults:
        return
    if night is not None:
        yield night
