"""What consolidation did as JSON objects: what `--json` prints and the server answers. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stemma.memory.consolidation.model import Consolidation, ConsolidationReport, Mark

LISTED = 100
"""Of a run's findings so many are listed of each kind; its counts tell of all."""


def run_record(run: Consolidation) -> dict[str, Any]:
    """One run; `scope` names only what it is narrowed to."""
    return {
        **asdict(run),
        "scope": {name: value for name, value in asdict(run.scope).items() if value},
        "at": run.at.isoformat(),
        "undone_at": run.undone_at.isoformat() if run.undone_at else None,
    }


def report_record(report: ConsolidationReport, *, dry_run: bool, listed: int = LISTED) -> dict[str, Any]:
    """What a run did, or would do: its counts, and the first of its findings."""
    return {
        "dry_run": dry_run,
        "run": run_record(report.run),
        "looked_at": report.looked_at,
        "duplicates": [
            {"id": one.id, "label": one.node.value, "shown": one.canonical, "rule": one.rule.value}
            for one in report.duplicates[:listed]
        ],
        "demotions": [
            {"id": one.id, "label": one.node.value, "rule": one.rule.value} for one in report.demotions[:listed]
        ],
        "truncated": max(len(report.duplicates), len(report.demotions)) > listed,
    }


def mark_record(mark: Mark | None) -> dict[str, Any]:
    """What was made of an item, as a field of its record; nothing for one that is as it came."""
    if mark is None:
        return {}
    rules = [rule.value for rule in mark.demoted]
    return {"consolidation": {"shown": mark.shown or None, "merged": mark.merged, "demoted": rules}}


def mark_words(mark: Mark) -> str:
    """The same for a line of a listing; empty for what is as it came."""
    said = [
        f"merged into {mark.shown}" if mark.shown else "",
        f"shown for {mark.merged:,} more" if mark.merged else "",
        f"demoted: {', '.join(mark.demoted)}" if mark.demoted else "",
    ]
    return "; ".join(words for words in said if words)
