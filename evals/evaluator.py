"""What an evaluator is: something that sees one frozen case and says how good it was, with a reason.

Decides what an evaluator may see and what it may say. A user writes one as a function in a file of their own:

    from stemma.evals import CaseView, Judgement, evaluator

    @evaluator
    def short_enough(view: CaseView) -> Judgement:
        words = len(view.output["answer"].split())
        return Judgement(words <= 60, f"{words} words")

How they are called, and what becomes of one that raises, is decided in `judging.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, overload

from stemma.evals.case import Case

if TYPE_CHECKING:
    from stemma.evals.recording import Recording
    from stemma.graphs.runs.model import StateSnapshot
    from stemma.memory.lineage.model import Lineage


@dataclass(frozen=True, slots=True)
class CaseView:
    """One answered case, frozen all the way down: mappings cannot be written to, and lists are tuples."""

    inputs: Mapping[str, Any]
    """What the graph was given."""
    output: Mapping[str, Any]
    """What the run came to: of the answer graph `answer`, `short_answer`, `abstained`, `citations`, `passages`, …"""
    expected: Case
    """What is known about the question: `answers`, `gold`, `answerable`, `tools`, `steps`, …"""
    run_id: str
    thread_id: str
    milliseconds: float
    """Wall time of the run."""
    recording: Recording
    """The run's events, and its steps, tool calls and tokens read from them."""
    checkpoints: Sequence[StateSnapshot]
    """Of the run's thread, oldest first."""
    lineage: Sequence[Lineage]
    """Upwards: of the answer where memory keeps it, otherwise of each passage or claim that it cites."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an evaluator says about one case."""

    value: bool | float | str
    """True or false, a number in [0, 1], or a label."""
    reason: str = ""


Verdict = Judgement | bool | float | str | None
"""A judgement, or its value alone; None: there is nothing to judge in this case."""


class Evaluator(Protocol):
    """Judges cases one by one. The same evaluator gives the same kind of value for every case."""

    @property
    def metric(self) -> str:
        """What its figures are called: lower-case letters, digits and underscores."""

    def evaluate(self, view: CaseView) -> Verdict | Awaitable[Verdict]:
        """May raise anything: the case is then a failure row in this metric. Called in a thread, or awaited."""


Judge = Callable[[CaseView], Verdict | Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class FunctionEvaluator:
    """A function as an evaluator."""

    metric: str
    function: Judge

    def evaluate(self, view: CaseView) -> Verdict | Awaitable[Verdict]:
        return self.function(view)


@overload
def evaluator(function: Judge, /) -> FunctionEvaluator: ...
@overload
def evaluator(*, name: str) -> Callable[[Judge], FunctionEvaluator]: ...
def evaluator(function: Judge | None = None, /, *, name: str = "") -> Any:
    """Make a function, sync or async, an evaluator; it is called like the function unless `name` says otherwise."""

    def made(judge: Judge) -> FunctionEvaluator:
        return FunctionEvaluator(name or getattr(judge, "__name__", ""), judge)

    return made if function is None else made(function)


def frozen(value: Any) -> Any:
    """The value with its mappings read-only, its lists as tuples and its sets frozen, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(each) for each in value)
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: frozen(getattr(value, each.name)) for each in fields(value) if each.init})
    return value
