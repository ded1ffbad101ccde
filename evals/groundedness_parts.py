"""What stands beside F1 and AUROC of the groundedness check: confounds, figures by model and by type of error. Pure.

Decides what an answer could have been called without looking at its evidence, so that nobody takes that for skill.
Intervals resample sources. What only one kind of answers has no AUROC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stemma.evals.labelled import LabelledAnswer
from stemma.evals.metrics.classification import Numbers, auroc, best_threshold, decision_of
from stemma.evals.metrics.intervals import Sampling, clustered
from stemma.evals.summary import Json
from stemma.memory.text import words

Places = NDArray[np.intp]
Calls = NDArray[np.bool_]


def area(scores: Numbers, labels: Numbers, chosen: Places) -> float:
    """AUROC of the chosen rows. Raises ValueError where one kind is missing."""
    return auroc(scores[chosen], labels[chosen])


def within_model(answers: Sequence[LabelledAnswer], scores: Numbers, labels: Numbers, sampling: Sampling) -> Json:
    """{"auroc_within_model"}: over pairs of answers by one and the same model, so that who wrote an answer tells
    nothing; empty where no model has answers of both kinds."""
    number = {name: place for place, name in enumerate(_models(answers))}
    groups = np.array([number[answer.model] for answer in answers], dtype=np.intp)
    statistic = partial(_area_within, scores, labels, groups)
    try:
        found = clustered(statistic, [answer.source_id for answer in answers], sampling)
    except ValueError:
        return {}
    return {"auroc_within_model": found.as_json()}


def _area_within(scores: Numbers, labels: Numbers, groups: Places, chosen: Places) -> float:
    total = won = 0.0
    for group in np.unique(groups[chosen]):
        own = chosen[groups[chosen] == group]
        pairs = labels[own].sum() * (1 - labels[own]).sum()
        if pairs:
            total, won = total + pairs, won + pairs * auroc(scores[own], labels[own])
    if not total:
        raise ValueError("no group has answers of both kinds")
    return float(won / total)


def confounds(answers: Sequence[LabelledAnswer], labels: Numbers, sampling: Sampling) -> Json:
    """AUROC and F1 of the answer's length in words, and of how often its model is wrong. Their thresholds and rates are
    chosen on the very rows they are judged on, which flatters them."""
    rates = {name: labels[[answer.model == name for answer in answers]].mean() for name in _models(answers)}
    given = {
        "length": np.array([float(len(words(answer.response))) for answer in answers]),
        "model": np.array([rates[answer.model] for answer in answers]),
    }
    sources = [answer.source_id for answer in answers]
    return {
        name: {
            "auroc": clustered(partial(area, scores, labels), sources, sampling).as_json(),
            "f1": clustered(f1_of(scores >= best_threshold(scores, labels), labels), sources, sampling).as_json(),
        }
        for name, scores in given.items()
    }


def by_model(
    answers: Sequence[LabelledAnswer], scores: Numbers, called: Calls, labels: Numbers, sampling: Sampling
) -> Json:
    """Model -> {"n", "ungrounded", "f1", "low", "high", "auroc"}; the interval is that of F1."""
    found: Json = {}
    for name in _models(answers):
        own = np.array([answer.model == name for answer in answers])
        row: Json = {"n": int(own.sum()), "ungrounded": int(labels[own].sum())}
        row |= _spread("f1", f1_of(called[own], labels[own]), _sources(answers, own), sampling)
        both = 0 < row["ungrounded"] < row["n"]
        found[name or "unknown"] = {**row, "auroc": auroc(scores[own], labels[own]) if both else None}
    return found


def by_error(answers: Sequence[LabelledAnswer], called: Calls, sampling: Sampling) -> Json:
    """Type of span -> {"n", "recall", "low", "high"}: the share of the answers holding one that was called
    ungrounded."""
    found: Json = {}
    for kind in sorted({span.type for answer in answers for span in answer.spans}):
        own = np.array([any(span.type == kind for span in answer.spans) for answer in answers])
        recall = partial(_share, called[own])
        spread = _spread("recall", recall, _sources(answers, own), sampling)
        found[kind or "unknown"] = {"n": int(own.sum()), **spread}
    return found


def f1_of(called: Calls, labels: Numbers) -> Callable[[Places], float]:
    """F1 of chosen rows, by what they were called."""
    return lambda chosen: decision_of(called[chosen], labels[chosen]).f1


def _share(called: Calls, chosen: Places) -> float:
    return float(called[chosen].mean())


def _spread(name: str, statistic: Callable[[Places], float], sources: Sequence[str], sampling: Sampling) -> Json:
    found = clustered(statistic, sources, sampling)
    return {name: found.mean, "low": found.low, "high": found.high}


def _sources(answers: Sequence[LabelledAnswer], own: Calls) -> list[str]:
    return [answer.source_id for answer, chosen in zip(answers, own, strict=True) if chosen]


def _models(answers: Sequence[LabelledAnswer]) -> list[str]:
    return sorted({answer.model for answer in answers})
