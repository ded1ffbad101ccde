"""One evaluation as one HTML page (`frame.py`): its figures, and its cases with their runs."""

from __future__ import annotations

from typing import Any

from stemma.evals.page.cases import case_list
from stemma.evals.page.figures import comparison, differences, latencies, tiles
from stemma.evals.page.frame import framed
from stemma.evals.page.markup import Html, html, joined
from stemma.evals.page.propagation import propagation, shares
from stemma.evals.results import Evaluation

_TITLES = {
    "retrieval": "Retrieval",
    "run": "Answers",
    "groundedness": "Groundedness",
    "propagation": "Propagation",
    "ragas": "Ragas",
}


def page_of(evaluation: Evaluation, limit: int = 500) -> str:
    """The whole page; cases beyond `limit` are left to results.jsonl, and the page says so."""
    run, figures = evaluation.run, evaluation.figures
    data = run["data"]
    title = f"{_TITLES.get(run['kind'], run['kind'])}: {', '.join(data['sets'])}"
    if data["corpus"] != "own":
        title += f", asked of {data['corpus']}"
    headline, beside = figures["metrics"], {}
    if run["kind"] == "run":
        beside = {metric: figure for metric, figure in headline.items() if _of_ranks(metric)}
        headline = {metric: figure for metric, figure in headline.items() if metric not in beside}
    if run["kind"] == "propagation":
        headline = shares(headline)
    parts = [
        _alerts(evaluation),
        tiles(headline, run["interval"]["level"]),
        _sections(figures, run.get("protocol", {}).get("contained_at", 0)),
        _recall(figures, beside),
        latencies(_times(figures)),
        case_list(evaluation.rows, run["primary"], limit),
    ]
    return framed(title, _about(run, figures), joined(parts), _facts(run))


def _about(run: dict[str, Any], figures: dict[str, Any]) -> str:
    embedder = run["embedder"]["name"] if run["embedder"] else ""
    parts = (
        figures.get("recipe") and f"recipe {figures['recipe']}",
        run["model"] and f"model {run['model']}",
        embedder and f"embedder {embedder}",
        run["store"] and f"on {run['store']}",
        f"revision {run['revision']}",
        run["finished_at"].replace("T", " ").replace("+00:00", " UTC"),
    )
    return " · ".join(part for part in parts if part)


def _alerts(evaluation: Evaluation) -> Html:
    alerts = []
    if evaluation.interrupted:
        alerts.append(("warn", "Interrupted: these are the cases that were finished until then."))
    if evaluation.failures:
        count = evaluation.failures
        rows = "1 row failed and counts" if count == 1 else f"{count} rows failed and count"
        alerts.append(("bad", f"{rows} as 0 in every metric that was due. They stand first below."))
    if not evaluation.rows:
        alerts.append(("warn", "No case was finished."))
    return joined(html('<p class="alert {kind}">{text}</p>', kind=kind, text=text) for kind, text in alerts)


def _sections(figures: dict[str, Any], contained_at: int) -> Html:
    parts = []
    if "arms" in figures:
        parts.append(propagation(figures, contained_at))
    if "recipes" in figures:
        parts.append(comparison("Recipes", figures["recipes"]))
    if "sets" in figures:
        parts.append(comparison("Question sets", figures["sets"], "One merged corpus, each set of questions apart."))
    if "kinds" in figures:
        parts.append(comparison("Kinds of questions", figures["kinds"]))
    if "confounds" in figures:
        note = "What is reached without looking at the evidence: by the answer's length, and by which model wrote it."
        confounds = {
            name: {"metrics": figure, "cases": figures["cases"], "failures": 0}
            for name, figure in figures["confounds"].items()
        }
        parts.append(comparison("Confounds", confounds, note))
    if figures.get("baseline", {}).get("metrics"):
        note = "The baseline answers with the sentence of the first passage that shares most words with the question."
        shared = figures["baseline"]["metrics"]
        ours = figures | {"metrics": {metric: figures["metrics"][metric] for metric in shared}}
        parts.append(comparison("Beside the baseline", {"Stemma": ours, "baseline": figures["baseline"]}, note))
        parts.append(differences("Difference to the baseline", figures["difference"], "Percentage points, by case."))
    return joined(parts)


def _of_ranks(metric: str) -> bool:
    return "@" in metric or metric in ("mrr", "map")


def _recall(figures: dict[str, Any], metrics: dict[str, Any]) -> Html:
    """Rank metrics of what the graph read, which are not what an answer is judged by."""
    if not metrics:
        return Html("")
    note = "The passages that the graph read, in the order in which it came to them."
    return comparison("Recall inside the graph", {"passages read": figures | {"metrics": metrics}}, note)


def _times(figures: dict[str, Any]) -> dict[str, Any]:
    if "recipe" not in figures:
        whole = {"one question, start to end": figures["latency_ms"]}
        steps = figures.get("usage", {}).get("steps", {}).items()
        return whole | {
            f"step {name}": {"p50": step["p50_ms"], "p95": step["p95_ms"], "n": step["calls"]}
            for name, step in steps
            if step["calls"]
        }
    recipes = figures.get("recipes", {figures["recipe"]: figures})
    return {
        f"{name}, {state}": each["latency_ms"][state] for name, each in recipes.items() for state in ("cold", "warm")
    }


def _facts(run: dict[str, Any]) -> dict[str, Any]:
    data, ingest = run["data"], run["ingest"]
    return {
        "data": f"SHA-256 {data['hash']}",
        "questions": f"{data['questions']} of {', '.join(data['sets'])}"
        + (f" (first {data['limit']} of each)" if data["limit"] else "")
        + (f", half: {data['split']}" if data.get("split", "all") != "all" else ""),
        "corpus": f"{data['documents']} documents"
        + (f", {ingest['passages']} passages, stored in {ingest['seconds']:,.1f} s" if ingest else ""),
        "intervals": f"{run['interval']['method']}, {run['interval']['resamples']} samples, seed {run['seed']}",
        "version": f"{run['version']} ({run['revision']}), results schema {run['schema']}",
    } | dict(run.get("notes", {}))
