"""An evaluation for those who read it beside its page: Markdown for a review, JUnit for a build server. Pure.

Decides the words. In JUnit every row is a case and a failure row an *error*; a promise that always has to hold, and was
broken, is a *failure*. How good the scores are is not for this report to judge: that is the gate's (`gate/`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from stemma.evals.case import Row
from stemma.evals.summary import Json

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 20
"""Failed rows that the Markdown names."""


def as_markdown(summary: Json, rows: Sequence[Row]) -> str:
    """The figures of the main variant and of each other one, then what failed or was broken."""
    data = summary.get("data") or {}
    lines = [f"# {summary['kind']}: {_cell(', '.join(data.get('sets', ())))}", ""]
    lines += [f"Revision {summary['revision']}, {summary['finished_at']}, data SHA-256 {data.get('hash', '')}.", ""]
    if summary.get("interrupted"):
        lines += ["**Interrupted**: these are the cases that were finished until then.", ""]
    for name, figures in _variants(summary).items():
        lines += _table(name, figures)
    broken = [*broken_promises(summary)]
    lines += [f"**Broken**: {_cell(promise)}" for promise in broken] + [""] * bool(broken)
    failing = [row for row in rows if row.failing]
    if failing:
        lines += [f"{len(failing)} rows failed and count as 0 where a score was due:", ""]
        lines += [f"- {_cell(row.case.id)} ({_cell(row.variant)}): {_cell(_problem(row))}" for row in failing[:_MOST]]
        lines += [f"- and {len(failing) - _MOST} more"] * (len(failing) > _MOST)
    return "\n".join(lines).rstrip() + "\n"


def as_junit(summary: Json, rows: Sequence[Row]) -> str:
    """`junit_tree` as a file's text."""
    return ElementTree.tostring(junit_tree(summary, rows), encoding="unicode", xml_declaration=True) + "\n"


def junit_tree(summary: Json, rows: Sequence[Row]) -> ElementTree.Element:
    """A case a row, and one for each broken promise."""
    broken = list(broken_promises(summary))
    errors = sum(row.failing for row in rows) + bool(summary.get("interrupted"))
    suite = ElementTree.Element(
        "testsuite",
        name=f"stemma eval {summary['kind']}",
        tests=str(len(rows) + len(broken) + bool(summary.get("interrupted"))),
        failures=str(len(broken)),
        errors=str(errors),
        timestamp=summary["finished_at"],
    )
    for row in rows:
        seconds = f"{(row.milliseconds or 0) / 1000:.3f}"
        case = ElementTree.SubElement(
            suite, "testcase", classname=_plain(row.variant), name=_plain(row.case.id), time=seconds
        )
        if row.failing:
            ElementTree.SubElement(case, "error", message=_plain(_problem(row)))
    for promise in broken:
        case = ElementTree.SubElement(suite, "testcase", classname="promises", name=_plain(promise))
        ElementTree.SubElement(case, "failure", message=_plain(promise))
    if summary.get("interrupted"):
        case = ElementTree.SubElement(suite, "testcase", classname="evaluation", name="finished")
        ElementTree.SubElement(case, "error", message="interrupted: not all cases were asked")
    return suite


def broken_promises(summary: Json) -> Iterator[str]:
    """What always has to hold, whatever a baseline says, and did not."""
    yield from map(str, summary.get("broken", ()))
    verbatim = summary["metrics"].get("citation_verbatim")
    if verbatim is not None and verbatim["mean"] < 1:
        yield "a citation is not verbatim in the passage it names"


def _variants(summary: Json) -> dict[str, Mapping[str, Any]]:
    if summary.get("recipes"):
        return dict(summary["recipes"])
    main = {str(summary.get("recipe") or summary.get("model") or summary["kind"]): summary}
    baseline = summary.get("baseline") or {}
    return main | ({"baseline": baseline} if baseline.get("metrics") else {})


def _table(name: str, figures: Mapping[str, Any]) -> list[str]:
    lines = [f"| {_cell(name)} | mean | interval | n |", "|---|---|---|---|"]
    for metric, each in figures["metrics"].items():
        lines.append(
            f"| {_cell(metric)} | {each['mean']:.4f} | {each['low']:.4f} to {each['high']:.4f} | {each['n']} |"
        )
    return [*lines, ""]


def _problem(row: Row) -> str:
    if row.failure is not None:
        return f"{row.failure.stage}: {row.failure.error}: {row.failure.message}"
    return "; ".join(f"{metric}: {each.error}: {each.message}" for metric, each in row.failed_metrics.items())


def _cell(text: str) -> str:
    """Text that is no markup in a Markdown table."""
    return re.sub(r"([\\|`*<>\[\]])", r"\\\1", " ".join(_plain(text).split()))


def _plain(text: str) -> str:
    """Text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
