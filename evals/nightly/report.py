"""What a night leaves for its readers: report.html for a person, report.md for a review, junit.xml for a build server.

Decides the words of the Markdown and what is a failure, and what an error, in JUnit: a regression is a failure; what
could not be measured or told is an error, so that no build server shows it green.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from stemma.evals.nightly.outcome import outcome, outcome_of
from stemma.evals.nightly.page import page_of_night
from stemma.evals.nightly.plan import NightPlan
from stemma.evals.nightly.record import Night, Status, Step, StepStatus
from stemma.evals.results import write_text
from stemma.memory.terminal import printable

PAGE, MARKDOWN, JUNIT = "report.html", "report.md", "junit.xml"


def write_report(folder: Path, night: Night, past: Sequence[Night], plan: NightPlan) -> None:
    """Write the three files. Raises `InvalidResults` where that fails."""
    write_text(folder / PAGE, page_of_night(night, past, folder, plan))
    write_text(folder / MARKDOWN, as_markdown(night))
    write_text(folder / JUNIT, as_junit(night))


def as_markdown(night: Night) -> str:
    """A table a step a row, what to type, and the gate's table of every suite that has a baseline."""
    lines = [f"# Night of {night.date}: {outcome_of(night)}", ""]
    lines += ["| step | outcome | cases | failures | seconds | what was found |", "|---|---|---|---|---|---|"]
    for step in night.steps:
        counts = (str(step.cases), str(step.failures)) if step.cases else ("", "")
        cells = (step.name, outcome(step), *counts, f"{step.seconds:.1f}", _cell(step.note))
        lines.append(f"| {' | '.join(cells)} |")
    if advice := [step for step in night.steps if step.advice]:
        lines += ["", "What to do:", ""]
        lines += [f"- {step.name}: {_typed(step.advice)}" for step in advice]
    for step in night.steps:
        lines += [*_metrics(step)]
    lines += ["", f"Revision {night.revision}, version {night.version}, begun {night.started_at}."]
    return "\n".join(lines) + "\n"


def as_junit(night: Night) -> str:
    """`junit_tree` as a file's text."""
    return ElementTree.tostring(junit_tree(night), encoding="unicode", xml_declaration=True) + "\n"


def junit_tree(night: Night) -> ElementTree.Element:
    """A suite a step; a case for the step itself, and one for each metric that was judged."""
    root = ElementTree.Element("testsuites", name=f"night of {night.date}")
    for step in night.steps:
        cases = [("", step.exit_code, step.note), *_judged_metrics(step)]
        failures = sum(code == 1 for _, code, _ in cases)
        errors = sum(code not in (0, 1) for _, code, _ in cases)
        errors += step.status is StepStatus.INTERRUPTED
        skipped = step.status is StepStatus.SKIPPED
        suite = ElementTree.SubElement(
            root, "testsuite", name=step.name, tests=str(len(cases)), failures=str(failures), errors=str(errors),
            skipped=str(int(skipped)), time=f"{step.seconds:.3f}",
        )  # fmt: skip
        for metric, code, reason in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=step.name, name=metric or "the step itself")
            if skipped:
                ElementTree.SubElement(case, "skipped", message=_plain(reason))
            elif code or step.status is StepStatus.INTERRUPTED:
                ElementTree.SubElement(case, "failure" if code == 1 else "error", message=_plain(reason))
    if night.status is not Status.DONE:
        suite = ElementTree.SubElement(root, "testsuite", name="night", tests="1", failures="0", errors="1")
        case = ElementTree.SubElement(suite, "testcase", classname="night", name="finished")
        ElementTree.SubElement(case, "error", message="the night is not done: type the same command again")
    return root


def _metrics(step: Step) -> Iterator[str]:
    if not step.verdict or not step.verdict["metrics"]:
        return
    yield from ("", f"## {step.name}", "", "| metric | tonight | change | outcome | why |", "|---|---|---|---|---|")
    for each in step.verdict["metrics"]:
        now = step.metrics.get(each["metric"])
        mean = f"{now['mean']:.4f}" if now else ""
        yield f"| {each['metric']} | {mean} | {each['difference']:+.4f} | {each['outcome']} | {_cell(each['reason'])} |"


def _judged_metrics(step: Step) -> Iterator[tuple[str, int, str]]:
    codes = {"pass": 0, "regression": 1, "inconclusive": 3}
    for each in (step.verdict or {}).get("metrics", ()):
        yield each["metric"], codes[each["outcome"]], each["reason"]


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|").replace("`", "'")


def _typed(advice: str) -> str:
    """A command stands apart from its words."""
    return f"`{_cell(advice)}`" if advice.startswith("stemma ") else _cell(advice)


def _plain(text: str) -> str:
    """One line without control characters: notes may quote what came from outside."""
    return " ".join(printable(text).split())
