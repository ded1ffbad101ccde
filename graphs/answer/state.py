"""What the answer graph's checkpoints hold, what it takes, and what it gives.

Every value is plain (dict, list, str, int, float, bool) or a LangChain message, so that strict msgpack stores it.
`normalise` sets every key of a turn afresh: a thread's next question starts clean; only `messages` grows.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages


class AnswerInput(TypedDict, total=False):
    """One of the three; the newest wins when a thread has had several."""

    question: str | list[Any]
    """Text, or content blocks."""
    messages: Annotated[list[AnyMessage], add_messages]
    """A chat; the last human message is the question."""
    event: dict[str, Any] | None
    """A JSON event: its `question`, `query`, `text`, … is the question, otherwise all its values."""


class AnswerOutput(TypedDict, total=False):
    """What a run answers with."""

    question: str
    """The question as it was understood."""
    messages: Annotated[list[AnyMessage], add_messages]
    """The chat, with the answer as its last message when the question came as a chat message."""
    answer: str
    """For people: every sentence ends with the marks of what it rests on, [1] [2]; or why there is no answer."""
    short_answer: str
    """The shortest piece that answers, to be scored; empty when there is none or the graph abstained."""
    citations: list[dict[str, Any]]
    """{"n", "id", "title", "uri", "page", "sheet", "quote", "start", "end", "source_id", "document_id"}: `quote` is
    characters [start, end) of the passage `id`, verbatim; `page` counts from 1 and is null, `sheet` empty, where the
    source has none. Citations of one passage share their n."""
    abstained: bool
    reason: str
    """Why it abstained; empty otherwise."""
    model: str
    """What answered: "extractive", or provider:model."""
    passages: list[dict[str, Any]]
    """What was recalled, over all rounds: {"n", "id", "kind", "title", "text", "score", "parts", "uri", "page",
    "sheet", "source_id", "document_id", "round", "relevant", "grade", "why"}."""
    steps: list[dict[str, str]]
    """What happened, in order: {"step", "text"}."""
    unsupported: list[str]
    """Parts of the input that were kept and not read, each with its reason."""
    answer_id: str
    """The answer's id in memory; empty when nothing was learned."""


class AnswerState(AnswerOutput, total=False):
    """The whole state."""

    event: dict[str, Any] | None
    chat: bool
    """The question came as a chat message."""
    asked: str
    """The question that `normalise` last read, to tell a new one from an old one."""
    answered: str
    """Id of the chat message that `normalise` last read."""
    attachments: list[dict[str, Any]]
    """Content blocks that are not text, as they came."""
    query: str
    """What is recalled next."""
    queries: list[str]
    """What was recalled so far."""
    evidence: dict[str, Any]
    """The grade of all passages together: {"best", "union", "sufficient", "enough", "missing"}."""
    draft: list[dict[str, Any]]
    """{"text", "cites": [n]}: the sentences that `generate` wrote."""
    draft_short: str
    generations: int
    """How many drafts there were."""
    verdict: str
    """What `verify` decided: "answer", "again" or "nothing"."""
    kept: list[dict[str, Any]]
    """Sentences that passed: {"text", "cites", "score"}."""
    rejected: list[dict[str, Any]]
    """Sentences that failed, over all drafts: {"text", "cites", "score", "reason"}."""
