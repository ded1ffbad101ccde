"""Which step comes next. Pure functions of the state: nothing else branches."""

from __future__ import annotations

from typing import Literal

from stemma.graphs.answer.state import AnswerState

MOST_RECALLS = 3
"""The first look-up and at most two rewritten ones."""
MOST_DRAFTS = 2
"""A draft, and another one when sentences failed."""


def after_grade(state: AnswerState) -> Literal["generate", "rewrite", "abstain"]:
    """Generate from sufficient evidence; otherwise look further while that is allowed; then make do or abstain."""
    evidence = state["evidence"]
    if evidence["sufficient"]:
        return "generate"
    if len(state["queries"]) < MOST_RECALLS:
        return "rewrite"
    return "generate" if evidence["enough"] else "abstain"


def after_rewrite(state: AnswerState) -> Literal["recall", "generate", "abstain"]:
    """Recall again, unless there is no other query: then make do or abstain."""
    if state["query"]:
        return "recall"
    return "generate" if state["evidence"]["enough"] else "abstain"


def after_verify(state: AnswerState) -> Literal["learn", "generate", "abstain"]:
    """As `verify` decided: "answer", "again" or "nothing"."""
    routes: dict[str, Literal["learn", "generate", "abstain"]] = {"answer": "learn", "again": "generate"}
    return routes.get(state["verdict"], "abstain")


def after_abstain(state: AnswerState) -> Literal["learn", "end"]:
    """Sentences that failed the check still go to quarantine."""
    return "learn" if state["rejected"] else "end"
