"""Step `normalise`: text, chat messages or a JSON event become one question.

Decides which part of the input asks, and names what it cannot read. It refuses an input that asks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.runtime import Runtime

from stemma.graphs.answer.context import AnswerContext, tell
from stemma.graphs.answer.state import AnswerState
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.models.question import analyse

LONGEST = 4_000
"""Characters of a question that are read; a longer one is cut, and that is said."""
_ASKING_KEYS = ("question", "query", "prompt", "text", "message", "content", "body", "description", "subject", "title")
_NESTED_KEYS = ("event", "data", "payload", "input")
_PRONOUN = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|that|this|these|those|there|one)\b", re.IGNORECASE
)
_SPACE = re.compile(r"\s+")


async def normalise(state: AnswerState, runtime: Runtime[AnswerContext]) -> AnswerState:
    """Read the turn's input and reset everything that belongs to a turn. Raises `InvalidRequest`."""
    content, chat, message_id = newest(state)
    text, attachments = read_content(content)
    question = _SPACE.sub(" ", text).strip()
    if not question:
        raise InvalidRequest(
            "the input asks nothing", field="input", hint='send {"question": "…"}, {"messages": […]} or {"event": {…}}'
        )
    unsupported = [
        f"{block.get('type', 'block')}: kept, not read by {runtime.context.model.name}"
        for block in attachments
        if not runtime.context.model.takes(str(block.get("type", "")))
    ]
    if len(question) > LONGEST:
        unsupported.append(f"text: only the first {LONGEST:,} of {len(question):,} characters are read")
        question = question[:LONGEST].rstrip()
    query = follow_up(question, _earlier(state, chat))
    said = f"the question is: {question}"
    if query != question:
        said += f" (looked up as: {query})"
    steps = [tell(runtime, "normalise", said, question=question, query=query, unsupported=unsupported)]
    return _fresh(question, query, chat, message_id, attachments, unsupported, steps, runtime.context.model.name)


def newest(state: Mapping[str, Any]) -> tuple[Any, bool, str]:
    """The content that asks, whether it is a chat message, and that message's id.

    An event wins (it is cleared once read), then a question that changed, then a human message not read yet, then the
    same question again.
    """
    if state.get("event") is not None:
        return event_question(state["event"]), False, ""
    question = state.get("question")
    if question and question != state.get("asked"):
        return question, False, ""
    last = _last_human(state.get("messages") or [])
    if last is not None and (not question or last.id != state.get("answered")):
        return last.content, True, last.id or ""
    return question or "", False, ""


def event_question(event: Mapping[str, Any], depth: int = 0) -> Any:
    """What an event asks: its best-named text or blocks, looked for in `event`, `data`, `payload`, `input` as well;
    otherwise all its plain values, one "key: value" after the other."""
    for key in _ASKING_KEYS:
        value = event.get(key)
        if (isinstance(value, str) and value.strip()) or (isinstance(value, list) and read_content(value)[0].strip()):
            return value
    for key in _NESTED_KEYS:
        nested = event.get(key)
        if isinstance(nested, Mapping) and depth < len(_NESTED_KEYS):
            found = event_question(nested, depth + 1)
            if found:
                return found
    plain = {key: value for key, value in event.items() if isinstance(value, str | int | float) and str(value).strip()}
    return ". ".join(f"{key}: {value}" for key, value in plain.items())


def read_content(content: Any) -> tuple[str, list[dict[str, Any]]]:
    """The text of a message's content, and the blocks that are not text, as they came."""
    if isinstance(content, str):
        return content, []
    texts: list[str] = []
    others: list[dict[str, Any]] = []
    for block in content if isinstance(content, Sequence) else ():
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, Mapping) and block.get("type", "text") == "text" and isinstance(block.get("text"), str):
            texts.append(block["text"])
        elif isinstance(block, Mapping):
            others.append({str(key): value for key, value in block.items()})
    return "\n".join(texts), others


def follow_up(question: str, earlier: str) -> str:
    """What to look up: a question that names nothing and says "he" or "it" borrows the names of the one before."""
    if not earlier or analyse(question).names or not _PRONOUN.search(question):
        return question
    names = analyse(earlier).names
    return f"{question} ({', '.join(names)})" if names else question


def _earlier(state: AnswerState, chat: bool) -> str:
    if not chat:
        return state.get("asked", "")
    said = [read_content(m.content)[0] for m in state.get("messages", []) if isinstance(m, HumanMessage)]
    return said[-2] if len(said) > 1 else ""


def _last_human(messages: Sequence[AnyMessage]) -> HumanMessage | None:
    return next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)


def _fresh(
    question: str,
    query: str,
    chat: bool,
    message_id: str,
    attachments: list[dict[str, Any]],
    unsupported: list[str],
    steps: list[dict[str, str]],
    model: str,
) -> AnswerState:
    return AnswerState(
        question=question,
        asked=question,
        answered=message_id,
        chat=chat,
        event=None,
        attachments=attachments,
        unsupported=unsupported,
        query=query,
        queries=[],
        passages=[],
        evidence={},
        draft=[],
        draft_short="",
        generations=0,
        verdict="",
        kept=[],
        rejected=[],
        answer="",
        short_answer="",
        citations=[],
        abstained=False,
        reason="",
        model=model,
        steps=steps,
        answer_id="",
    )
