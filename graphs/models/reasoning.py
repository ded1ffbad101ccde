"""A chat model as the steps use it: bounded in time and in attempts, with answers of a known shape.

Decides when a call has failed (an exception, no answer in time, an answer of the wrong shape), how often it is tried
again, and that the end is always an answer or `ModelFailure`. It refuses to wait for a call that does not stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.utils.json import parse_json_markdown
from pydantic import BaseModel, ValidationError

from stemma.graphs.errors import ModelFailure

Shape = TypeVar("Shape", bound=BaseModel)
_Result = TypeVar("_Result")

_HOPELESS = (400, 401, 403, 404, 422)
"""HTTP statuses that a second attempt would not change: a wrong key, a wrong name, a request the provider refuses."""
_LONGEST_PAUSE = 8.0


@dataclass(frozen=True, slots=True)
class ReasoningModel:
    """A chat model with its limits. `name` is what answers say about their origin."""

    name: str
    chat: BaseChatModel
    extractive: bool = False
    """Rules instead of a language model: steps take their rule-based path."""
    timeout: float = 60.0
    """Seconds that one attempt may take."""
    attempts: int = 3
    """How often a call is tried in all."""
    pause: float = 0.5
    """Seconds before the second attempt; doubled before each further one."""

    def takes(self, block_type: str) -> bool:
        """Whether the model's profile says that it reads this type of content block (text: always)."""
        profile: dict[str, Any] = dict(self.chat.profile or {})
        return block_type == "text" or bool(profile.get(f"{block_type.removesuffix('_url')}_inputs"))

    async def say(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """One message. Raises `ModelFailure`."""

        async def attempt(_: str) -> AIMessage:
            return await self.chat.ainvoke(list(messages))

        return await self._tried(attempt)

    async def shaped(
        self, shape: type[Shape], messages: Sequence[BaseMessage], *, objection: Callable[[Shape], str] = lambda _: ""
    ) -> Shape:
        """An answer of the given shape, to which there is no objection ("" is none).

        The model is told what was wrong with its last one. Raises `ModelFailure`.
        """

        async def attempt(complaint: str) -> Shape:
            asked = self.chat.with_structured_output(shape, include_raw=True)
            told = [HumanMessage(f"The last answer could not be used: {complaint}")] if complaint else []
            answer = _read(shape, await asked.ainvoke([*messages, *told]))
            if objection(answer):
                raise OutputParserException(objection(answer))
            return answer

        return await self._tried(attempt)

    async def _tried(self, attempt: Callable[[str], Awaitable[_Result]]) -> _Result:
        failure: BaseException | None = None
        for ordinal in range(self.attempts):
            if ordinal:
                await asyncio.sleep(min(self.pause * 2 ** (ordinal - 1), _LONGEST_PAUSE))
            outcome = await _outcome(attempt(_complaint(failure)), self.timeout)
            if not isinstance(outcome, _Failed):
                return outcome
            failure = outcome.error
            if isinstance(failure, NotImplementedError) or getattr(failure, "status_code", None) in _HOPELESS:
                break
        raise ModelFailure(
            f"{self.name} gave no usable answer in {ordinal + 1} attempts: {_described(failure)}",
            hint="check the model's name and key, or raise GRAPHS_MODEL_TIMEOUT / GRAPHS_MODEL_ATTEMPTS",
        ) from failure


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


async def _outcome(call: Awaitable[_Result], timeout: float) -> _Result | _Failed:
    """The call's result or how it failed, as a value: which classes a provider raises is not known here.

    A call that ignores its cancellation is left behind, not waited for.
    """
    task = asyncio.ensure_future(call)
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout)
    finally:
        task.cancel()
    if not done:
        task.add_done_callback(_forget)
        return _Failed(TimeoutError(f"no answer within {timeout:g} s"))
    if task.cancelled():
        return _Failed(TimeoutError("the call was cancelled by the provider's client"))
    error = task.exception()
    if error is None:
        return task.result()
    if isinstance(error, Exception):
        return _Failed(error)
    raise error


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


def _read(shape: type[Shape], answer: Any) -> Shape:
    """The parsed answer, or what JSON its text holds. Raises `OutputParserException` or `ValidationError`."""
    parsed = answer.get("parsed") if isinstance(answer, dict) else answer
    if isinstance(parsed, shape):
        return parsed
    if isinstance(parsed, dict):
        return shape.model_validate(parsed)
    raw = answer.get("raw") if isinstance(answer, dict) else None
    if isinstance(raw, AIMessage) and raw.text:
        return shape.model_validate(parse_json_markdown(raw.text))
    error = answer.get("parsing_error") if isinstance(answer, dict) else None
    raise OutputParserException(str(error or "no structured answer"))


def _complaint(failure: BaseException | None) -> str:
    return str(failure)[:500] if isinstance(failure, ValidationError | OutputParserException | ValueError) else ""


def _described(failure: BaseException | None) -> str:
    text = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {text[0][:300]}" if text else type(failure).__name__
