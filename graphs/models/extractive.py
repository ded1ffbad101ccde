"""The offline chat model: it quotes the sentences that best support an answer and cites them. It does not reason.

Decides nothing itself (`question.py`, `selection.py`, `short_answer.py` do); it is the LangChain face of those rules,
so that tokens stream and everything that takes a chat model takes this one. It reads only a prompt made by `prompt.py`,
and refuses to answer anything else: no numbered passages, no answer.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from typing_extensions import override

from stemma.graphs.models.prompt import ExtractivePrompt, read_prompt
from stemma.graphs.models.question import analyse
from stemma.graphs.models.selection import Quote, select
from stemma.graphs.models.short_answer import short_answer

NAME = "extractive"
ABSTENTION = "None of the passages supports an answer."
_TOKEN = re.compile(r"\S+\s*")


class ExtractiveChatModel(BaseChatModel):
    """Deterministic, needs no network, counts no tokens.

    The message's text is the quotes with their marks, `Sentence one. [2] Sentence two. [5]`, or `ABSTENTION`; its
    `additional_kwargs` has them as values: {"quotes": [{"n", "text", "start", "end"}], "short_answer"}.
    """

    @property
    def _llm_type(self) -> str:
        return NAME

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, extra = _answer(read_prompt(messages))
        message = AIMessage(content=text, additional_kwargs=extra, response_metadata={"model_name": NAME})
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(messages):
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
            yield chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in _chunks(messages):
            if run_manager:
                await run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
            yield chunk


def _answer(prompt: ExtractivePrompt | None) -> tuple[str, dict[str, Any]]:
    quotes: list[Quote] = []
    short = ""
    if prompt is not None:
        question = analyse(prompt.question)
        quotes = [quote for quote in select(question, prompt.excerpts) if quote.text not in prompt.rejected]
        short = short_answer(question, quotes, prompt.excerpts)
    text = " ".join(f"{quote.text} [{quote.n}]" for quote in quotes) or ABSTENTION
    said = [{"n": quote.n, "text": quote.text, "start": quote.start, "end": quote.end} for quote in quotes]
    return text, {"quotes": said, "short_answer": short}


def _chunks(messages: list[BaseMessage]) -> Iterator[ChatGenerationChunk]:
    text, extra = _answer(read_prompt(messages))
    for token in _TOKEN.findall(text):
        yield ChatGenerationChunk(message=AIMessageChunk(content=token))
    last = AIMessageChunk(
        content="", additional_kwargs=extra, response_metadata={"model_name": NAME}, chunk_position="last"
    )
    yield ChatGenerationChunk(message=last)
