"""The propagation benchmark on its page: how contamination goes over the sessions, what each remedy leaves, the sweep.

Decides which arms are drawn (a chart of fifteen lines shows nothing); every arm stands in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.evals.page.curves import curves
from stemma.evals.page.figures import label, percent
from stemma.evals.page.markup import Html, html, joined
from stemma.evals.propagation.arms import DETECTING, NOTHING, OURS

_DRAWN = (NOTHING, "delete the source", "purge by similarity", "write gate only", OURS, DETECTING.name)
_COLUMNS = (
    "contamination_before",
    "contamination_after",
    "invalidated_memory_exposure",
    "blast_radius_precision",
    "blast_radius_recall",
    "collateral_loss",
    "support_preserved",
    "answer_availability",
    "truth_restored",
    "outdated_answers",
    "provenance_completeness",
)
"""What is a share."""


def shares(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Of an arm's figures those that a percent sign stands behind."""
    return {metric: metrics[metric] for metric in _COLUMNS if metric in metrics}


def propagation(figures: Mapping[str, Any], contained_at: int) -> Html:
    """All sections between the tiles and the cases."""
    drawn = {name: figures["sessions"][name] for name in _DRAWN if name in figures["sessions"]}
    parts = [
        curves(
            "Contamination, session by session",
            "Answers about poisoned facts that say the falsehood. The line marks containment.",
            drawn,
            "session",
            at=float(contained_at),
        ),
        _table("Remedies", figures["arms"]),
        _by_fault(figures["by_fault"]),
        curves(
            "When lineage is lost",
            "Contamination after containment. In Stemma's memory what has lost its lineage is not recalled; beside a"
            " plain store it stays.",
            {
                name: {share: row.get("contamination_after") for share, row in points.items()}
                for name, points in reversed(figures.get("sweep", {}).items())
            },
            "share of edges lost",
        ),
    ]
    if passages := figures.get("passages"):
        parts.append(_table(f"Real passages, {passages['questions']} questions", passages["arms"]))
    parts += [_detection(seed, found) for seed, found in figures.get("detection", {}).items()]
    return joined(parts)


def _table(title: str, arms: Mapping[str, Mapping[str, Any]]) -> Html:
    body = joined(
        html(
            '<tr><th scope="row">{name}</th>{cells}</tr>',
            name=name,
            cells=joined(
                html('<td class="number">{value}</td>', value=percent(row[metric]["mean"]) if metric in row else "–")
                for metric in _COLUMNS
            ),
        )
        for name, row in arms.items()
    )
    return html(
        '<section><h2>{title}</h2><p class="quiet">In percent.</p><div class="scroll"><table><thead><tr><th></th>{head}'
        "</tr></thead><tbody>{body}</tbody></table></div></section>",
        title=title,
        head=joined(html('<th scope="col" class="wrapped">{name}</th>', name=label(metric)) for metric in _COLUMNS),
        body=body,
    )


def _by_fault(arms: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> Html:
    faults = list(next(iter(arms.values())))
    body = joined(
        html(
            '<tr><th scope="row">{name}</th>{cells}</tr>',
            name=name,
            cells=joined(
                html(
                    '<td class="number">{before} → {after}</td>',
                    **{side: _share(row[fault][side]) for side in row[fault]},
                )
                for fault in faults
            ),
        )
        for name, row in arms.items()
    )
    return html(
        '<section><h2>By class of fault</h2><p class="quiet">Contamination in percent, before and after containment.'
        '</p><div class="scroll"><table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        "</section>",
        head=joined(html('<th scope="col">{name}</th>', name=fault) for fault in faults),
        body=body,
    )


def _detection(seed: str, found: Mapping[str, Any]) -> Html:
    rows = [
        (
            fault,
            f"{row['found']} of {row['entered']}",
            "–" if row["time_to_detect"] is None else f"{row['time_to_detect']:.1f}",
        )
        for fault, row in found["by_fault"].items()
    ]
    changes = "; ".join(
        f"{row['proposed']} of {row['changes']} true changes that were {news}"
        for news, row in found["true_changes"].items()
    )
    return html(
        '<section><h2>Found without being told, seed {seed}</h2><p class="quiet">{alarms} false alarms on {true} true'
        " statements ({rate} per 1,000): {changes}. {corrections} answers were corrected by readers.</p>"
        '<div class="scroll"><table><thead><tr><th></th><th>found</th><th>sessions to detect</th></tr></thead><tbody>'
        "{body}</tbody></table></div></section>",
        seed=seed,
        alarms=len(found["false_alarms"]),
        true=found["true_statements"],
        rate=f"{found['false_alarms_per_1000']:.1f}",
        changes=changes or "no fact changed",
        corrections=found["corrections"],
        body=joined(
            html(
                '<tr><th scope="row">{name}</th><td>{found}</td><td class="number">{waited}</td></tr>',
                name=name,
                found=share,
                waited=waited,
            )
            for name, share, waited in rows
        ),
    )


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)
