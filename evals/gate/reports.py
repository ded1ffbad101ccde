"""A verdict for those who read it: JUnit for a build server, Markdown for a review, JSON for a program. Pure.

Decides the words. An inconclusive metric is an *error* in JUnit, so that no build server shows it green.
"""

from __future__ import annotations

from dataclasses import asdict
from xml.etree import ElementTree

from stemma.evals.gate.verdict import MetricVerdict, Outcome, Verdict
from stemma.evals.summary import Json

_SIGNS = {Outcome.OK: "pass", Outcome.REGRESSION: "REGRESSION", Outcome.INCONCLUSIVE: "inconclusive"}


def as_json(verdict: Verdict) -> Json:
    """What --json prints and verdict.json holds."""
    return {
        "outcome": verdict.outcome.value,
        "exit_code": int(verdict.outcome.exit_code),
        "metrics": [{**asdict(each), "outcome": each.outcome.value} for each in verdict.metrics],
        "flaky": verdict.flaky,
        "broken": list(verdict.broken),
    }


def as_markdown(title: str, verdict: Verdict) -> str:
    """A table a metric a row, and what the outcome rests on."""
    lines = [f"## {title}: {_SIGNS[verdict.outcome]}", ""]
    lines += [
        "| metric | outcome | change | one-sided bounds | margin | pairs | would be caught | why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_markdown_row(each) for each in verdict.metrics]
    if not verdict.metrics:
        lines += ["", "No metric could be compared."]
    for promise in verdict.broken:
        lines += ["", f"**Broken**: {promise}"]
    if verdict.flaky:
        lines += ["", f"Flaky cases (lost in one repeat and not in another): {', '.join(verdict.flaky[:20])}"]
    return "\n".join(lines) + "\n"


def as_junit(title: str, verdict: Verdict) -> str:
    """One test case a metric."""
    failures = sum(each.outcome is Outcome.REGRESSION for each in verdict.metrics) + len(verdict.broken)
    errors = sum(each.outcome is Outcome.INCONCLUSIVE for each in verdict.metrics) + (not verdict.metrics)
    suite = ElementTree.Element(
        "testsuite",
        name=title,
        tests=str(max(1, len(verdict.metrics)) + len(verdict.broken)),
        failures=str(failures),
        errors=str(errors),
    )
    for each in verdict.metrics:
        case = ElementTree.SubElement(suite, "testcase", classname=title, name=each.metric)
        if each.outcome is not Outcome.OK:
            kind = "failure" if each.outcome is Outcome.REGRESSION else "error"
            ElementTree.SubElement(case, kind, message=each.reason)
    if not verdict.metrics:
        case = ElementTree.SubElement(suite, "testcase", classname=title, name="gate")
        ElementTree.SubElement(case, "error", message="no metric could be compared")
    for promise in verdict.broken:
        case = ElementTree.SubElement(suite, "testcase", classname=title, name="promises")
        ElementTree.SubElement(case, "failure", message=promise)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _markdown_row(each: MetricVerdict) -> str:
    bounds = f"{each.low:+.4f} to {each.high:+.4f}" if each.pairs else "–"
    cells = (each.metric, _SIGNS[each.outcome], f"{each.difference:+.4f}", bounds, f"{each.margin:g}", each.pairs)
    return "| " + " | ".join([*map(str, cells), f"{each.detectable:.3f}", each.reason]) + " |"
