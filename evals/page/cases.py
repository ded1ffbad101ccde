"""The cases of the page: failures first, then the worst, each with what it was asked, what came back, and its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from stemma.evals.case import Case, Failure, Row
from stemma.evals.page.figures import label, percent
from stemma.evals.page.markup import Html, html, joined

_LONG = 420
"""Characters of a passage that are shown."""


def case_list(rows: Sequence[Row], primary: str, limit: int) -> Html:
    """All cases, at most `limit`, with a filter that needs no script. `primary` is the metric they are sorted by."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.case.id, []).append(row)
    ordered = sorted(grouped.values(), key=lambda group: _badness(group, primary))
    hidden = len(ordered) - limit
    more = f"{hidden} more cases are in results.jsonl." if hidden > 0 else ""
    return html(
        '<section class="cases"><h2>Cases</h2><div class="filter" role="radiogroup" aria-label="Which cases">'
        '<label><input type="radio" name="show" id="show-all" checked> all {all}</label>'
        '<label><input type="radio" name="show" id="show-short"> short of full {short}</label>'
        '<label><input type="radio" name="show" id="show-failed"> failed {failed}</label></div>'
        '<div class="list">{cases}</div><p class="quiet">{more}</p></section>',
        all=len(ordered),
        short=sum(_state(group, primary) != "full" for group in ordered),
        failed=sum(_state(group, primary) == "failed" for group in ordered),
        cases=joined(_case(group, primary) for group in ordered[:limit]),
        more=more,
    )


def anchor(case_id: str) -> str:
    """What the case is called in links to the page: ids of cases may hold anything, a name in a page may not."""
    return f"case-{sha256(case_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _state(group: Sequence[Row], primary: str) -> str:
    if any(row.failing for row in group):
        return "failed"
    value = _score(group[0], primary)
    if value is None:
        return "full"
    return "full" if value >= 1 else "missed" if value == 0 else "part"


def _badness(group: Sequence[Row], primary: str) -> tuple[int, float]:
    failed = any(row.failing for row in group)
    value = _score(group[0], primary)
    return (0 if failed else 1, 1.0 if value is None else value)


def _score(row: Row, metric: str) -> float | None:
    """The row's score in the metric; in abstention where the metric was not due."""
    scores = {score.metric: score.value for score in row.scores}
    return scores.get(metric, scores.get("abstention_accuracy"))


def _case(group: Sequence[Row], primary: str) -> Html:
    first = group[0]
    chips = joined(
        html('<span class="chip">{variant} {value}</span>', variant=row.variant, value=_shown(_score(row, primary)))
        for row in group
    )
    return html(
        '<details class="case {state}" id="{anchor}"><summary><span class="dot"></span>'
        '<span class="question">{question}</span><span class="chips">{chips}</span></summary>'
        '<div class="body">{known}{rows}</div></details>',
        state=_state(group, primary),
        anchor=anchor(first.case.id),
        question=first.case.question,
        chips=chips,
        known=_known(first.case),
        rows=joined(_row(row) for row in group),
    )


def _known(case: Case) -> Html:
    facts = [("case", case.id)]
    facts += [("right answer", " · ".join(case.answers))] if case.answers else []
    facts += [("gold", " · ".join(case.gold))] if case.gold else []
    facts += [] if case.answerable else [("right is", "to abstain: the corpus does not hold the answer")]
    return _facts(facts)


def _facts(facts: Sequence[tuple[str, str]]) -> Html:
    return html(
        '<dl class="facts">{facts}</dl>',
        facts=joined(
            html("<div><dt>{name}</dt><dd>{value}</dd></div>", name=name, value=value) for name, value in facts
        ),
    )


def _row(row: Row) -> Html:
    failure = Html("")
    if row.failure is not None:
        text = f"{row.failure.stage}: {row.failure.error}: {row.failure.message}"
        failure = html('<p class="failure">{text}</p>', text=text)
    place = [("run", row.run_id), ("thread", row.thread_id)] if row.run_id else []
    place += [(label(metric), each["label"]) for metric, each in row.detail.get("labels", {}).items()]
    return html(
        "<article><h3>{variant} <small>{time}</small></h3>{failure}{answer}{hits}{scores}{place}</article>",
        variant=row.variant,
        time="" if row.milliseconds is None else f"{row.milliseconds:,.1f} ms",
        failure=joined([failure, *(_broken(metric, each) for metric, each in row.failed_metrics.items())]),
        answer=_answer(row.detail),
        hits=_hits(row.detail.get("hits", ()), row.case.gold),
        scores=_scores(row),
        place=_facts(place) if place else Html(""),
    )


def _broken(metric: str, failure: Failure) -> Html:
    text = f"{label(metric)}: {failure.error}: {failure.message}"
    return html('<p class="failure">{text}</p>', text=text)


def _answer(detail: Mapping[str, Any]) -> Html:
    if "answer" not in detail:
        return Html("")
    citations = joined(
        html(
            '<li value="{n}"><b>{title}</b> <q>{quote}</q> <small>{document}</small></li>',
            n=cited.get("n", 0),
            title=cited.get("title", ""),
            quote=cited.get("quote", ""),
            document=cited.get("document_id") or cited.get("uri", ""),
        )
        for cited in detail.get("citations", ())
    )
    steps = joined(
        html("<li><b>{step}</b> {text}</li>", step=each.get("step", ""), text=each.get("text", ""))
        for each in detail.get("steps", ())
    )
    return html(
        '<blockquote class="{kind}">{answer}</blockquote>{short}<ol class="citations">{citations}</ol>'
        '<ol class="steps">{steps}</ol>',
        steps=steps,
        kind="abstained" if detail.get("abstained") else "said",
        answer=detail["answer"],
        short=_facts([("scored as", detail["short"])]) if detail.get("short") else Html(""),
        citations=citations,
    )


def _hits(hits: Sequence[Mapping[str, Any]], gold: Sequence[str]) -> Html:
    if not hits:
        return Html("")
    items = joined(
        html(
            '<li class="{kind}"><b>{title}</b> <small>{id} · {score}</small><p>{text}</p></li>',
            kind="gold" if hit["id"] in gold else "other",
            title=hit["title"] or "untitled",
            id=hit["id"],
            score=f"{hit['score']:.4g}",
            text=hit["text"] if len(hit["text"]) <= _LONG else hit["text"][:_LONG] + " …",
        )
        for hit in hits
    )
    return html('<ol class="hits">{items}</ol>', items=items)


def _scores(row: Row) -> Html:
    return html(
        '<p class="scores">{scores}</p>',
        scores=joined(
            html(
                '<span title="{reason}">{name} <b>{value}</b></span>',
                reason=score.reason,
                name=label(score.metric),
                value=percent(score.value),
            )
            for score in row.scores
        ),
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else percent(value)
