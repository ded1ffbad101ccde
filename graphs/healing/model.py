"""The values of healing: what is to be answered again, what came of it, and how far it is. Frozen.

Decides what an outcome is called and how it is written down. What makes two answers the same stands in `difference.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from stemma.graphs.runs.model import Run, RunStatus
from stemma.memory.lineage.model import Retraction


class Outcome(StrEnum):
    """What came of one tainted answer."""

    SAME = "same"
    """Asked again, it says the same, now from what is supported."""
    CHANGED = "changed"
    ABSTAINS = "abstains"
    """It had an answer, and without what was taken back there is none."""
    FAILED = "failed"
    """The run that was to answer again did not come to its end."""
    NOT_HEALABLE = "not healable"
    """It was not run again."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run came to, as far as its graph's values say it."""

    text: str = ""
    short: str = ""
    """The shortest piece that answers."""
    abstained: bool = False
    sources: tuple[str, ...] = ()
    """Ids of the sources it cites, each once, in their order."""
    answer_id: str = ""
    """Under which memory keeps it; empty when nothing was learned."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A later run of the thread that went on from a tainted answer."""

    run_id: str
    created_at: str
    asked: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A tainted answer, and where it can be given again."""

    answer_id: str
    question: str
    run: Run
    checkpoint_id: str
    """The state before its retrieval, on the run's thread."""
    later: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Healed:
    """What became of one tainted answer; also, with an empty outcome, what would be done about it."""

    answer_id: str
    question: str
    thread_id: str
    run_id: str
    outcome: Outcome | None = None
    why: str = ""
    """Why it failed or is not healable."""
    old: Said = Said()
    new: Said = Said()
    new_thread_id: str = ""
    new_run_id: str = ""
    later: tuple[Turn, ...] = ()
    """Turns that built on the old answer. They stay as they are."""
    head: str = ""
    """Of the thread: "moved", or why it stays; empty when nobody asked for it."""

    def record(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"outcome": self.outcome.value if self.outcome else ""}


@dataclass(frozen=True, slots=True)
class Plan:
    """What healing a retraction would do."""

    retraction: Retraction
    answers: Sequence[Healed]
    """Newest answers first; those that cannot be healed have their outcome already."""
    hidden: int
    """Items of narrower scopes that it took as well: their owners heal what rests on them."""
    truncated: bool = False
    """There is more than is looked at: heal again afterwards."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a healing is."""

    retraction: str
    thread_id: str
    """Of the healing itself."""
    run: Run | None
    """None: there was nothing to heal, so that nothing was started."""
    total: int
    done: Sequence[Mapping[str, Any]]
    """`Healed.record`s, in the order of the plan."""
    hidden: int = 0
    truncated: bool = False

    @property
    def status(self) -> RunStatus:
        return self.run.status if self.run is not None else RunStatus.SUCCESS

    @property
    def counts(self) -> dict[str, int]:
        """Outcome -> how many."""
        return dict(Counter(str(row["outcome"]) for row in self.done))
