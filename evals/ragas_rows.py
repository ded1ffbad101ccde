"""The rows that Ragas is asked to judge: what `stemma eval run` or `retrieval` recorded of each case.

Decides what of a results folder is the answer, the texts that were read, and the tool calls. The texts of a run stand
in the run store beside the results; `detail` may hold them instead ("contexts", "reference_contexts", "tool_calls"), so
that answers made elsewhere can be judged too. It judges nothing, and changes nothing in the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stemma.evals.case import Case, Failure, ToolCall
from stemma.evals.errors import InvalidResults
from stemma.evals.metrics.answer import without_marks
from stemma.evals.results import read_cases, read_summary
from stemma.evals.summary import Json
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import GraphFailure
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings

KINDS = ("run", "retrieval")
"""The kinds of evaluation whose rows hold something that Ragas can judge."""


@dataclass(frozen=True, slots=True)
class RagasRow:
    """One case and what became of it."""

    case: Case
    variant: str
    answers: bool = True
    """Whether this kind of evaluation has answers at all."""
    said: str = ""
    """The answer as prose, without citation marks; empty when there is none, or it abstained."""
    short: str = ""
    """The short answer beside it, or the prose again: what is compared with a right answer."""
    ranked: tuple[str, ...] = ()
    """Ids of the documents that were read, best first, one for each hit."""
    texts: tuple[str, ...] | None = None
    """The texts that were read, best first; None when nobody knows."""
    reference_texts: tuple[str, ...] = ()
    """Texts that an answer needs."""
    calls: tuple[ToolCall, ...] | None = None
    """The tools that were called, in order; None when nobody knows."""
    failure: Failure | None = None
    run_id: str = ""
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class RagasRows:
    """The rows of one variant, and the evaluation they come from."""

    source: Json
    variant: str
    rows: tuple[RagasRow, ...]


async def read_ragas_rows(folder: Path, variant: str = "") -> RagasRows:
    """The rows of one variant (a graph, a recipe), the first one unless named, with the texts their runs read.

    Raises `InvalidResults` for another kind of folder, an interrupted evaluation, and a variant that is not there.
    """
    summary = read_summary(folder)
    if summary["kind"] not in KINDS:
        raise InvalidResults(
            f"{folder} holds {summary['kind']!r} results, which have nothing for Ragas",
            hint="name what `stemma eval run` or `stemma eval retrieval` wrote",
        )
    if summary["interrupted"]:
        raise InvalidResults(f"{folder} was interrupted: part of its cases are missing", hint="run it again to its end")
    records = list(read_cases(folder))
    variants = list(dict.fromkeys(str(record["variant"]) for record in records))
    own = variant or (variants[0] if variants else "")
    if own not in variants:
        raise InvalidResults(f"{folder} holds no {own!r}", hint=f"--variant takes one of: {', '.join(variants)}")
    rows = [_row(record, answers=summary["kind"] == "run") for record in records if record["variant"] == own]
    return RagasRows(summary, own, tuple(await _with_texts(folder, rows)))


def _row(record: Json, *, answers: bool) -> RagasRow:
    detail, failure = record["detail"], record["failure"]
    case = Case(
        record["id"],
        record["set"],
        record["question"],
        tuple(record["gold"]),
        tuple(record["answers"]),
        record["answerable"],
        tools=_calls(record.get("tools")),
    )
    said = "" if detail.get("abstained") else without_marks(str(detail.get("answer") or ""))
    hits = [str(hit["text"]) for hit in detail.get("hits", ())]
    texts = detail.get("contexts", hits if hits or not answers else None)
    return RagasRow(
        case,
        record["variant"],
        answers,
        said,
        said and without_marks(str(detail.get("short") or said)),
        tuple(record["ranked"]),
        None if texts is None else tuple(texts),
        tuple(detail.get("reference_contexts", ())),
        _calls(detail.get("tool_calls", detail.get("usage", {}).get("tools"))),
        Failure(**failure) if failure else None,
        record["run_id"],
        record["thread_id"],
    )


def _calls(listed: Sequence[Json] | None) -> tuple[ToolCall, ...] | None:
    if listed is None:
        return None
    return tuple(ToolCall(str(call["name"]), call.get("args")) for call in listed)


async def _with_texts(folder: Path, rows: Sequence[RagasRow]) -> list[RagasRow]:
    """Rows whose texts are not known get those that their runs read, from the run stores of the folder."""
    missing = {row.run_id for row in rows if row.texts is None and row.run_id and row.failure is None}
    found: dict[str, tuple[str, ...]] = {}
    for store in _run_stores(folder):
        if missing - set(found):
            found |= await _texts_read(store, missing - set(found))
    return [replace(row, texts=found[row.run_id]) if row.run_id in found else row for row in rows]


def _run_stores(folder: Path) -> list[Path]:
    """A folder that was written twice holds two."""
    return sorted(folder.resolve().glob("runs*.db"))


async def _texts_read(store: Path, run_ids: set[str]) -> dict[str, tuple[str, ...]]:
    """Run id -> texts of the passages it recalled, in order, for the runs that this store holds."""
    catalog = Catalog()
    catalog.register("answer", build_answer_graph())
    found: dict[str, tuple[str, ...]] = {}
    async with await open_runtime(catalog, GraphSettings(database_url=f"sqlite:///{store}"), worker=False) as runtime:
        for run_id in sorted(run_ids):
            try:
                state = await runtime.join(LOCAL, None, run_id)
            except GraphFailure:
                continue  # another store's run, or one that left nothing: the row will say what it lacks
            if state and "passages" in state:
                found[run_id] = tuple(str(passage["text"]) for passage in state["passages"])
    return found
