"""Numbers that a person accepted in place of those that ship, from the file that MEMORY_NUMBERS names.

Decides which numbers may be replaced and their ranges: the calibration of groundedness, and what the parts of a seed's
score count. The file holds numbers and who accepted them, nothing that runs; an unknown name or a number out of range
is an error, never ignored. `stemma eval promote` writes it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stemma.memory.errors import InvalidSetting
from stemma.memory.grounding.doubt import ANSWER, SENTENCE, Calibration
from stemma.memory.recall.recipes import RECIPES, Recipe

SCHEMA = 1


class _Numbers(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


class CalibrationNumbers(_Numbers):
    """A `Calibration`: doubt always raises the probability."""

    slope: float = Field(gt=0, le=100)
    intercept: float = Field(ge=-100, le=100)
    threshold: float = Field(gt=0, lt=1)


class SeedNumbers(_Numbers):
    """What makes up the seeds of the recipe `graph`."""

    lexical_share: float = Field(ge=0, le=1)
    named_bonus: float = Field(ge=0, le=2)


class FusionNumbers(_Numbers):
    """What the recipe `hybrid` adds to the fusion of its two searches."""

    named_bonus: float = Field(ge=0, le=2)


class Acceptance(_Numbers):
    """Who accepted which numbers, when and why."""

    names: tuple[str, ...] = Field(strict=False)
    by: str
    at: str
    reason: str
    proposal: str
    """Digest of the proposal."""


class TunedNumbers(_Numbers):
    """The whole file; what is not there stays as it ships."""

    file_schema: Literal[1] = Field(default=1, alias="schema")
    answer: CalibrationNumbers | None = None
    sentence: CalibrationNumbers | None = None
    graph: SeedNumbers | None = None
    hybrid: FusionNumbers | None = None
    accepted: tuple[Acceptance, ...] = Field(default=(), strict=False)
    """The oldest first."""


def read_tuned(file: Path | None) -> TunedNumbers:
    """The file's numbers; none where no file is named. Raises `InvalidSetting` for what is not such a file."""
    if file is None:
        return TunedNumbers()
    try:
        return TunedNumbers.model_validate_json(file.read_bytes())
    except OSError as problem:
        message = f"MEMORY_NUMBERS {file} cannot be read: {problem.strerror or problem}"
        raise InvalidSetting(message, hint="unset MEMORY_NUMBERS, or correct it") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        hint = "only what `stemma eval promote` wrote is one"
        raise InvalidSetting(f"{file} does not hold accepted numbers: {place}: {first['msg']}", hint=hint) from problem


def recipes_of(tuned: TunedNumbers) -> dict[str, Recipe]:
    """All recipes, with the accepted numbers in them."""
    return RECIPES | {
        name: replace(RECIPES[name], **numbers.model_dump())
        for name, numbers in (("graph", tuned.graph), ("hybrid", tuned.hybrid))
        if numbers is not None
    }


def calibrations_of(tuned: TunedNumbers) -> tuple[Calibration, Calibration]:
    """Of answers and of sentences."""
    answer, sentence = tuned.answer, tuned.sentence
    return (
        Calibration(**answer.model_dump()) if answer else ANSWER,
        Calibration(**sentence.model_dump()) if sentence else SENTENCE,
    )
