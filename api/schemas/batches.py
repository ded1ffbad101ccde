"""Batches of runs on the wire.

The JavaScript SDK sends the options of a batch as its callers name them, in camel case, with `assistant_id` beside
`assistantId`. Both spellings are one option here; any other name is refused, as it is of a single run.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel, model_validator

from stemma.api.schemas.runs import RunCreate


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


_SPELLINGS = {_camel(name): name for name in RunCreate.model_fields if "_" in name}


class BatchedRun(RunCreate):
    """One run of a batch."""

    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        taken = dict(given)
        for camel in given.keys() & _SPELLINGS.keys():
            name = _SPELLINGS[camel]
            # Two values for one option: the second spelling stays, and is refused by name.
            if taken.get(name, given[camel]) == given[camel]:
                taken[name] = taken.pop(camel)
        return taken


class RunBatch(RootModel[Annotated[list[BatchedRun], Field(min_length=1, max_length=1000)]]):
    """Runs without threads, to start at the same time."""
