"""Feedback on a run: who may give it, on which run, and whose memory it goes to.

Decides that only an ended run of the actor's tenant can be judged, and that feedback belongs to the actor's own scope:
one user's correction is theirs alone, that of an actor who is no particular user is everybody's. What is stored, and
what a correction takes the place of, stands in `memory/feedback.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stemma.graphs.answer.learn import STEP
from stemma.graphs.errors import InvalidRequest, NotFound, RunActive, RunFailed
from stemma.graphs.policy import Actor, Permission, memory_scope, require
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import UnknownItem
from stemma.memory.feedback import Feedback, KeptFeedback, keep_feedback, list_feedback
from stemma.memory.identifiers import answer_id
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Scope

THUMBS = {"up": 1.0, "down": 0.0}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody says about a run; one of the three at least."""

    score: float | None = None
    correction: str = ""
    comment: str = ""
    by: str = ""
    """Whose opinion it is; empty: the actor's."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer; empty where there is none."""

    question: str = ""
    answer: str = ""


async def give_feedback(
    runtime: Runtime, memory: LongTermMemory, actor: Actor, thread_id: str | None, run_id: str, opinion: Opinion
) -> KeptFeedback:
    """Keep an opinion on a run. The same one again changes nothing.

    Raises `Forbidden`, `UnknownRun`, `RunActive`, `InvalidRequest`, and what `keep_feedback` raises.
    """
    require(actor, Permission.FEEDBACK_WRITE)
    run = await runtime.get_run(actor, thread_id, run_id)
    if not run.status.ended:
        raise RunActive(f"run {run_id} is {run.status}", hint="wait for its end: GET …/join, or stemma runs show RUN")
    scope = memory_scope(actor)
    try:
        feedback = Feedback(
            run.run_id, run.thread_id, opinion.by or actor.signature, opinion.score, opinion.correction, opinion.comment
        )
    except ValueError as problem:
        raise InvalidRequest(str(problem), hint="a score in [0, 1], a correction or a comment") from problem
    asked = memory_scope(Actor(run.tenant, run.user))
    told = asked.audience in scope.audiences()  # what one user asked is not told to everyone
    question = (await exchange_of(runtime, actor, run)).question if told else ""
    answer = await _answer_of(memory, scope, asked, run)
    return await keep_feedback(memory, scope, feedback, question=question, answer=answer)


async def feedback_on(
    runtime: Runtime,
    memory: LongTermMemory,
    actor: Actor,
    thread_id: str | None,
    run_id: str,
    *,
    limit: int = 20,
    offset: int = 0,
) -> tuple[list[KeptFeedback], int]:
    """A page of the feedback on a run that the actor may see, newest first, and how much there is in all.

    Raises `Forbidden`, `UnknownRun`, and what the store raises.
    """
    run = await runtime.get_run(actor, thread_id, run_id)
    return await list_feedback(memory, memory_scope(actor), run.run_id, limit=limit, offset=offset)


def score_of(text: str) -> float:
    """ "up", "down" or a number in [0, 1]. Raises `InvalidRequest`."""
    try:
        score = THUMBS[text] if text in THUMBS else float(text)
    except ValueError:
        score = -1.0
    if not 0.0 <= score <= 1.0:
        raise InvalidRequest(f"{text!r} is no score", field="score", hint="up, down, or a number from 0 to 1")
    return score


async def exchange_of(runtime: Runtime, actor: Actor, run: Run) -> Exchange:
    """What an ended run was asked and what it said, as far as its graph has a `question` and an `answer`."""
    try:
        values = await runtime.join(actor, run.thread_id, run.run_id)
    except (RunFailed, NotFound):  # it has no values, or its graph is not served here
        return Exchange()
    found = values if isinstance(values, Mapping) else {}
    return Exchange(*(text if isinstance(text := found.get(name), str) else "" for name in ("question", "answer")))


async def _answer_of(memory: LongTermMemory, scope: Scope, asked: Scope, run: Run) -> Answer | None:
    """What the run's `learn` step stored, as far as the scope sees or owns it; None where a run stored nothing."""
    reading = asked if scope.owns(asked.audience) else scope
    try:
        found = await memory.item(reading, answer_id(asked, run.run_id, STEP))
    except UnknownItem:
        return None
    return found if isinstance(found, Answer) else None
