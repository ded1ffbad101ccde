"""`stemma eval detect`: what it takes, prints, and exits with.

Decides the words and the exit code: 0 when nothing seems false, or all that does was put into quarantine; 1 when
something that seems false can still be recalled; 3 when all that was found are contradictions nobody could decide.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from stemma.evals.exits import ExitCode
from stemma.memory.terminal import printable, shortened

if TYPE_CHECKING:
    from stemma.evals.detection import Proposal, Sweep


def detect(
    apply: Annotated[
        bool, typer.Option("--apply", help="Put what is proposed into quarantine; without it nothing is changed.")
    ] = False,
    user: Annotated[str, typer.Option("--user", help="Look at what one user's memory recalls.")] = "",
    settled: Annotated[
        float, typer.Option("--settled", min=0, help="Days that a side must have been there before the other to count.")
    ] = 1.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Look for what is false in memory: unsupported claims, and the weaker side of contradictions. No model."""
    from stemma.evals.detection import record

    found, decided = asyncio.run(_detected(user, settled, apply=apply))
    code = exit_code(found, decided)
    for line in lines_of(found, decided):
        typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps({**record(found, decided), "exit_code": int(code)}, ensure_ascii=False))
    raise typer.Exit(code)


async def _detected(user: str, settled: float, *, apply: bool) -> tuple[Sweep, dict[str, str]]:
    from datetime import timedelta

    from stemma.evals import detection
    from stemma.memory.model import DEFAULT_TENANT, Scope
    from stemma.memory.open import open_memory

    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        found = await detection.sweep(memory, scope, settled=timedelta(days=settled))
        return found, await detection.apply(memory, scope, found.proposals) if apply else {}


def exit_code(found: Sweep, decided: Mapping[str, str]) -> ExitCode:
    """What the command ends with."""
    if any(proposal.item_id not in decided for proposal in found.proposals):
        return ExitCode.REGRESSION
    return ExitCode.INCONCLUSIVE if found.undecided else ExitCode.PASS


def lines_of(found: Sweep, decided: Mapping[str, str]) -> Iterator[str]:
    """What a person reads; texts of documents are made harmless."""
    for proposal in found.proposals:
        yield from _proposed(proposal, decided.get(proposal.item_id, ""))
    for conflict in found.undecided:
        yield f"undecided: {conflict.slot.value}{f' ({shortened(conflict.about, 80)})' if conflict.about else ''}"
        for side in conflict.sides:
            yield f"  support {side.support:g}  {shortened(side.stated[0].text, 160)}  [{side.stated[0].item_id}]"
    yield (
        f"{found.statements} statements looked at in {found.seconds:.1f} s: {len(found.proposals)} proposed,"
        f" {len(decided)} put into quarantine, {len(found.undecided)} undecided"
    )
    if found.proposals and not decided:
        yield "to put them into quarantine: stemma eval detect --apply; stemma memory restore gives them back"


def _proposed(proposal: Proposal, decision: str) -> Iterator[str]:
    done = f"in quarantine ({decision})" if decision else "proposed"
    yield f"{done}: {proposal.node.value.lower()} {proposal.item_id}, score {proposal.score:.2f}"
    yield f"  says      {shortened(proposal.says, 160)}"
    yield f"  because   {shortened(proposal.reason, 240)}"
    for evidence in proposal.evidence:
        place = printable(evidence.uri) or evidence.item_id
        yield f"  evidence  {shortened(evidence.text, 160)}  [{place}]"
    if proposal.broad:
        yield "  most of what this source states is not contested: look at it yourself"
