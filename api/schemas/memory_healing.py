"""Healing on the wire: what is asked, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from stemma.api.schemas.values import Body
from stemma.graphs.healing.healing import PARALLEL

ANSWERS_SHOWN = 1_000
"""Of those that a healing would be about; `counts` tells of all."""


class HealingCreate(Body):
    """Give the answers again that a retraction tainted."""

    dry_run: Annotated[bool, Field(description="Only say what would be run")] = False
    move_head: Annotated[
        bool, Field(description="Let a thread go on from the new answer, where nothing came after the old one")
    ] = False
    parallel: Annotated[int, Field(ge=1, le=64, description="Answers that are given again at once")] = PARALLEL

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"dry_run": True}]})


class SaidBody(TypedDict):
    """What a run came to; `sources` are the ids of what it cites."""

    text: str
    short: str
    abstained: bool
    sources: list[str]
    answer_id: str


class TurnBody(TypedDict):
    """A later run of the thread, which built on the old answer and stays as it is."""

    run_id: str
    created_at: str
    asked: str


class HealedBody(TypedDict):
    """One tainted answer. `outcome` is empty where it is only planned, `why` says why it failed or is not healable, and
    `head`, when it was asked for, whether the thread's head moved."""

    answer_id: str
    question: str
    thread_id: str
    run_id: str
    outcome: Literal["", "same", "changed", "abstains", "failed", "not healable"]
    why: str
    old: SaidBody
    new: SaidBody
    new_thread_id: str
    new_run_id: str
    later: list[TurnBody]
    head: str


class HealingBody(TypedDict):
    """A healing, or a plan of one: `total` answers, of which `done` have an outcome, counted in `counts`. It runs as
    `run_id` on `thread_id`, null where nothing runs. `hidden` items in narrower scopes were taken back as well: their
    owners heal what rests on them. `truncated`: it reached more than is looked at in one go."""

    retraction_id: str
    dry_run: bool
    thread_id: str | None
    run_id: str | None
    status: Literal["pending", "running", "error", "success", "timeout", "interrupted"] | None
    total: int
    done: int
    counts: dict[str, int]
    hidden: int
    truncated: bool
    answers: list[HealedBody]


def show_healing(record: Mapping[str, Any], offset: int = 0, limit: int = ANSWERS_SHOWN) -> dict[str, Any]:
    """A page of a healing's answers, with the rest of it."""
    return {**record, "answers": record["answers"][offset : offset + limit]}
