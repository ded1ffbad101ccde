"""Finished runs become candidate cases: what people really asked, and above all what went wrong.

Decides which runs are looked at, what kind each is, and what of it is kept, redacted. It reads the run store and memory
and changes neither. It refuses to call anything right on its own: an answer is proposed only where somebody approved
it or said what is true instead, and nothing is put into a data set (`candidates.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stemma.evals.candidates import Candidate, merge, read_candidates, write_candidates
from stemma.evals.redaction import redact, without
from stemma.graphs.errors import NotFound, RunFailed
from stemma.graphs.local import Local
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.feedback import KeptFeedback, list_feedback
from stemma.memory.long_term import LongTermMemory

_PAGE = 200
_LONGEST_RUN = timedelta(days=1)
"""A run that took longer than this is missed by a harvest that starts at its end."""
_POOR = 0.5
"""A score below it is a complaint."""
_FAILED = (RunStatus.ERROR, RunStatus.TIMEOUT)
_State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Harvested:
    """What a harvest did to the folder."""

    added: int
    known: int
    """Questions that were there already, and stay as they are."""
    by_kind: Mapping[str, int]
    """Of the added ones."""
    folder: Path
    changed: int = 0
    """Unreviewed rows replaced by a run that says more: feedback came, or a question now fails."""
    runs: int = 0
    """Finished runs that were looked at."""
    without_question: int = 0
    """Of these, runs of graphs that ask nothing in words."""


async def harvest(local: Local, actor: Actor, *, since: datetime | None, out: Path, names: bool = False) -> Harvested:
    """Add the tenant's runs that ended since a time (all of them otherwise) to the candidates in `out`.

    Done again it adds nothing. `names` takes capitalised names out of the texts too. Feedback counts as far as the
    actor may see it, and as long as it was not taken back.
    Raises `Forbidden`, `InvalidDataset` for a candidates file that cannot be read, `InvalidResults` where it cannot be
    written, and what the stores raise.
    """
    rows = read_candidates(out)
    feedback = await _feedback(local.memory, actor)
    found: list[Candidate] = []
    runs = 0
    async for run in _ended(local.runtime, actor, since):
        runs += 1
        candidate = _candidate(run, await _values(local.runtime, actor, run), feedback.get(run.run_id, ()), names)
        if candidate is not None:
            found.append(candidate)
    merged = merge(rows, found)
    if merged.added or merged.changed:
        write_candidates(out, merged.rows)
    by_kind = Counter(candidate.kind for candidate in merged.added)
    return Harvested(
        len(merged.added), merged.known, dict(by_kind), out, merged.changed, runs, without_question=runs - len(found)
    )


async def _ended(runtime: Runtime, actor: Actor, since: datetime | None) -> AsyncIterator[Run]:
    """Newest first. Runs that start meanwhile may shift a page, so each is taken once."""
    seen: set[str] = set()
    offset = 0
    while page := await runtime.list_runs(actor, limit=_PAGE, offset=offset):
        for run in page:
            late = since is None or run.updated_at >= since
            if run.run_id not in seen and run.status.ended and late:
                yield run
            seen.add(run.run_id)
        if since is not None and page[-1].created_at < since - _LONGEST_RUN:
            return
        offset += _PAGE


async def _feedback(memory: LongTermMemory, actor: Actor) -> dict[str, list[KeptFeedback]]:
    found: dict[str, dict[str, KeptFeedback]] = {}
    offset, total = 0, 1
    while offset < total:
        page, total = await list_feedback(memory, memory_scope(actor), limit=_PAGE, offset=offset)
        for kept in page:
            if kept.source.supported:
                found.setdefault(kept.feedback.run_id, {})[kept.source.id] = kept
        offset += _PAGE
    return {run_id: list(each.values()) for run_id, each in found.items()}


async def _values(runtime: Runtime, actor: Actor, run: Run) -> _State:
    """What the run came to; nothing for one that failed, or whose graph is not served here."""
    try:
        values = await runtime.join(actor, run.thread_id, run.run_id)
    except (RunFailed, NotFound):
        return {}
    return values if isinstance(values, Mapping) else {}


def _candidate(run: Run, values: _State, feedback: Sequence[KeptFeedback], names: bool) -> Candidate | None:
    question = _text(values.get("question")) or _asked(run.request.input)
    if not question:
        return None
    kind, reason = _kind(run, values, feedback)
    corrections = [kept.feedback.correction for kept in feedback if kept.feedback.correction]
    short = _text(values.get("short_answer"))
    answers = corrections or ([short] if kind == "good" and short else [])
    clean = _Cleaning(names)
    return Candidate(
        clean(question),
        kind,
        run.run_id,
        run.thread_id,
        run.updated_at.isoformat(timespec="seconds"),
        run.graph_id,
        said=clean(_said(values)),
        reason=clean(reason),
        answers=tuple(clean(answer) for answer in answers),
        gold=_cited(values) if kind == "good" else (),
        feedback=tuple(kept.source.id for kept in feedback),
        redacted=clean.found,
    )


class _Cleaning:
    """Redacts the texts of one candidate, the question first, and counts what it took out.

    What was taken out of one text is taken out of the next ones word by word: why an answer abstained repeats the words
    of the question that it missed.
    """

    def __init__(self, names: bool) -> None:
        self._names = names
        self.found: Counter[str] = Counter()
        self._pieces: list[str] = []

    def __call__(self, text: str) -> str:
        done = redact(text, names=self._names)
        self.found.update(done.found)
        clean = without(done.text, self._pieces)
        self._pieces += done.pieces
        return clean


def _kind(run: Run, values: _State, feedback: Sequence[KeptFeedback]) -> tuple[str, str]:
    """What people said counts before how the run ended; a complaint before praise."""
    said = [kept.feedback for kept in feedback]
    comments = "; ".join(each.comment for each in said if each.comment)
    if any(each.correction or (each.score is not None and each.score < _POOR) for each in said):
        return "bad", comments
    if any(each.score is not None for each in said):
        return "good", comments
    if run.status in _FAILED:
        return "error", run.error or str(run.status)
    if run.status is RunStatus.INTERRUPTED:
        return "interrupted", "it was stopped"
    if values.get("abstained"):
        return "abstained", _text(values.get("reason"))
    if not _said(values):
        return "interrupted", "it waits for somebody, or ended without an answer"
    return "answered", comments


def _cited(values: _State) -> tuple[str, ...]:
    """Ids of the documents that an approved answer cites, as far as they came with one."""
    citations = [each for each in values.get("citations") or () if isinstance(each, Mapping)]
    return tuple(dict.fromkeys(own for each in citations if (own := _text(each.get("document_id")))))


def _asked(given: object) -> str:
    """The question in a run's input: as such, or as its last message from a person."""
    if not isinstance(given, Mapping):
        return ""
    if question := _text(given.get("question")):
        return question
    asked = [each for each in _messages(given) if _role(each) in ("user", "human")]
    return _text(asked[-1].get("content")) if asked else ""


def _said(values: _State) -> str:
    """The answer, or the last message where a model wrote it."""
    last = _messages(values)[-1:]
    written = _text(last[0].get("content")) if last and _role(last[0]) in ("assistant", "ai") else ""
    return _text(values.get("answer")) or written


def _messages(values: _State) -> list[_State]:
    found = values.get("messages")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _role(message: _State) -> str:
    return str(message.get("role") or message.get("type") or "")


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
