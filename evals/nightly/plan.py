"""What a night is asked to do: which data, which suites, where the baselines and the results are.

Decides the defaults, and what makes two plans the same. It refuses what cannot be a night before anything is measured.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from stemma.evals.dataset import Dataset, read_dataset
from stemma.evals.errors import EvalFailure, InvalidDataset, OtherNight
from stemma.evals.nightly.record import Night, folder_of, read_night
from stemma.evals.settings import EvalSettings
from stemma.evals.summary import Json
from stemma.graphs.settings import GraphSettings
from stemma.memory.settings import MemorySettings

SUITES = ("retrieval", "answers", "groundedness", "propagation", "ragas", "detection")
"""What can be left out by name; harvest, drift and feedback only look at what is there and always take part."""
DEMO = Path("examples/supply_chain")
"""Taken where no data folder is named and this one is there: the corpus of the demo."""
LIMIT = 600
"""Questions of each set, so that a night of a large set stays within ten minutes on a laptop."""
_NEED_DATA = {"retrieval", "answers", "ragas"}


@dataclass(frozen=True, slots=True)
class NightPlan:
    """One night."""

    date: str
    """ISO, UTC. It names the night; it does not choose what is looked at."""
    out: Path
    """Absolute: the results folder that holds the folders of all nights."""
    dataset: Dataset | None
    """None where no suite asks questions."""
    baselines: Path
    """Folder with one promoted file for each suite: retrieval.json, answers.json, …"""
    suites: tuple[str, ...]
    settings: EvalSettings

    def baseline(self, suite: str) -> Path:
        """The suite's baseline, whether it is there or not."""
        return self.baselines / f"{suite}.json"

    def as_json(self) -> Json:
        """What has to be the same for a night to go on: the data, the suites, what answers, and how it is scored."""
        settings, marked, memory = self.settings, self.settings.marked, MemorySettings()
        asked = {
            "data": self.dataset.as_json() if self.dataset else None,
            "suites": self.suites,
            "k": settings.k,
            "depth": settings.depth,
            "seed": settings.seed,
            "marked": _hash(marked) if marked else None,
            "apply": settings.apply,
            "model": GraphSettings().model,
            "embedder": memory.embedder,
            "recipe": memory.recipe,
            "numbers": _hash(memory.numbers) if memory.numbers else None,
        }
        found: Json = json.loads(json.dumps(asked))  # as it comes back from night.json
        return found


def plan_night(
    day: str,
    data: Sequence[Path],
    suites: Sequence[str],
    settings: EvalSettings,
    *,
    baselines: Path | None = None,
    out: Path | None = None,
    limit: int = LIMIT,
) -> NightPlan:
    """From what was typed; `limit` 0 asks every question. Raises `EvalFailure` for what cannot be a night."""
    if unknown := [name for name in suites if name not in SUITES]:
        raise EvalFailure(f"there is no suite {unknown[0]!r}", hint=f"choose of: {', '.join(SUITES)}")
    chosen = tuple(name for name in SUITES if not suites or name in suites)
    return NightPlan(
        date=_date(day),
        out=(out or settings.folder).resolve(),
        dataset=read_dataset(_data(data, settings), limit=limit or None) if _NEED_DATA.intersection(chosen) else None,
        baselines=baselines or settings.baselines,
        suites=chosen,
        settings=settings,
    )


def begun_night(plan: NightPlan) -> Night | None:
    """The night of the plan's date as far as it came, None where none was begun.

    Raises `OtherNight` when it was begun with another plan, and `InvalidResults` when its record cannot be read.
    """
    night = read_night(folder_of(plan.out, plan.date))
    asked = plan.as_json()
    if night is not None and night.plan != asked:
        names = ", ".join(name for name in asked if night.plan.get(name) != asked[name])
        raise OtherNight(f"the night of {plan.date} was begun with other {names or 'things to do'}")
    return night


def _date(day: str) -> str:
    if not day:
        return datetime.now(UTC).date().isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as problem:
        raise EvalFailure(f"--date {day!r} is no date", hint="--date 2026-08-31") from problem


def _data(given: Sequence[Path], settings: EvalSettings) -> Sequence[Path]:
    if given:
        return given
    if settings.data is not None:
        return [settings.data]
    if DEMO.is_dir():
        return [DEMO]
    raise InvalidDataset("there is no data folder", hint="name one: --data DIR, or EVALS_DATA=DIR")


def _hash(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as problem:
        message = f"{file} cannot be read: {problem.strerror or problem}"
        raise InvalidDataset(
            message, hint="EVALS_MARKED or MEMORY_NUMBERS names it: unset or correct that"
        ) from problem
