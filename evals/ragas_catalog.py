"""Which Ragas metrics there are here, and when a case is due one. Knows names and needs only: it never imports Ragas.

Decides three things that Ragas leaves to chance. A metric is *due* when the case says what it compares with (gold,
a right answer, expected tool calls); then it counts, whatever the run did. Nothing said or nothing retrieved where
something was due is 0, not an error and not a case less. Abstaining is not unfaithful: metrics that judge what was
said are not due then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from stemma.evals.errors import UnknownMetric
from stemma.evals.ragas_rows import RagasRow
from stemma.evals.tables import columns


class Known(Enum):
    """What a case must say for a metric to be due."""

    GOLD = auto()
    REFERENCE = auto()
    REFERENCE_TABLE = auto()
    REFERENCE_TEXTS = auto()
    EXPECTED_CALLS = auto()


class Read(Enum):
    """What of the run a metric looks at."""

    ANSWER = auto()
    RANKED = auto()
    TEXTS = auto()
    CALLS = auto()


@dataclass(frozen=True, slots=True)
class RagasMetric:
    """One metric of Ragas."""

    name: str
    """What Ragas calls it, and `--metric`."""
    reads: frozenset[Read]
    known: frozenset[Known] = frozenset()
    of_what_was_said: bool = False
    """Judges only what an answer says: an abstention is not due it."""
    judged: bool = False
    """Asks a judge; our verifier can be that."""
    model: bool = False
    """Asks a judge, and only a language model can be that."""
    embedder: bool = False
    shown: str = ""
    """What the figures call it, where that differs."""

    @property
    def figure(self) -> str:
        """Its name in results and figures."""
        return self.shown or self.name


def _metrics() -> tuple[RagasMetric, ...]:
    answer, ranked, texts, calls = (frozenset({each}) for each in Read)
    gold, reference, table, reference_texts, expected = (frozenset({each}) for each in Known)
    return (
        RagasMetric("id_based_context_precision", ranked, gold),
        RagasMetric("id_based_context_recall", ranked, gold),
        RagasMetric("non_llm_context_precision_with_reference", texts, reference_texts),
        RagasMetric("non_llm_context_recall", texts, reference_texts),
        RagasMetric("exact_match", answer, reference),
        RagasMetric("string_present", answer, reference),
        RagasMetric("non_llm_string_similarity", answer, reference),
        RagasMetric("rouge_score", answer, reference),
        RagasMetric("bleu_score", answer, reference),
        RagasMetric("chrf_score", answer, reference),
        RagasMetric("data_compare_score", answer, table),
        RagasMetric("quoted_spans_alignment", answer | texts, of_what_was_said=True),
        RagasMetric("tool_call_accuracy", calls, expected),
        RagasMetric("tool_call_f1", calls, expected),
        RagasMetric("faithfulness", answer | texts, of_what_was_said=True, judged=True),
        RagasMetric("semantic_similarity", answer, reference, embedder=True),
        RagasMetric("context_precision", texts, reference, model=True),
        RagasMetric("context_recall", texts, reference, model=True),
        RagasMetric("answer_relevancy", answer, model=True, embedder=True),
        RagasMetric("factual_correctness", answer, reference, model=True),
        RagasMetric(
            "noise_sensitivity",
            answer | texts,
            reference,
            of_what_was_said=True,
            model=True,
            shown="noise_resistance",
        ),
        RagasMetric("agent_goal_accuracy", answer, reference, model=True),
    )


METRICS = {metric.name: metric for metric in _metrics()}
"""By name. `noise_resistance` is 1 - noise_sensitivity: everywhere here more is better, and a failure's 0 the worst."""


def chosen(names: tuple[str, ...], *, model: bool) -> tuple[RagasMetric, ...]:
    """The named metrics; without names, all that can be had: with a model every one, otherwise those that need neither
    a model nor an embedder. Raises `UnknownMetric` for a name that is none, or that needs a model when there is none.
    """
    if not names:
        return tuple(metric for metric in METRICS.values() if model or not (metric.model or metric.embedder))
    if unknown := [name for name in names if name not in METRICS]:
        raise UnknownMetric(f"there is no metric {unknown[0]!r}", hint=f"--metric takes one of: {', '.join(METRICS)}")
    if not model and (without := [name for name in names if METRICS[name].model]):
        raise UnknownMetric(f"{without[0]} needs a language model", hint="name one: --model provider:model")
    return tuple(METRICS[name] for name in dict.fromkeys(names))


def is_due(metric: RagasMetric, row: RagasRow) -> bool:
    """Whether the row counts in the metric. A failed row is due whatever its case alone makes due."""
    if not metric.known <= _known(row):
        return False
    if Read.ANSWER not in metric.reads:
        return True
    if row.said or row.failure is not None:
        return row.answers
    return row.answers and row.case.answerable and not metric.of_what_was_said


def nothing_to_judge(metric: RagasMetric, row: RagasRow) -> str:
    """Why a due metric is 0 without asking: the run said or retrieved nothing. Empty when there is something."""
    if Read.ANSWER in metric.reads and not row.said:
        return "nothing was said"
    if Read.RANKED in metric.reads and not row.ranked:
        return "nothing was retrieved"
    if Read.TEXTS in metric.reads and row.texts == ():
        return "nothing was retrieved"
    return ""


def not_recorded(metric: RagasMetric, row: RagasRow) -> str:
    """What the results do not hold although a due metric needs it; empty when they hold it."""
    if Read.TEXTS in metric.reads and row.texts is None:
        return "the results do not hold the texts that were read, and their run store is not there"
    if Read.CALLS in metric.reads and row.calls is None:
        return "the results do not say which tools were called"
    return ""


def _known(row: RagasRow) -> frozenset[Known]:
    said = {
        Known.GOLD: bool(row.case.gold),
        Known.REFERENCE: bool(row.case.answers),
        Known.REFERENCE_TABLE: any(columns(answer) for answer in row.case.answers),
        Known.REFERENCE_TEXTS: bool(row.reference_texts),
        Known.EXPECTED_CALLS: row.case.tools is not None,
    }
    return frozenset(known for known, is_said in said.items() if is_said)
