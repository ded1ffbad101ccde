"""`stemma eval …`: what the commands take. How each is carried out, printed and ended: `one_evaluation.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stemma.evals.card_command import card
from stemma.evals.detect_command import detect
from stemma.evals.drift_command import drift
from stemma.evals.gate.commands import compare, gate, promote
from stemma.evals.generate_command import generate
from stemma.evals.harvest_command import harvest
from stemma.evals.nightly.command import nightly
from stemma.evals.one_evaluation import carried_out, finish, results_folder, sampling_of
from stemma.evals.propagation.command import propagation
from stemma.evals.ragas_command import ragas
from stemma.evals.report_command import report
from stemma.evals.split import Part
from stemma.evals.tuning.command import tune

eval_app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Score retrieval, answers and groundedness; gate them.",
)

for command in (
    card,
    compare,
    detect,
    drift,
    gate,
    generate,
    harvest,
    nightly,
    promote,
    propagation,
    ragas,
    report,
    tune,
):
    eval_app.command()(command)


class Switch(StrEnum):
    """An option that is on or off."""

    ON = "on"
    OFF = "off"


Data = Annotated[
    list[Path],
    typer.Option(
        "--data", help="Folder with queries.jsonl and corpus.jsonl (or documents); repeat it to merge several."
    ),
]
Memory = Annotated[
    str,
    typer.Option("--memory", help="Use a scratch tenant of this store, erased afterwards; a scratch file otherwise."),
]
K = Annotated[int, typer.Option("--k", min=0, help="Rank metrics look at the first k (default: EVALS_K, 5).")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the results (default: a new one).")]
Limit = Annotated[int, typer.Option("--limit", min=0, help="Only the first N questions of each set; 0 is all.")]
Split = Annotated[Part | None, typer.Option("--split", help="Only this half of the questions: no source is in both.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object as the last line of standard output.")]


@eval_app.command()
def retrieval(
    data: Data,
    memory: Memory = "",
    recipe: Annotated[
        list[str], typer.Option("--recipe", help="Recall recipe; repeat it. All of them otherwise.")
    ] = [],  # noqa: B006
    k: K = 0,
    out: Out = None,
    limit: Limit = 0,
    split: Split = None,
    graph_titles: Annotated[
        Switch, typer.Option("--graph-titles", help="off: hide titles from the mention graph, not from the searches.")
    ] = Switch.ON,
    drop_titles: Annotated[bool, typer.Option("--drop-titles", help="Hide titles from everything.")] = False,
    as_json: AsJson = False,
) -> None:
    """Does recall bring the gold documents? No graph, no model."""
    from stemma.evals.dataset import read_dataset, without_titles
    from stemma.evals.retrieval import RetrievalPlan, evaluate_retrieval, recipes_or_all
    from stemma.evals.settings import EvalSettings

    settings = EvalSettings()
    dataset = read_dataset(data, limit=limit or None, part=split)
    dataset = without_titles(dataset) if drop_titles else dataset
    plan = RetrievalPlan(
        recipes_or_all(recipe),
        sampling_of(settings),
        k or settings.k,
        settings.depth,
        memory or None,
        settings.case_timeout,
        graph_titles=graph_titles is Switch.ON,
    )
    folder = results_folder(out, settings, "retrieval")
    evaluation = carried_out(folder, lambda phase: evaluate_retrieval(dataset, plan, phase))
    finish(evaluation, folder, settings, as_json=as_json)


@eval_app.command("run")
def run_answers(
    data: Data,
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", help="Ask the same questions of this folder instead: abstaining is right."),
    ] = None,
    memory: Memory = "",
    k: K = 0,
    out: Out = None,
    limit: Limit = 0,
    split: Split = None,
    concurrency: Annotated[int, typer.Option(min=0, help="Questions at once (default: EVALS_CONCURRENCY, 1).")] = 0,
    evaluator: Annotated[
        list[Path] | None,
        typer.Option("--evaluator", help="A Python file with evaluators of your own; it is run. Repeat it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the answer graph every question, beside a one-sentence baseline."""
    from stemma.evals.answers import AnswerPlan, evaluate_answers, metric_names
    from stemma.evals.dataset import read_dataset
    from stemma.evals.evaluator_file import load_evaluators
    from stemma.evals.settings import EvalSettings
    from stemma.evals.usage import prices_of

    settings = EvalSettings()
    evaluators = load_evaluators(evaluator or (), metric_names(k or settings.k))
    dataset = read_dataset(data, limit=limit or None, corpus=corpus, part=split)
    folder = results_folder(out, settings, "run")
    plan = AnswerPlan(
        sampling_of(settings),
        folder.resolve(),
        k or settings.k,
        memory or None,
        concurrency or settings.concurrency,
        settings.case_timeout,
        evaluators=evaluators,
        prices=prices_of(settings),
    )
    evaluation = carried_out(folder, lambda phase: evaluate_answers(dataset, plan, phase))
    finish(evaluation, folder, settings, as_json=as_json)


@eval_app.command()
def groundedness(
    data: Annotated[
        Path | None, typer.Option("--data", help="Judge with what ships: JSON lines of answers that people marked.")
    ] = None,
    fit: Annotated[
        Path | None, typer.Option("--fit", help="Fit the calibration anew on this file; figures are out of fold.")
    ] = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Does the groundedness check find what people marked as unsupported? No model."""
    from stemma.evals.errors import InvalidDataset
    from stemma.evals.groundedness import evaluate_groundedness
    from stemma.evals.labelled import read_labelled
    from stemma.evals.settings import EvalSettings

    file = fit or data
    if file is None or (fit and data):
        raise InvalidDataset("say which file to judge", hint="either --data FILE or --fit FILE")
    settings = EvalSettings()
    answers = read_labelled(file)
    folder = results_folder(out, settings, "groundedness")
    finish(
        evaluate_groundedness(answers, sampling_of(settings), refit=fit is not None), folder, settings, as_json=as_json
    )


@eval_app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="A download of the set, as its authors publish it.")],
    form: Annotated[str, typer.Option("--format", help="hotpotqa, 2wiki or musique.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for corpus.jsonl, queries.jsonl and README.md.")],
    limit: Annotated[int, typer.Option(min=0, help="A sample of this many questions; 0 is all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the sample.")] = 0,
) -> None:
    """Make a data folder from a public multi-hop question set."""
    from stemma.evals.convert import FORMATS
    from stemma.evals.convert import convert as convert_file
    from stemma.evals.errors import InvalidDownload

    if form not in FORMATS:
        raise InvalidDownload(f"there is no format {form!r}", hint=f"--format takes one of: {', '.join(FORMATS)}")
    done = convert_file(FORMATS[form], file, out, limit=limit or None, seed=seed)
    typer.echo(f"{out}: {len(done.questions)} questions, {len(done.passages)} passages, {done.left_out} left out")
    typer.echo(f"sha256 {done.hash}")
    typer.echo(f"try: stemma eval retrieval --data {out}")
