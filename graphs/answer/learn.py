"""Step `learn`: write the answer to memory, with what it used, what it states, and what failed the check.

Decides which sentences become claims: those that passed, each derived from the passages it cites, and in quarantine
those that failed. Which of them memory knows already, memory decides. Ids come from the run and this step, and from
the claims' texts, so that a step run again, a replay or a fork writes the same rows.

Decides also what an answer *used*, and is tainted with: for a language model everything that it was given to read,
cited or not, because nobody can tell what it took from where; for the extractive model, which says nothing but quotes,
what it quoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import Runtime

from stemma.graphs.answer.composing import locate
from stemma.graphs.answer.context import AnswerContext, tell
from stemma.graphs.answer.state import AnswerState
from stemma.memory.identifiers import answer_id
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.model import Answer, Use

STEP = "learn"


async def learn(state: AnswerState, runtime: Runtime[AnswerContext]) -> AnswerState:
    """Store the answer and its claims, unless the context says not to. Raises `MemoryFailure`."""
    context = runtime.context
    if not context.learn:
        entry = tell(runtime, STEP, "nothing is written back: learning is off for this run")
        return AnswerState(steps=[*state["steps"], entry])
    claims = learned_claims(state, f"{STEP}/{state['model']}")
    stored = await context.memory.learn(context.scope, _answer(state, runtime), claims)
    quarantined = sum(claim.quarantined for claim in claims)
    said = f"stored the answer with {len(stored.asserts)} claims"
    if quarantined:
        said += f"; {quarantined} sentences that failed the check went to quarantine"
    entry = tell(runtime, STEP, said, answer_id=stored.id, claims=list(stored.asserts), quarantined=quarantined)
    return AnswerState(answer_id=stored.id, steps=[*state["steps"], entry])


def learned_claims(state: AnswerState, extractor: str) -> list[LearnedClaim]:
    """The claims of a turn: kept sentences, then the rejected ones that were not kept after all, in quarantine."""
    kept = [] if state["abstained"] else state["kept"]
    said = {sentence["text"] for sentence in kept}
    rejected = [sentence for sentence in state["rejected"] if sentence["text"] not in said]
    claims = [_claim(sentence, state["passages"], extractor, quarantined=False) for sentence in kept]
    return claims + [_claim(sentence, state["passages"], extractor, quarantined=True) for sentence in rejected]


def _claim(
    sentence: dict[str, Any], passages: Sequence[dict[str, Any]], extractor: str, *, quarantined: bool
) -> LearnedClaim:
    cited = [passage for passage in passages if passage["n"] in sentence["cites"]]
    return LearnedClaim(
        text=sentence["text"],
        antecedents=tuple(_quote(sentence["text"], passage) for passage in cited),
        confidence=sentence["score"],
        quarantined=quarantined,
        reason="; ".join(sentence["reasons"]) if quarantined else "",
        extractor=extractor,
        step=STEP,
    )


def _quote(text: str, passage: dict[str, Any]) -> Antecedent:
    start, end = locate(text, passage["text"])
    return Antecedent(passage["id"], passage["text"][start:end], start, end)


def used(state: AnswerState, *, extractive: bool) -> tuple[Use, ...]:
    """What the answer may rest on, in the order of recall."""
    quoted = {n for sentence in (*state["kept"], *state["rejected"]) for n in sentence["cites"]}
    return tuple(
        Use(passage["id"], passage["n"], passage["score"])
        for passage in state["passages"]
        if passage["relevant"] and (passage["n"] in quoted or not extractive)
    )


def _answer(state: AnswerState, runtime: Runtime[AnswerContext]) -> Answer:
    info = runtime.execution_info
    run_id = (info.run_id or info.task_id) if info else ""
    scope = runtime.context.scope
    return Answer(
        id=answer_id(scope, run_id, STEP),
        scope=scope,
        text=state["answer"],
        run_id=run_id,
        thread_id=(info.thread_id or "") if info else "",
        checkpoint_id=info.checkpoint_id if info else "",
        question=state["question"],
        recorded_at=datetime.now(UTC),
        model=state["model"],
        used=used(state, extractive=runtime.context.model.extractive),
    )
