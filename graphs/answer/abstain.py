"""Step `abstain`: say that there is no answer, and why. It refuses to guess."""

from __future__ import annotations

from langgraph.runtime import Runtime

from stemma.graphs.answer.composing import NOTHING
from stemma.graphs.answer.context import AnswerContext, tell
from stemma.graphs.answer.state import AnswerState
from stemma.graphs.answer.verify import answer_message


async def abstain(state: AnswerState, runtime: Runtime[AnswerContext]) -> AnswerState:
    """End the turn without an answer."""
    reason = why(state)
    answer = f"{NOTHING} ({reason})"
    entry = tell(runtime, "abstain", f"no answer: {reason}", reason=reason)
    update = AnswerState(
        answer=answer,
        short_answer="",
        citations=[],
        abstained=True,
        reason=reason,
        steps=[*state["steps"], entry],
    )
    if state["chat"]:
        update["messages"] = [answer_message(answer, [], state["model"])]
    return update


def why(state: AnswerState) -> str:
    """The reason, for a person."""
    if not state["passages"]:
        return "memory holds nothing on it"
    if state["rejected"]:
        return "no sentence of the draft holds against what it cites"
    if not state["evidence"].get("enough"):
        missing = ", ".join(state["evidence"].get("missing", [])[:5])
        looked = f"{len(state['passages'])} passages in {len(state['queries'])} look-ups do not cover the question"
        return looked + (f"; missing: {missing}" if missing else "")
    return "no passage states an answer"
