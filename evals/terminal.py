"""A summary as lines for a terminal: a table of means with intervals, what failed, and where the page is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stemma.evals.page.figures import label, percent

Summary = Mapping[str, Any]


def lines_of(summary: Summary) -> Iterator[str]:
    """The lines, without colours."""
    data = summary["data"]
    asked = "" if data["corpus"] == "own" else f", asked of {data['corpus']}"
    what = "answers" if summary["kind"] == "groundedness" else "questions"
    yield f"{summary['kind']}: {data['questions']} {what} of {', '.join(data['sets'])}{asked}"
    if ingest := summary["ingest"]:
        yield f"{ingest['documents']} documents, {ingest['passages']} passages, stored in {ingest['seconds']:.1f} s"
    if "arms" in summary:
        yield from _arms(summary)
        yield from _end(summary)
        return
    columns = _columns(summary)
    yield from _table("", columns)
    if summary.get("difference"):
        figure = summary["difference"]["token_f1"]
        yield (
            f"token F1 against the baseline: {figure['mean'] * 100:+.1f} points"
            f" ({figure['low'] * 100:+.1f} to {figure['high'] * 100:+.1f}, by case)"
        )
    for name, figures in _sets(summary).items():
        yield from _table(name, figures)
    if kinds := summary.get("kinds"):
        yield from _table("kinds of questions", kinds)
    if "confounds" in summary:
        yield from _groundedness(summary)
    yield from _usage(summary)
    yield from _end(summary)


_ARM_COLUMNS = {
    "contamination_before": "before",
    "contamination_after": "after",
    "invalidated_memory_exposure": "exposed",
    "blast_radius_precision": "precision",
    "blast_radius_recall": "recall",
    "collateral_loss": "lost",
    "answer_availability": "available",
}


def _arms(summary: Summary) -> Iterator[str]:
    """A row an arm: what a falsehood did before containment, and what each remedy left of it."""
    yield ""
    yield from _arm_rows(summary["arms"])
    yield ""
    yield "in %; precision and recall of what was taken; lost: true memories gone; available: right, less the clean run"
    if passages := summary.get("passages"):
        yield ""
        yield f"on real passages, {passages['questions']} questions"
        yield from _arm_rows(passages["arms"])
    for seed, found in summary.get("detection", {}).items():
        yield from _detection(seed, found)
    for promise in summary["broken"]:
        yield f"broken: {promise}"


def _arm_rows(arms: Summary) -> Iterator[str]:
    yield f"{'remedy':54}" + "".join(f"{name:>11}" for name in _ARM_COLUMNS.values()) + f"{'clean after':>14}"
    for name, figures in arms.items():
        cells = "".join(
            f"{percent(figures[metric]['mean']) if metric in figures else '–':>11}" for metric in _ARM_COLUMNS
        )
        clean = f"{figures['time_to_clean']['mean']:.0f} sessions" if "time_to_clean" in figures else "never"
        yield f"{name:54}{cells}{clean:>14}"


def _detection(seed: str, found: Summary) -> Iterator[str]:
    """What the sweeps found by themselves, by class of fault."""
    yield ""
    for fault, row in found["by_fault"].items():
        waited = f"after {row['time_to_detect']:.1f} sessions" if row["time_to_detect"] is not None else ""
        yield (
            f"seed {seed}, {fault}: {row['found']} of {row['entered']} falsehoods found {waited}".rstrip()
            + (f", {row['undecided']} seen and not decided" if row["undecided"] else "")
        )
    alarms, clean = len(found["false_alarms"]), len(found["without_any_fault"]["false_alarms"])
    yield (
        f"seed {seed}: {alarms} false alarms on {found['true_statements']} true statements"
        f" ({found['false_alarms_per_1000']:.1f} per 1,000), {clean} without any fault;"
        f" {found['corrections']} corrections by readers"
    )
    for news, row in found["true_changes"].items():
        yield f"seed {seed}: {row['proposed']} of {row['changes']} true changes ({news}) taken for a fault"


def _groundedness(summary: Summary) -> Iterator[str]:
    """What has to stand beside F1 and AUROC, so that a confound is not taken for skill."""
    yield ""
    for name, figure in summary["confounds"].items():
        yield f"{f'auroc, {name} only':24}{_cell(figure['auroc']):>26}"
        yield f"{f'f1, {name} only':24}{_cell(figure['f1']):>26}"
    yield f"{'answers a CPU second':24}{summary['answers_per_cpu_second']:>26.0f}"
    yield ""
    for name, row in summary["by_model"].items():
        area = "" if row["auroc"] is None else f", auroc {percent(row['auroc'])}"
        yield (
            f"{name:24}{row['n']:>6} answers, {row['ungrounded']:>3} ungrounded,"
            f" f1 {percent(row['f1'])} ({percent(row['low'])}–{percent(row['high'])}){area}"
        )
    for name, row in summary["by_error"].items():
        found = f"{percent(row['recall'])} ({percent(row['low'])}–{percent(row['high'])})"
        yield f"{name:24}{row['n']:>6} answers, {found} of them found"


def _usage(summary: Summary) -> Iterator[str]:
    """Labels, and what the runs took."""
    for metric, counts in summary.get("labels", {}).items():
        yield f"{label(metric):24}" + ", ".join(f"{name} {count}" for name, count in counts.items())
    usage = summary.get("usage") or {}
    if steps := usage.get("steps"):
        times = (f"{name} {step['p50_ms']:.0f}" for name, step in steps.items() if step["p50_ms"] is not None)
        yield f"{'p50 ms of each step':24}" + ", ".join(times)
    if tokens := usage.get("tokens"):
        cost = f", cost {usage['cost']['sum']:.4f}" if usage["cost"] else ""
        yield f"{'tokens':24}{tokens['input']} in, {tokens['output']} out, in {tokens['cases']} cases{cost}"


def _columns(summary: Summary) -> dict[str, Summary]:
    if "recipes" in summary:
        return dict(summary["recipes"])
    if summary.get("baseline", {}).get("metrics"):
        return {"stemma": summary, "baseline": summary["baseline"]}
    return {summary.get("recipe", "result"): summary}


def _sets(summary: Summary) -> dict[str, dict[str, Summary]]:
    """Set name -> column name -> its figures."""
    columns = _columns(summary)
    names = list(summary.get("sets", {}))
    return {name: {column: figures["sets"][name] for column, figures in columns.items()} for name in names}


def _table(title: str, columns: Mapping[str, Summary]) -> Iterator[str]:
    metrics = list(dict.fromkeys(metric for figures in columns.values() for metric in figures["metrics"]))
    if not metrics:
        yield "no case was finished"
        return
    yield ""
    yield f"{title:24}" + "".join(f"{name:>26}" for name in columns)
    for metric in metrics:
        cells = "".join(f"{_cell(figures['metrics'].get(metric)):>26}" for figures in columns.values())
        yield f"{label(metric):24}{cells}"
    timed = [_milliseconds(figures) for figures in columns.values()]
    if any(timed):
        yield f"{'p50 ms':24}" + "".join(f"{text:>26}" for text in timed)


def _cell(figure: Mapping[str, float] | None) -> str:
    if figure is None:
        return "–"
    return f"{percent(figure['mean'])} ({percent(figure['low'])}–{percent(figure['high'])})"


def _milliseconds(figures: Summary) -> str:
    times = figures["latency_ms"]
    if "cold" not in times:
        return f"{times['p50']:.1f}" if times else ""
    cold, warm = times["cold"], times["warm"]
    return f"{cold['p50']:.1f} cold, {warm['p50']:.1f} warm" if cold and warm else ""


def _end(summary: Summary) -> Iterator[str]:
    yield ""
    if summary["failures"]:
        yield f"{summary['failures']} rows failed and count as 0 where a score was due"
    verbatim = summary["metrics"].get("citation_verbatim")
    if verbatim is not None and verbatim["mean"] < 1:
        yield "a citation is not verbatim in the passage it names: that must never be"
    if skipped := summary.get("skipped"):
        yield f"{skipped} questions name no gold documents and were not asked"
    if summary["interrupted"]:
        yield f"interrupted: {summary['cases']} cases were finished until then, and only they are counted"
    yield f"results: {summary['out']}/report.html"
