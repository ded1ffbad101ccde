"""How a question and numbered passages are put to a chat model, and read back from such a prompt.

Decides the layout: one content block for the question and one for each passage, so that nothing in a passage's text can
pass for another passage. The same layout goes to every provider; only the extractive model reads it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from stemma.graphs.models.selection import Excerpt

_QUESTION = "Question: "
_REJECTED = "Rejected, do not say it again: "
_PASSAGE = re.compile(r"\[(\d{1,4})\] ([^\n]*)\n(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExtractivePrompt:
    """A prompt read back."""

    question: str
    excerpts: tuple[Excerpt, ...]
    rejected: frozenset[str] = frozenset()


def write_prompt(
    instruction: str,
    question: str,
    excerpts: Sequence[Excerpt],
    *,
    rejected: Sequence[str] = (),
    attachments: Sequence[dict[str, Any]] = (),
) -> list[BaseMessage]:
    """The messages for a model: what to do, the question, each passage in a block of its own, then attachments."""
    blocks: list[str | dict[str, Any]] = [_text(_QUESTION + question)]
    blocks += [_text(f"[{excerpt.n}] {' '.join(excerpt.title.split())}\n{excerpt.text}") for excerpt in excerpts]
    blocks += [_text(_REJECTED + sentence) for sentence in rejected]
    blocks += list(attachments)
    return [SystemMessage(instruction), HumanMessage(content=blocks)]


def plain_prompt(text: str) -> list[BaseMessage]:
    """The messages for a prompt that somebody else laid out, as it is."""
    return [HumanMessage(text)]


def read_prompt(messages: Sequence[BaseMessage]) -> ExtractivePrompt | None:
    """The prompt in the last message; None when `write_prompt` did not make it."""
    content = messages[-1].content if messages else ""
    if not isinstance(content, list):
        return None
    texts = [str(block.get("text", "")) for block in content if isinstance(block, dict) and block.get("type") == "text"]
    if not texts or not texts[0].startswith(_QUESTION):
        return None
    passages = [match for text in texts[1:] if (match := _PASSAGE.fullmatch(text))]
    return ExtractivePrompt(
        question=texts[0].removeprefix(_QUESTION),
        excerpts=tuple(Excerpt(int(match[1]), match[2], match[3]) for match in passages),
        rejected=frozenset(text.removeprefix(_REJECTED) for text in texts[1:] if text.startswith(_REJECTED)),
    )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
