"""What a night's page shows beside its figures: cases to look at, what seems false, drift, what feedback changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stemma.evals.errors import InvalidResults
from stemma.evals.nightly.record import Night, Step
from stemma.evals.page.cases import anchor
from stemma.evals.page.figures import percent
from stemma.evals.page.markup import Html, html, joined
from stemma.evals.results import PAGE, read_cases
from stemma.evals.summary import Json

_MOST = 10
"""Cases of a suite that stand here; its own page has them all."""


def worst_cases(night: Night, folder: Path) -> Html:
    """Of every suite the failed cases, then the worst, each with the way to its page, its run and its thread."""
    return joined(_cases(step, folder) for step in night.steps if step.primary)


def _cases(step: Step, folder: Path) -> Html:
    try:
        cases = [case for case in read_cases(folder / step.folder) if step.variant in ("", case["variant"])]
    except InvalidResults as problem:
        return html('<p class="alert bad">{text}</p>', text=str(problem))
    short = [case for case in cases if _value(case, step.primary) < 1]
    if not short:
        return Html("")
    worst = sorted(short, key=lambda case: (case["failure"] is None, _value(case, step.primary)))[:_MOST]
    return html(
        '<section><h2>{name}: cases to look at</h2><p class="quiet">{count} of {cases} are short of full; the worst'
        ' stand here.</p><div class="scroll"><table class="compare"><thead><tr><th scope="col">case</th>'
        '<th scope="col">score</th><th scope="col">run</th><th scope="col">thread</th></tr></thead><tbody>{rows}'
        "</tbody></table></div></section>",
        name=step.name.capitalize(),
        count=len(short),
        cases=len(cases),
        rows=joined(_case(case, step) for case in worst),
    )


def _case(case: Json, step: Step) -> Html:
    failure = case["failure"]
    return html(
        '<tr><td class="wide"><a href="{folder}/{page}#{anchor}">{question}</a></td><td>{score}</td>'
        "<td><small>{run}</small></td><td><small>{thread}</small></td></tr>",
        folder=step.folder,
        page=PAGE,
        anchor=anchor(case["id"]),
        question=case["question"] or case["id"],
        score=f"failed: {failure['error']}" if failure else percent(_value(case, step.primary)),
        run=case["run_id"] or "–",
        thread=case["thread_id"] or "–",
    )


def _value(case: Json, metric: str) -> float:
    """The row's score; in abstention where the metric was not due, and full where neither was."""
    if case["failure"]:
        return 0.0
    scores = case["scores"]
    return float(scores.get(metric, scores.get("abstention_accuracy", 1.0)))


def what_seems_false(step: Step | None) -> Html:
    """Proposals of quarantine with their evidence, and contradictions that nobody could decide."""
    if step is None or not (step.found.get("proposals") or step.found.get("undecided")):
        return Html("")
    return html(
        '<section><h2>What seems false in memory</h2><p class="quiet">{note}</p>{proposals}{undecided}</section>',
        note=step.note,
        proposals=joined(map(_proposal, step.found["proposals"])),
        undecided=joined(map(_undecided, step.found["undecided"])),
    )


def _proposal(found: Mapping[str, Any]) -> Html:
    done = f"in quarantine ({found['quarantined']})" if found["quarantined"] else "proposed for quarantine"
    return html(
        "<article><h3>{node} {id} <small>{done}, score {score}</small></h3><blockquote>{says}</blockquote>"
        '<p>{reason}</p><ol class="hits">{evidence}</ol></article>',
        node=found["node"],
        id=found["item_id"],
        done=done,
        score=f"{found['score']:.2f}",
        says=found["says"],
        reason=found["reason"],
        evidence=joined(
            html("<li>{text} <small>{place}</small></li>", text=each["text"], place=each["uri"] or each["item_id"])
            for each in found["evidence"]
        ),
    )


def _undecided(found: Mapping[str, Any]) -> Html:
    return html(
        '<article><h3>undecided: {slot} <small>{about}</small></h3><ol class="hits">{sides}</ol></article>',
        slot=found["slot"],
        about=found["about"],
        sides=joined(
            html(
                "<li>{text} <small>support {support}; {items}</small></li>",
                text=side["text"],
                support=f"{side['support']:g}",
                items=", ".join(side["items"]),
            )
            for side in found["sides"]
        ),
    )


def drifting(step: Step | None) -> Html:
    """What changed in the runs of late; nothing where there are too few."""
    changes: Sequence[Mapping[str, Any]] = step.found.get("changes", ()) if step else ()
    if step is None or not changes:
        return Html("")
    return html(
        '<section><h2>Drift</h2><p class="quiet">{note}</p><div class="scroll"><table class="compare"><thead><tr>'
        '<th scope="col">feature of a run</th><th scope="col">before</th><th scope="col">now</th><th scope="col">p'
        '</th><th scope="col"></th></tr></thead><tbody>{rows}</tbody></table></div></section>',
        note=step.note,
        rows=joined(
            html(
                '<tr><th scope="row">{name}</th><td>{before}</td><td>{now}</td><td>{p}</td><td>{alarm}</td></tr>',
                name=f"{change['family']}: {change['name']}",
                before=percent(change["before"]),
                now=percent(change["now"]),
                p=f"{change['p_value']:.2g}",
                alarm="changed" if change["alarm"] else "",
            )
            for change in changes
        ),
    )


def changes_of_feedback(step: Step | None) -> Html:
    """Corrected questions, answered before and now."""
    changes: Sequence[Mapping[str, Any]] = step.found.get("changes", ()) if step else ()
    if step is None or not changes:
        return Html("")
    return html(
        '<section><h2>What feedback changed</h2><p class="quiet">{note}</p>{changes}</section>',
        note=step.note,
        changes=joined(map(_change, changes)),
    )


def _change(found: Mapping[str, Any]) -> Html:
    failure = found["failure"]
    now = f"{failure['error']}: {failure['message']}" if failure else found["now"] or "nothing"
    facts = {
        "correction": f"{found['correction']} ({found['by'] or 'nobody named'})",
        "before": found["before"] or "nothing",
        "now": now,
        "rests on it": "yes" if found["cited"] else "no",
        "run": found["run_id"],
        "thread": found["thread_id"],
        "to take back": f"stemma memory retract {found['source_id']}",
    }
    return html(
        '<article><h3>{question}</h3><dl class="facts">{facts}</dl></article>',
        question=found["question"] or "(not known what was asked)",
        facts=joined(
            html("<div><dt>{name}</dt><dd>{value}</dd></div>", name=name, value=facts[name]) for name in facts
        ),
    )
