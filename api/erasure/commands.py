"""The command `stemma erase`: names, arguments, help, and what it prints.

Decides the terminal's wording. What erasing is stands in `erasing.py`, imported only when the command runs.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from stemma.api.erasure.copies import CopyReport
    from stemma.api.erasure.erasing import ErasurePlan, ErasureReport

app = typer.Typer(rich_markup_mode=None)


@app.callback()
def _erase() -> None:
    """Erase what is kept of a person."""


@app.command("erase")
def erase(
    user: Annotated[str, typer.Option("--user", help="A user of the tenant.")] = "",
    tenant: Annotated[str, typer.Option("--tenant", help="Without --user: the whole tenant.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    shared_threads: Annotated[
        bool, typer.Option("--shared-threads", help="Also threads that others used: they cannot be taken apart.")
    ] = False,
    backups: Annotated[
        Literal["keep", "rewrite", "delete"],
        typer.Option(help="Backups and exports that hold them: only say so, write them anew, or remove them."),
    ] = "keep",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Erase a person, or a tenant: memory, threads, runs, events, checkpoints, results, keys, and what copies hold.

    Afterwards the files are written anew, and looked through for ids and texts of what was erased. Ends with 1 when
    something is left. Cut short, the same command goes on.
    """
    raise typer.Exit(asyncio.run(_run(user, tenant, dry_run, yes, shared_threads, backups, as_json)))


async def _run(user: str, tenant: str, dry_run: bool, yes: bool, shared: bool, backups: str, as_json: bool) -> int:
    from stemma.api.erasure.copies import Policy
    from stemma.api.erasure.opened import open_erasing
    from stemma.graphs.errors import InvalidRequest
    from stemma.memory.erasure.model import Subject
    from stemma.memory.errors import NotConfirmed
    from stemma.memory.scope import DEFAULT_TENANT

    if not user and not tenant:
        raise InvalidRequest("nobody is named", hint="stemma erase --user USER, or --tenant TENANT")
    subject = Subject(tenant or DEFAULT_TENANT, user)
    async with open_erasing(lambda step: None if as_json else typer.echo(f"  {step}", err=True)) as erasing:
        if dry_run or not yes:
            planned = await erasing.plan(subject)
            if not as_json or not dry_run:
                _print_plan(planned, err=as_json)
            if dry_run:
                typer.echo(json.dumps(plan_record(planned))) if as_json else None
                return 0
            if not typer.confirm(f"erase {_words(subject.tenant, user)} for good?", err=True):
                raise NotConfirmed(hint="stemma erase --dry-run shows what would go")
        report = await erasing.erase(subject, shared=shared, policy=Policy(backups))
    typer.echo(json.dumps(report_record(report))) if as_json else _print_report(report)
    return 0 if report.clean else 1


def plan_record(planned: ErasurePlan) -> dict[str, Any]:
    """A plan as it is printed with --json."""
    return {
        "stores": {name: dict(plan.counts) for name, plan in planned.plans.items()},
        "shared_threads": sorted(planned.shared),
        "active_runs": sorted(planned.busy),
        "copies": [_copy_record(copy) for copy in planned.copies if copy.holds],
    }


def report_record(report: ErasureReport) -> dict[str, Any]:
    """A report as it is printed with --json."""
    return {
        "gone": {name: dict(counts) for name, counts in report.gone.items()},
        "resumed": report.resumed,
        "copies": [_copy_record(copy) for copy in report.copies if copy.rows or copy.holds],
        "notes": list(report.notes),
        "looked_for": report.needles,
        "found": [{"file": str(one.file), "needles": one.needles} for one in report.found],
        "clean": report.clean,
    }


def _copy_record(copy: CopyReport) -> dict[str, Any]:
    kept = {"path": str(copy.path), "kind": copy.kind, "made_at": copy.made_at, "holds": copy.holds}
    return {**kept, "rows": dict(copy.rows), "note": copy.note}


def _words(tenant: str, user: str) -> str:
    return f"the user {user} of tenant {tenant}" if user else f"the whole tenant {tenant}"


def _print_plan(planned: ErasurePlan, *, err: bool) -> None:
    for name, plan in planned.plans.items():
        typer.echo(f"{name}: {_counted(plan.counts)}", err=err)
    if planned.shared:
        typer.echo(f"threads that others used too: {len(planned.shared)} (--shared-threads erases them)", err=err)
    for copy in planned.copies:
        if copy.holds:
            typer.echo(f"copy {copy.path}: {_counted(copy.rows)} {copy.note}".rstrip(), err=err)


def _print_report(report: ErasureReport) -> None:
    if report.resumed:
        typer.echo("an erasure that was cut short is taken up")
    for name, counts in report.gone.items():
        typer.echo(f"{name}: {_counted(counts)} erased")
    for copy in report.copies:
        if copy.holds:
            typer.echo(f"still held by {copy.path}: {_counted(copy.rows)} {copy.note} (--backups rewrite, or delete)")
        elif copy.rows:
            typer.echo(f"copy {copy.path}: {_counted(copy.rows)} erased")
    for note in report.notes:
        typer.echo(f"to do: {note}")
    for one in report.found:
        typer.echo(f"found: {one.needles} of them in {one.file}")
    if not report.found:
        typer.echo(f"looked for {report.needles} ids and texts of theirs in every file: none is left")


def _counted(counts: Any) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "nothing"
