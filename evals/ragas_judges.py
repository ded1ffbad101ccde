"""Who answers the questions that a Ragas metric asks: a language model, or our own verifier presented as one.

Ragas' metrics want an object with `agenerate(prompt, response_model)`. Decides what a usable answer is: rubbish, a
verdict that is neither 0 nor 1, and fewer verdicts than statements (Ragas would take the mean over those that came) are
asked again and then fail. It never imports Ragas, and never guesses: the verifier refuses what it was not made for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NoReturn, Protocol, TypeVar

from pydantic import BaseModel

from stemma.evals.errors import NoVerdict
from stemma.evals.metrics.faithfulness import statements_of, verdict_on
from stemma.graphs.models.prompt import plain_prompt
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.ports import Embedder

Shape = TypeVar("Shape", bound=BaseModel)
VERIFIER = "verifier"
_GIVEN = "\ninput: "
_END = "\nOutput:"
_FLAGS = ("verdict", "attributed", "noncommittal")


class Judge(Protocol):
    """What Ragas asks."""

    @property
    def name(self) -> str:
        """ "provider:model", or "verifier"."""

    async def agenerate(self, prompt: str, response_model: type[Shape]) -> Shape:
        """An answer of the shape. Raises `ModelFailure`, `NoVerdict`."""


class ModelJudge:
    """A chat model, with the time limit and attempts that GRAPHS_MODEL_TIMEOUT and GRAPHS_MODEL_ATTEMPTS say."""

    def __init__(self, model: ReasoningModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    async def agenerate(self, prompt: str, response_model: type[Shape]) -> Shape:
        objection = partial(objection_to, asked=given_in(prompt) or {})
        return await self._model.shaped(response_model, plain_prompt(prompt), objection=objection)

    def generate(self, prompt: str, response_model: type[Shape]) -> NoReturn:
        """Ragas' blocking face, which nothing here calls."""
        raise NotImplementedError("this judge is asynchronous: agenerate")


class VerifierJudge:
    """Our check of sentences against evidence: statements are sentences, verdicts are its yes or no. No model."""

    @property
    def name(self) -> str:
        return VERIFIER

    async def agenerate(self, prompt: str, response_model: type[Shape]) -> Shape:
        """Answers the two prompts of Faithfulness: take an answer apart, and judge statements against a context."""
        given = given_in(prompt) or {}
        if "answer" in given:
            return response_model.model_validate({"statements": statements_of(str(given["answer"]))})
        if "statements" in given and "context" in given:
            verdicts = [_verdict(str(each), str(given["context"])) for each in given["statements"]]
            return response_model.model_validate({"statements": verdicts})
        raise NoVerdict("the verifier only judges statements against a context", hint="name a model: --model")

    def generate(self, prompt: str, response_model: type[Shape]) -> NoReturn:
        """Ragas' blocking face, which nothing here calls."""
        raise NotImplementedError("this judge is asynchronous: agenerate")


def _verdict(statement: str, context: str) -> dict[str, object]:
    found = verdict_on(statement, context)
    return {"statement": statement, "reason": "; ".join(found.reasons), "verdict": int(found.supported)}


def given_in(prompt: str) -> dict[str, Any] | None:
    """The input that a prompt of Ragas' holds: the JSON object after its last "input: ". None when there is none.

    No text in the input can pass for the end of it: in JSON a line break is written as two characters.
    """
    _, found, rest = prompt.rpartition(_GIVEN)
    if not found:
        return None
    try:
        given = json.loads(rest.rpartition(_END)[0] or rest)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def objection_to(answer: BaseModel, *, asked: dict[str, Any]) -> str:
    """What is wrong with a judge's answer that has the right shape; empty when nothing is."""
    said = answer.model_dump()
    wrong = [f"{name} is {value!r}, not 0 or 1" for name, value in _flags(said) if str(value) not in ("0", "1")]
    if wrong:
        return wrong[0]
    statements, verdicts = asked.get("statements"), said.get("statements")
    if isinstance(statements, list) and isinstance(verdicts, list) and len(statements) != len(verdicts):
        return f"{len(verdicts)} verdicts for {len(statements)} statements: give one for each, in order"
    return ""


def _flags(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _FLAGS:
                yield name, inner
            else:
                yield from _flags(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flags(inner)


class Vectors:
    """Memory's embedder with the face that Ragas' metrics want.

    Two of them read vectors without awaiting: `prepare` has to embed those texts before.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._ready: dict[str, list[float]] = {}

    async def prepare(self, texts: Sequence[str]) -> None:
        """Embed what `embed_text` will be asked for. Raises `EmbedderUnavailable`."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._ready]
        vectors = await self._embedder.embed(missing)
        self._ready |= {text: list(vector) for text, vector in zip(missing, vectors, strict=True)}

    def embed_text(self, text: str, **_: object) -> list[float]:
        """A vector that was prepared. Raises KeyError for another."""
        return self._ready[text]

    async def aembed_text(self, text: str, **_: object) -> list[float]:
        await self.prepare([text])
        return self._ready[text]

    async def aembed_texts(self, texts: Sequence[str], **_: object) -> list[list[float]]:
        await self.prepare(texts)
        return [self._ready[text] for text in texts]
