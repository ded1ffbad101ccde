"""From one run's final state to its scores. Pure: what the state says, what the case knows, what memory holds.

Decides which metrics are due to a case: rank and citation metrics where gold is known, exact match and token F1 where
right answers are, trajectory and tool calls where the case says what is right, abstention always. An answer that
abstains scores 0 in exact match and token F1 (it had a right answer) and has no citations to judge. `token_f1` scores
the short answer that the graph gives beside its cited prose; `answer_token_f1` scores the prose itself, which is what a
sentence baseline should be compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stemma.evals.case import Case, Score
from stemma.evals.metrics.answer import (
    Quotation,
    citation_precision,
    citation_recall,
    exact_match,
    is_verbatim,
    token_f1,
    without_marks,
)
from stemma.evals.metrics.rank import rank_metrics, rank_scores
from stemma.evals.metrics.trajectory import step_order, step_precision, tool_call_f1, tool_call_order
from stemma.evals.recording import Recording

State = Mapping[str, Any]
ANSWER = ("exact_match", "token_f1", "answer_token_f1")
STEPS = ("step_order", "step_precision")
TOOLS = ("tool_call_f1", "tool_call_order")


def due(case: Case, k: int) -> tuple[str, ...]:
    """The metrics in which a failed run of this case counts as 0.

    `abstained` is among them as neither good nor bad: a failed run did not abstain. `citation_verbatim` is not: a run
    that said nothing misquoted nothing.
    """
    metrics: tuple[str, ...] = ()
    if case.answers:
        metrics += ANSWER
    if case.gold:
        metrics += ("citation_precision", "citation_recall")
    metrics += ("abstained", "abstention_accuracy")
    if case.gold:
        metrics += rank_metrics(k)
    if case.steps is not None:
        metrics += STEPS
    if case.tools is not None:
        metrics += TOOLS
    return metrics


def scores_of(case: Case, state: State, texts: Mapping[str, str], k: int) -> tuple[Score, ...]:
    """Every score of a finished run; `texts` holds the stored text of each cited item by its id."""
    return tuple(_scores(case, state, texts, k))


def trajectory_scores(case: Case, recording: Recording) -> tuple[Score, ...]:
    """How the run went, as far as the case says how it should have gone."""
    happened = [step.name for step in recording.steps]
    found: list[Score] = []
    if case.steps is not None:
        values = (step_order(happened, case.steps), step_precision(happened, case.steps))
        reason = f"{' > '.join(happened)}; expected {' > '.join(case.steps)}" if min(values) < 1 else ""
        found += [Score(metric, value, reason) for metric, value in zip(STEPS, values, strict=True)]
    if case.tools is not None:
        calls = recording.tool_calls
        reason = f"called {', '.join(call.name for call in calls) or 'no tool'}"
        values = (tool_call_f1(calls, case.tools), tool_call_order(calls, case.tools))
        found += [
            Score(metric, value, reason if value < 1 else "") for metric, value in zip(TOOLS, values, strict=True)
        ]
    return tuple(found)


def said(state: State) -> str:
    """What exact match and token F1 look at: the short answer, or the prose where the graph gave none."""
    if state.get("abstained"):
        return ""
    return str(state.get("short_answer") or without_marks(str(state.get("answer", ""))))


def _scores(case: Case, state: State, texts: Mapping[str, str], k: int) -> Iterator[Score]:
    abstained = bool(state.get("abstained"))
    citations = [] if abstained else list(state.get("citations", ()))
    if case.answers:
        prose = "" if abstained else str(state.get("answer", ""))
        yield Score("exact_match", exact_match(said(state), case.answers))
        yield Score("token_f1", token_f1(said(state), case.answers))
        yield Score("answer_token_f1", token_f1(prose, case.answers))
    if case.gold and not abstained:
        cited = [str(citation.get("document_id", "")) for citation in citations]
        yield Score("citation_precision", citation_precision(cited, case.gold))
        yield Score("citation_recall", citation_recall(cited, case.gold))
    if citations:
        yield _verbatim(citations, texts)
    yield Score("abstained", float(abstained))
    yield Score("abstention_accuracy", float(abstained != case.answerable))
    if case.gold:
        ranked = [str(passage.get("document_id", "")) for passage in state.get("passages", ())]
        yield from (Score(metric, value) for metric, value in rank_scores(ranked, case.gold, k).items())


def _verbatim(citations: list[State], texts: Mapping[str, str]) -> Score:
    wrong = [citation for citation in citations if not _holds(citation, texts)]
    reason = "; ".join(f"[{citation.get('n')}] {citation.get('quote', '')!r}" for citation in wrong)
    return Score("citation_verbatim", 1 - len(wrong) / len(citations), reason and f"not verbatim: {reason}")


def _holds(citation: State, texts: Mapping[str, str]) -> bool:
    text = texts.get(str(citation.get("id")))
    if text is None:
        return False
    return is_verbatim(Quotation(str(citation["quote"]), int(citation["start"]), int(citation["end"])), text)
