"""`stemma eval ragas`: what it takes. Everything heavy is imported when it is called, Ragas last."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stemma.evals.one_evaluation import carried_out, finish, results_folder, sampling_of

if TYPE_CHECKING:
    from stemma.graphs.models.reasoning import ReasoningModel


def ragas(
    results: Annotated[Path, typer.Argument(help="The folder that `stemma eval run` or `retrieval` wrote.")],
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only these metrics; repeat it. All that can be had otherwise.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="provider:model that judges; without it, only what needs no model.")
    ] = "",
    variant: Annotated[str, typer.Option("--variant", help="Recipe or graph (default: the first).")] = "",
    concurrency: Annotated[int, typer.Option(min=0, help="Cases at once (default: EVALS_CONCURRENCY, 1).")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results (default: a new one).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Score results with Ragas: what needs no model, faithfulness by our verifier, the rest with --model."""
    from stemma.evals.ragas_catalog import chosen
    from stemma.evals.ragas_suite import RagasPlan, evaluate_ragas
    from stemma.evals.settings import EvalSettings

    settings = EvalSettings()
    names = tuple(metric or ())
    judge = _judge(model)
    chosen(names, model=judge is not None)
    plan = RagasPlan(
        sampling_of(settings), names, judge, variant, concurrency or settings.concurrency, settings.case_timeout
    )
    folder = results_folder(out, settings, "ragas")
    evaluation = carried_out(folder, lambda phase: evaluate_ragas(results, plan, phase))
    finish(evaluation, folder, settings, as_json=as_json)


def _judge(name: str) -> ReasoningModel | None:
    """The model that judges. Raises `UnknownMetric` for one that is no language model, `ModelUnavailable`."""
    if not name:
        return None
    from stemma.evals.errors import UnknownMetric
    from stemma.graphs.models.open import open_model
    from stemma.graphs.settings import GraphSettings

    model = open_model(GraphSettings(model=name))
    if model.extractive:
        raise UnknownMetric(f"{name} is no language model", hint="name one, or leave --model out: the verifier judges")
    return model
