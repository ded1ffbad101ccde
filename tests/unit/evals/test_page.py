"""The page: hostile text stays text, nothing is loaded from anywhere, failures stand first, and gaps are told."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.page.markup import Html, html
from stemma.evals.results import Evaluation, run_record
from stemma.evals.summary import paired_differences, summarise

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> {style} {0} \u202egnp.exe\x00 </style>'
SAMPLING = Sampling(seed=1, resamples=100)


class Elements(HTMLParser):
    """Collects what a browser would see: tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def retrieval_evaluation(rows: list[Row], **facts: Any) -> Evaluation:
    run = run_record(
        "retrieval",
        data={"hash": "ab" * 32, "sets": ["one"], "documents": 3, "questions": 2, "corpus": "own", "limit": None},
        model=None,
        seed=1,
        interval=SAMPLING.as_json(),
        primary="recall@5",
        embedder={"name": "hashing", "dimension": 8},
        store="sqlite",
        ingest={"documents": 3, "passages": 3, "seconds": 0.5},
    )
    figures = summarise(rows, SAMPLING) | {"recipe": "hybrid", "latency_ms": {"cold": {}, "warm": {}, "first": None}}
    return Evaluation(run | facts, rows, figures)


def row(case_id: str, value: float, question: str = "Which port?") -> Row:
    case = Case(f"one/{case_id}", "one", question, ("one/a",))
    hit = {"id": "one/a", "title": HOSTILE, "score": 0.5, "text": HOSTILE}
    return Row(case, "hybrid", (Score("recall@5", value, HOSTILE),), ("one/a",), detail={"hits": [hit]})


def test_hostile_text_stays_text() -> None:
    page = page_of(retrieval_evaluation([row("q1", 0.5, HOSTILE)]))
    seen = Elements(page)
    assert not {"script", "img", "iframe", "link", "object", "base", "form"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(seen.text)
    assert "\u202e" not in page
    assert "\x00" not in page


def test_nothing_comes_from_outside() -> None:
    page = page_of(retrieval_evaluation([row("q1", 1)]))
    seen = Elements(page)
    assert not [name for name, _ in seen.attributes if name in {"src", "href", "srcset", "action"}]
    assert not re.search(r"url\(|@import|https?:", page)
    assert "default-src 'none'" in page


def test_failures_stand_first_and_are_told() -> None:
    bad = failed(Case("one/q9", "one", "The failed one?"), "hybrid", ("recall@5",), Failure("recall", "Busy", "locked"))
    page = page_of(retrieval_evaluation([row("q1", 0.0, "The missed one?"), row("q2", 1.0, "The full one?"), bad]))
    assert "1 row failed and counts as 0" in page
    places = [page.index(text) for text in ("The failed one?", "The missed one?", "The full one?")]
    assert places == sorted(places)
    assert "recall: Busy: locked" in page


def test_what_is_not_shown_is_counted() -> None:
    page = page_of(
        retrieval_evaluation([row(f"q{number}", 1.0, f"Question {number}?") for number in range(5)]), limit=2
    )
    assert "Question 1?" in page
    assert "Question 2?" not in page
    assert "3 more cases are in results.jsonl" in page


def test_an_evaluation_without_rows_has_a_page() -> None:
    evaluation = retrieval_evaluation([], ingest=None, embedder=None, store=None)
    page = page_of(Evaluation(evaluation.run, [], evaluation.figures, interrupted=True))
    assert "No case was finished." in page
    assert "Interrupted" in page


def test_answers_are_shown_beside_the_baseline() -> None:
    case = Case("one/q1", "one", "Who?", ("one/a",), ("Tomas Reyl",))
    citation = {"n": 1, "title": "Merrow", "quote": HOSTILE, "document_id": "one/a"}
    detail = {
        "answer": f"Tomas Reyl {HOSTILE} [1].",
        "short": "Tomas Reyl",
        "abstained": False,
        "citations": [citation],
    }
    ours = [Row(case, "answer", (Score("token_f1", 1.0),), run_id="run-7", thread_id="t-7", detail=detail)]
    theirs = [Row(case, "baseline", (Score("token_f1", 0.25),), detail={"answer": "It is Tomas Reyl there."})]
    base = retrieval_evaluation([], kind="run", model="extractive", primary="token_f1")
    figures = summarise(ours, SAMPLING) | {
        "baseline": summarise(theirs, SAMPLING),
        "difference": paired_differences(ours, theirs, SAMPLING),
    }
    page = page_of(Evaluation(base.run, [*ours, *theirs], figures))
    for text in ("Beside the baseline", "+75.0", "run-7", "t-7", "It is Tomas Reyl there."):
        assert text in page
    assert "script" not in Elements(page).tags


@pytest.mark.parametrize("value", ["<b>", '"', "'", "&"])
def test_values_are_escaped_unless_they_are_markup(value: str) -> None:
    assert value not in html("<i title='{value}'>", value=value).removeprefix("<i title='").removesuffix("'>") or (
        value == "&"
    )
    assert html("{value}", value=Html("<b>")) == "<b>"
    assert html("{value}", value="&") == "&amp;"
