"""What feedback changed: how runs were judged, and what the corrected questions are answered with now.

Decides which feedback counts (what was taken back does not) and how an answer before is set beside an answer now. It
asks the answer graph without write-back, so that looking changes nothing. It refuses to say which of two answers is
right: that is for a person, or for a data set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from stemma.evals.case import Failure
from stemma.evals.summary import Json
from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.errors import GraphFailure
from stemma.graphs.feedback import exchange_of
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import MemoryFailure
from stemma.memory.feedback import KeptFeedback, list_feedback
from stemma.memory.long_term import LongTermMemory

Asker = Callable[[str], Awaitable[Mapping[str, Any]]]
"""A question in, the answer graph's output (`AnswerOutput`) out."""
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One correction, with what its question was answered with before and is answered with now."""

    source_id: str
    """The feedback in memory: what to take back if the correction is wrong."""
    run_id: str
    thread_id: str
    by: str
    correction: str
    question: str
    before: str
    now: str = ""
    cited: bool = False
    """The answer now rests on the correction."""
    failure: Failure | None = None
    """Why there is no answer now, or nothing that could be asked."""

    @property
    def changed(self) -> bool:
        return self.failure is None and self.now != self.before


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """The feedback of some time that the actor may see."""

    feedback: int
    """In force, and not taken back since."""
    taken_back: int
    scores: Sequence[float]
    changes: Sequence[Change]
    """Newest first; with a limit not of all `corrections`."""
    corrections: int

    def as_json(self) -> Json:
        """{"feedback", "taken_back", "score": {"mean", "n"}, "corrections", "asked", "changed", "cited", "failures",
        "changes"}; the mean is None where nobody gave a score."""
        mean = sum(self.scores) / len(self.scores) if self.scores else None
        return {
            "feedback": self.feedback,
            "taken_back": self.taken_back,
            "score": {"mean": mean, "n": len(self.scores)},
            "corrections": self.corrections,
            "asked": len(self.changes),
            "changed": sum(change.changed for change in self.changes),
            "cited": sum(change.cited for change in self.changes),
            "failures": sum(change.failure is not None for change in self.changes),
            "changes": [{**asdict(change), "changed": change.changed} for change in self.changes],
        }


async def feedback_report(
    runtime: Runtime, memory: LongTermMemory, actor: Actor, ask: Asker, *, since: datetime | None = None, most: int = 50
) -> FeedbackReport:
    """Feedback since a time (all of it otherwise), and its newest `most` corrections asked again.

    Raises `Forbidden` and what the store raises; a question that fails is a failure in its row.
    """
    given = await _since(memory, actor, since)
    standing = [kept for kept in given if kept.source.supported]
    corrections = [kept for kept in standing if kept.feedback.correction]
    return FeedbackReport(
        feedback=len(standing),
        taken_back=len(given) - len(standing),
        scores=[kept.feedback.score for kept in standing if kept.feedback.score is not None],
        changes=[await _change(runtime, actor, ask, kept) for kept in corrections[:most]],
        corrections=len(corrections),
    )


def asking(memory: LongTermMemory, model: ReasoningModel, actor: Actor) -> Asker:
    """The answer graph over this memory as the actor would ask it, without write-back and without a run."""
    graph = build_answer_graph().compile()
    context = AnswerContext(memory, model, memory_scope(actor), learn=False)

    async def ask(question: str) -> Mapping[str, Any]:
        return await graph.ainvoke({"question": question}, context=context)

    return ask


async def _since(memory: LongTermMemory, actor: Actor, since: datetime | None) -> list[KeptFeedback]:
    """Newest first. Feedback that is given meanwhile may shift a page, so each is taken once."""
    found: dict[str, KeptFeedback] = {}
    offset, total = 0, 1
    while offset < total:
        page, total = await list_feedback(memory, memory_scope(actor), limit=_PAGE, offset=offset)
        late = [kept for kept in page if since is None or kept.source.added_at >= since]
        found |= {kept.source.id: kept for kept in late}
        if len(late) < len(page):
            break
        offset += _PAGE
    return list(found.values())


async def _change(runtime: Runtime, actor: Actor, ask: Asker, kept: KeptFeedback) -> Change:
    said, question, before = kept.feedback, kept.source.title, ""
    now: Mapping[str, Any] = {}
    failure = (
        None if question else Failure("feedback", "NoQuestion", "who reads the correction may not know what was asked")
    )
    try:
        run = await runtime.get_run(actor, said.thread_id, said.run_id)
        before = (await exchange_of(runtime, actor, run)).answer
        now = await ask(question) if question else {}
    except (GraphFailure, MemoryFailure) as problem:
        failure = Failure("run", type(problem).__name__, str(problem))
    cited = any(citation["source_id"] == kept.source.id for citation in now.get("citations", ()))
    return Change(
        kept.source.id,
        said.run_id,
        said.thread_id,
        said.by,
        said.correction,
        question,
        before,
        now=str(now.get("answer", "")),
        cited=cited,
        failure=failure,
    )
