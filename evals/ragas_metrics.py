"""Ragas' own metrics over our rows. The only file that imports Ragas: it takes seconds and a quarter of a gigabyte.

Decides which class scores which name, and what it is given. Traps of Ragas 0.4.3 that are handled here, each with a
test; do not simplify them away:

1. The id-based and the non-LLM context metrics exist only in the old namespace; they know sets of ids and no rank.
2. A score may be NaN: that is no score, and raises. Cosines may be below 0, which counts as 0.
3. BLEU pairs the sentences of both sides by ". " and raises when they are not as many: it gets texts without ". ".
4. Tool F1 of no call where none was expected is 0; it is 1 here, as in tool accuracy.
5. Quoted-span alignment of an answer that quotes nothing is 1; it has no score here.
6. Noise sensitivity is better when it is less: it is turned round.
7. `single_turn_ascore` of the old namespace writes a user's id into the home folder, with the telemetry off too: what
   it wraps is called instead.
8. Tables without a column in common compare as equal, and an unreadable one is NaN: both are 0 here.
9. Metrics take one right answer. Those that compare texts are asked for each, and the best counts; a judge gets the
   first.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from inspect import signature
from typing import Any

from ragas import SingleTurnSample
from ragas.embeddings.base import BaseRagasEmbedding
from ragas.llms.base import InstructorBaseRagasLLM
from ragas.messages import AIMessage, HumanMessage, ToolCall
from ragas.metrics import collections as ragas
from ragas.metrics._context_precision import IDBasedContextPrecision, NonLLMContextPrecisionWithReference
from ragas.metrics._context_recall import IDBasedContextRecall, NonLLMContextRecall
from ragas.metrics._string import NonLLMStringSimilarity
from ragas.metrics.collections.quoted_spans.util import extract_quoted_spans

from stemma.evals.case import ToolCall as CalledTool
from stemma.evals.errors import NoVerdict
from stemma.evals.ragas_judges import Judge, ModelJudge, Vectors, VerifierJudge
from stemma.evals.ragas_rows import RagasRow
from stemma.evals.tables import columns

# Ragas asks for its own base classes. They are abstract, so ours are declared to fit instead of inheriting from them:
# nothing else of this package has to import Ragas then.
for judge in (ModelJudge, VerifierJudge):
    InstructorBaseRagasLLM.register(judge)
BaseRagasEmbedding.register(Vectors)

Calls = Sequence[CalledTool]
RAGAS_VERSION = version("ragas")
_SPAN_WORDS = 3
"""Words of the shortest quoted span that Ragas looks for."""
_ROUNDING = 1e-6
_OF_SAMPLES: Mapping[str, Any] = {
    "id_based_context_precision": IDBasedContextPrecision,
    "id_based_context_recall": IDBasedContextRecall,
    "non_llm_context_precision_with_reference": lambda: NonLLMContextPrecisionWithReference(
        distance_measure=_similarity()
    ),
    "non_llm_context_recall": lambda: NonLLMContextRecall(_distance_measure=_similarity()),
}
_OF_TEXTS: Mapping[str, Any] = {
    "exact_match": ragas.ExactMatch,
    "string_present": ragas.StringPresence,
    "non_llm_string_similarity": ragas.NonLLMStringSimilarity,
    "rouge_score": ragas.RougeScore,
    "bleu_score": ragas.BleuScore,
    "chrf_score": ragas.CHRFScore,
    "data_compare_score": ragas.DataCompyScore,
    "semantic_similarity": ragas.SemanticSimilarity,
}
_OF_CALLS: Mapping[str, Any] = {"tool_call_accuracy": ragas.ToolCallAccuracy, "tool_call_f1": ragas.ToolCallF1}
_JUDGED: Mapping[str, Any] = {
    "faithfulness": ragas.Faithfulness,
    "context_precision": ragas.ContextPrecision,
    "context_recall": ragas.ContextRecall,
    "answer_relevancy": ragas.AnswerRelevancy,
    "factual_correctness": ragas.FactualCorrectness,
    "noise_sensitivity": ragas.NoiseSensitivity,
    "agent_goal_accuracy": ragas.AgentGoalAccuracyWithReference,
}
_PROSE = ("string_present", "data_compare_score")
"""Looked for in the whole answer, or compared with it; the other comparisons are with the short one."""


class _Unreported:
    """A metric of the old namespace, asked without the event that Ragas makes of it."""

    def __init__(self, metric: Any) -> None:
        self._metric = metric

    async def single_turn_ascore(self, sample: Any, _callbacks: object = None) -> Any:
        return await self._metric._single_turn_ascore(sample, [])


def _similarity() -> Any:
    return _Unreported(NonLLMStringSimilarity())


class RagasMetrics:
    """All metrics of `ragas_catalog.METRICS`, with one judge and one embedder. Safe to use for several rows at once."""

    def __init__(self, judge: Judge, vectors: Vectors | None = None) -> None:
        """`vectors` is needed by semantic_similarity and answer_relevancy only."""
        self._parts = {"llm": judge, "embeddings": vectors}
        self._vectors = vectors
        self._made: dict[str, Any] = {}

    async def score(self, name: str, row: RagasRow) -> float | None:
        """The row's score in [0, 1], more is better; None when the metric finds nothing to judge in it.

        The row has what the metric reads (`nothing_to_judge`, `not_recorded`). Raises `NoVerdict`, `ModelFailure`,
        and whatever Ragas raises.
        """
        if name in _OF_SAMPLES:
            return _number(await _Unreported(self._metric(name)).single_turn_ascore(_sample(row)))
        if name in _OF_TEXTS:
            return max([await self._compared(name, row, answer) for answer in row.case.answers])
        if name in _OF_CALLS:
            return await self._of_calls(name, row)
        if name == "quoted_spans_alignment":
            return await self._quoted(row)
        metric = self._metric(name)
        found = _number(await metric.ascore(**_asked(metric, row, conversation=name == "agent_goal_accuracy")))
        return 1 - found if name == "noise_sensitivity" else found

    def _metric(self, name: str) -> Any:
        """The metric, made when it is first asked for, with the parts that its constructor names."""
        if name not in self._made:
            kind = next(each[name] for each in (_OF_SAMPLES, _OF_TEXTS, _OF_CALLS, _JUDGED) if name in each)
            wanted = signature(kind).parameters
            self._made[name] = kind(**{part: given for part, given in self._parts.items() if part in wanted})
        return self._made[name]

    async def _compared(self, name: str, row: RagasRow, answer: str) -> float:
        said = row.said if name in _PROSE else row.short
        if name == "data_compare_score" and not set(columns(said)) & set(columns(answer)):
            return 0.0
        if name == "bleu_score":
            said, answer = (text.replace(". ", ".\t") for text in (said, answer))
        if name == "semantic_similarity" and self._vectors is not None:
            await self._vectors.prepare([answer, said])
        return _number(await self._metric(name).ascore(reference=answer, response=said))

    async def _of_calls(self, name: str, row: RagasRow) -> float:
        made, expected = _comparable(row.calls or (), row.case.tools or ())
        if not made and not expected:
            return 1.0
        with warnings.catch_warnings():  # nothing in there awaits anything, so no other task sees the filter
            warnings.simplefilter("ignore", UserWarning)  # lengths that differ: that is what the score says
            chat = [HumanMessage(content=row.case.question), AIMessage(content="", tool_calls=_tool_calls(made))]
            found = await self._metric(name).ascore(user_input=chat, reference_tool_calls=_tool_calls(expected))
        return _number(found)

    async def _quoted(self, row: RagasRow) -> float | None:
        if not extract_quoted_spans(row.said, min_len=_SPAN_WORDS):
            return None
        metric = ragas.QuotedSpansAlignment(min_span_words=_SPAN_WORDS)
        return _number(await metric.ascore(response=row.said, retrieved_contexts=list(row.texts or ())))


def _sample(row: RagasRow) -> Any:
    return SingleTurnSample(
        retrieved_context_ids=list(row.ranked),
        reference_context_ids=list(row.case.gold),
        retrieved_contexts=list(row.texts or ()),
        reference_contexts=list(row.reference_texts),
    )


def _asked(metric: Any, row: RagasRow, *, conversation: bool) -> dict[str, Any]:
    """What the metric's `ascore` takes, of what the row has."""
    given = {
        "user_input": _conversation(row) if conversation else row.case.question,
        "response": row.said,
        "reference": row.case.answers[0] if row.case.answers else "",
        "retrieved_contexts": list(row.texts or ()),
    }
    wanted = signature(metric.ascore).parameters
    return {name: value for name, value in given.items() if name in wanted}


def _conversation(row: RagasRow) -> list[Any]:
    messages: list[Any] = [HumanMessage(content=row.case.question)]
    if row.calls:
        messages.append(AIMessage(content="", tool_calls=_tool_calls(row.calls)))
    return [*messages, AIMessage(content=row.said)]


def _comparable(made: Calls, expected: Calls) -> tuple[Calls, Calls]:
    """Where a tool is expected with any arguments, which Ragas cannot say, nobody's arguments of it are looked at."""
    any_arguments = {call.name for call in expected if call.args is None}

    def bare(calls: Calls) -> Calls:
        return [replace(call, args={}) if call.name in any_arguments else call for call in calls]

    return bare(made), bare(expected)


def _tool_calls(calls: Calls) -> list[Any]:
    return [ToolCall(name=call.name, args=dict(call.args or {})) for call in calls]


def _number(result: Any) -> float:
    value = float(getattr(result, "value", result))
    if math.isnan(value):
        raise NoVerdict("Ragas gave no number (NaN)")
    if value > 1 + _ROUNDING:
        raise NoVerdict(f"Ragas gave {value:g}, which is not in [0, 1]")
    return min(1.0, max(0.0, value))
