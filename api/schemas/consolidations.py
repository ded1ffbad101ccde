"""Consolidation on the wire: what a run merged and demoted, and the runs there were."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from stemma.api.schemas.memory_items import ScopeBody
from stemma.api.schemas.values import Body
from stemma.memory.consolidation.model import Consolidation, ConsolidationReport
from stemma.memory.consolidation.record import report_record, run_record


class ConsolidationCreate(Body):
    """Show what says the same once, and put what nobody used below the rest."""

    dry_run: Annotated[bool, Field(description="Only say what it would do")] = False
    demote_after_days: Annotated[
        float | None,
        Field(
            ge=0, le=36_500, description="Demote what no answer used in so many days, 0: nothing; null: as it is set"
        ),
    ] = None


class ConsolidationBody(TypedDict):
    """One run over one audience. It is kept when it is undone."""

    id: str
    scope: ScopeBody
    actor: str
    at: str
    sources: int
    """How many sources it merged …"""
    claims: int
    """… how many claims …"""
    demoted: int
    """… and how many of both it demoted."""
    undone_at: str | None
    undone_by: str


class DuplicateBody(TypedDict):
    """A source or claim that says the same as the one that is `shown`."""

    id: str
    label: Literal["Source", "Claim"]
    shown: str
    rule: Literal["same content", "same words", "same statement"]


class DemotionBody(TypedDict):
    """A source or claim that is recalled below the rest until an answer uses it."""

    id: str
    label: Literal["Source", "Claim"]
    rule: Literal["unused", "stale"]


class ConsolidationReportBody(TypedDict):
    """What a run did, or would do: the first of its findings; the run's counts tell of all. A run that found nothing,
    and a dry run, keep nothing under its id."""

    dry_run: bool
    run: ConsolidationBody
    looked_at: int
    duplicates: list[DuplicateBody]
    demotions: list[DemotionBody]
    truncated: bool


class ConsolidationPageBody(TypedDict):
    """A page of runs, newest first, and how many there are in all."""

    items: list[ConsolidationBody]
    total: int


def show_run(run: Consolidation) -> dict[str, Any]:
    """One run as clients see it: the tenant stays here."""
    record = run_record(run)
    record["scope"].pop("tenant")
    return record


def show_report(report: ConsolidationReport, *, dry_run: bool) -> dict[str, Any]:
    """What a run did as clients see it."""
    return {**report_record(report, dry_run=dry_run), "run": show_run(report.run)}
