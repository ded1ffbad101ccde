"""A proposal: numbers that could take the place of those in use, with the paired comparison that speaks for them.

Decides the file's shape, and which of its entries may be accepted: only what is better, and what the gate let pass, on
cases that the new numbers were not chosen on. A proposal changes nothing. It refuses a file that was edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from stemma.evals.errors import InvalidResults
from stemma.evals.results import write_json
from stemma.evals.summary import Json

SCHEMA = 1
KIND = "tuning"
Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """New numbers for one thing."""

    name: str
    """As in the file of accepted numbers: "answer", "sentence", "graph", "hybrid"."""
    old: Numbers
    """What is in use."""
    new: Numbers
    verdict: Json
    """The gate's, new against old, case by case (verdict.json's shape)."""
    figures: Json
    """What else a person wants to see before accepting."""
    data: Json
    """What it was fitted and judged on: name, hash, counts."""

    @property
    def changed(self) -> bool:
        return dict(self.old) != dict(self.new)

    @property
    def better(self) -> bool:
        """In every metric that was compared."""
        metrics = self.verdict["metrics"]
        return bool(metrics) and all(each["difference"] > 0 for each in metrics)

    @property
    def acceptable(self) -> bool:
        """It changes something for the better, and the gate let it pass."""
        return self.changed and self.better and self.verdict["outcome"] == "pass"


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that one `stemma eval tune` found."""

    made_at: str
    revision: str
    entries: tuple[Entry, ...]

    @property
    def digest(self) -> str:
        """Names the proposal; the file holds it, so that an edited one is found."""
        body = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return sha256(body.encode()).hexdigest()


def write_proposal(file: Path, proposal: Proposal) -> None:
    """Raises `InvalidResults` where it cannot be written."""
    write_json(file, {"schema": SCHEMA, "kind": KIND, "digest": proposal.digest, **asdict(proposal)})


def read_proposal(file: Path) -> Proposal:
    """Raises `InvalidResults` for what is no proposal, a newer one, or one that is not as it was made."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise InvalidResults(f"{file} cannot be read: {problem}", hint="stemma eval tune makes a proposal") from problem
    if not isinstance(content, dict) or content.get("kind") != KIND or not isinstance(content.get("schema"), int):
        raise InvalidResults(f"{file} is not a proposal", hint="only what `stemma eval tune` wrote is one")
    if content["schema"] > SCHEMA:
        raise InvalidResults(f"{file} was written by a newer version of Stemma")
    try:
        entries = tuple(Entry(**entry) for entry in content["entries"])
        proposal = Proposal(content["made_at"], content["revision"], entries)
    except (KeyError, TypeError) as problem:
        raise InvalidResults(f"{file} is not a proposal", hint="only what `stemma eval tune` wrote is one") from problem
    if proposal.digest != content.get("digest"):
        raise InvalidResults(
            f"{file} is not as it was made: somebody changed it", hint="make it again: stemma eval tune"
        )
    return proposal


def acceptable(entries: Sequence[Entry]) -> list[Entry]:
    """Those that may be accepted."""
    return [entry for entry in entries if entry.acceptable]
