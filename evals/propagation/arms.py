"""Which remedies stand beside each other, under which names, and in which memory each is tried.

Decides the baselines. A plain memory (LangGraph's own store, or somebody's) has no lineage; what a clean-up by lineage
would reach there is measured with edges that the benchmark keeps beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemma.evals.errors import EvalFailure
from stemma.evals.propagation.subjects import Remedy

CLEAN = "clean"
OURS = Remedy.SUPPORT.value
NOTHING = Remedy.NOTHING.value
PLAIN_CLOSURE = "lineage beside a plain store"
_KEPT_NOTES = 2
"""Sessions that a note lasts in the time-to-live arm."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm: which memory, and what is done at containment."""

    name: str
    remedy: Remedy
    plain: bool
    sources_first: bool = False
    time_to_live: int = 0
    missing: float = 0.0
    """Share of lineage edges that are lost."""
    detects: bool = False
    """A sweep at the end of each session looks for what is false; only for Stemma's memory."""


ARMS = (
    ArmPlan(NOTHING, Remedy.NOTHING, plain=True),
    ArmPlan("delete the source", Remedy.DELETE_SOURCE, plain=True),
    ArmPlan("purge by similarity", Remedy.SIMILARITY_PURGE, plain=True),
    ArmPlan("time to live", Remedy.DELETE_SOURCE, plain=True, time_to_live=_KEPT_NOTES),
    ArmPlan("sources first", Remedy.DELETE_SOURCE, plain=True, sources_first=True),
    ArmPlan("write gate only", Remedy.NOTHING, plain=False),
    ArmPlan("lineage closure", Remedy.CLOSURE, plain=False),
    ArmPlan(OURS, Remedy.SUPPORT, plain=False),
)

DETECTING = ArmPlan("found by the detector", Remedy.NOTHING, plain=False, detects=True)
"""Nobody tells what is false."""


def lossy_arms(shares: Sequence[float]) -> list[ArmPlan]:
    """With a part of the lineage lost: ours, and a closure over what is left of it beside a plain store."""
    beside = sorted({0.0, *shares}) if shares else []
    ours = [ArmPlan(_lossy_name(OURS, share), Remedy.SUPPORT, plain=False, missing=share) for share in shares]
    return ours + [
        ArmPlan(_lossy_name(PLAIN_CLOSURE, share), Remedy.CLOSURE, plain=True, missing=share) for share in beside
    ]


def _lossy_name(arm: str, share: float) -> str:
    """What an arm is called with so much of its lineage lost."""
    return f"{arm}, {share:.0%} of edges lost"


def arms_named(names: Sequence[str]) -> list[ArmPlan]:
    """The arms of these names, all where none is given. Raises `EvalFailure`."""
    known = {arm.name: arm for arm in (*ARMS, DETECTING)}
    if unknown := [name for name in names if name not in known]:
        raise EvalFailure(f"there is no baseline {unknown[0]!r}", hint=f"choose of: {', '.join(known)}")
    return [known[name] for name in names] or list(ARMS)
