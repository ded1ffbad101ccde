"""Accepting a proposal: its numbers go into the file that MEMORY_NUMBERS may name, with who decided and why.

Decides what is refused: entries that are no better or that the gate did not let pass, and a proposal made against other
numbers than those that are in the file now. Numbers that ship are never edited; without the file they are back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stemma.evals.errors import InvalidResults
from stemma.evals.results import write_text
from stemma.evals.tuning.proposal import Entry, Proposal, acceptable
from stemma.memory.tuned import SCHEMA, Acceptance, TunedNumbers, read_tuned


@dataclass(frozen=True, slots=True)
class Accepted:
    """What went into the file, and what did not."""

    taken: tuple[str, ...]
    left: tuple[str, ...]


def accept(proposal: Proposal, file: Path, *, by: str, reason: str) -> Accepted:
    """Write the proposal's acceptable numbers into the file, beside what it holds.

    Raises `InvalidResults` when nothing may be accepted, when the file's numbers are not those that the proposal was
    compared with, or when it cannot be written; `InvalidSetting` for a file that does not hold accepted numbers.
    """
    taken = acceptable(proposal.entries)
    if not taken:
        raise InvalidResults(
            "nothing in this proposal may be accepted",
            hint="a change has to be better, and the gate has to let it pass",
        )
    held = read_tuned(file if file.exists() else None)
    for entry in taken:
        _refuse_stale(entry, held, file)
    note = Acceptance(
        names=tuple(entry.name for entry in taken),
        by=by,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=reason,
        proposal=proposal.digest,
    )
    content = {
        "schema": SCHEMA,
        **held.model_dump(exclude={"file_schema", "accepted"}, exclude_none=True),
        **{entry.name: dict(entry.new) for entry in taken},
        "accepted": [each.model_dump() for each in (*held.accepted, note)],
    }
    numbers = TunedNumbers.model_validate(content)
    write_text(file, numbers.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n")
    left = tuple(entry.name for entry in proposal.entries if entry not in taken)
    return Accepted(tuple(entry.name for entry in taken), left)


def _refuse_stale(entry: Entry, held: TunedNumbers, file: Path) -> None:
    """Compared with what is not in use, a comparison says nothing."""
    numbers = getattr(held, entry.name, None)
    if numbers is not None and numbers.model_dump() != dict(entry.old):
        raise InvalidResults(
            f"{file} holds other numbers for {entry.name} than those that the proposal was compared with",
            hint=f"make it again with them in use: MEMORY_NUMBERS={file} stemma eval tune",
        )
