"""Step `verify`: every sentence of the draft against the passages that it cites.

Decides what may be said: sentences that their passages support. What fails is remembered for quarantine. It refuses
sentences that cite nothing, however true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from stemma.graphs.answer.composing import compose
from stemma.graphs.answer.context import AnswerContext, tell
from stemma.graphs.answer.routing import MOST_DRAFTS
from stemma.graphs.answer.state import AnswerState
from stemma.memory.grounding.check import check


async def verify(state: AnswerState, runtime: Runtime[AnswerContext]) -> AnswerState:
    """Check the draft; with the last draft, or when all of it holds, compose the answer."""
    checks = [_checked(sentence, state) for sentence in state["draft"]]
    kept = [sentence for sentence in checks if sentence["supported"]]
    failed = [sentence for sentence in checks if not sentence["supported"]]
    verdict = judge(kept, failed, state["generations"])
    entry = tell(runtime, "verify", _said(kept, failed, verdict), checks=checks, verdict=verdict)
    update = AnswerState(
        kept=kept,
        rejected=_unique([*state["rejected"], *failed]),
        verdict=verdict,
        steps=[*state["steps"], entry],
    )
    if verdict != "answer":
        return update
    answer, citations = compose(kept, state["passages"])
    update["answer"] = answer
    update["citations"] = citations
    update["short_answer"] = state["draft_short"]
    if state["chat"]:
        update["messages"] = [answer_message(answer, citations, state["model"])]
    return update


def judge(kept: Sequence[Any], failed: Sequence[Any], generations: int) -> str:
    """All hold, or some do in the last draft: "answer". Another draft: "again". None holds: "nothing"."""
    if kept and not failed:
        return "answer"
    if failed and generations < MOST_DRAFTS:
        return "again"
    return "answer" if kept else "nothing"


def answer_message(answer: str, citations: list[dict[str, Any]], model: str) -> AIMessage:
    """The answer as a chat message, with its citations and the model's name."""
    return AIMessage(
        content=answer, additional_kwargs={"citations": citations}, response_metadata={"model_name": model}
    )


def _checked(sentence: dict[str, Any], state: AnswerState) -> dict[str, Any]:
    cited = [passage for passage in state["passages"] if passage["n"] in sentence["cites"]]
    if not cited:
        return {**sentence, "supported": False, "score": 0.0, "reasons": ["it cites nothing"]}
    evidence = [f"{passage['title']}. {passage['text']}" if passage["title"] else passage["text"] for passage in cited]
    grounding = check(sentence["text"], evidence, question=state["question"])
    return {
        **sentence,
        "supported": grounding.supported,
        "score": float(grounding.score),
        "reasons": list(grounding.reasons),
    }


def _unique(rejected: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({sentence["text"]: sentence for sentence in rejected}.values())


def _said(kept: Sequence[dict[str, Any]], failed: Sequence[dict[str, Any]], verdict: str) -> str:
    if not kept and not failed:
        return "there is no draft to check"
    said = f"{len(kept)} of {len(kept) + len(failed)} sentences hold against what they cite"
    if failed:
        said += f"; failed: “{failed[0]['text']}” ({', '.join(failed[0]['reasons'])})"
    return said + {"answer": "", "again": "; draft again", "nothing": "; nothing is left to say"}[verdict]
