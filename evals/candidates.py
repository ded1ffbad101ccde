"""Cases that were found and that nobody has looked at yet: candidates.jsonl, with a card that says so.

Decides what a candidate row is, when two are the same (their questions are, once folded), and what may be replaced: a
row that nobody has reviewed, by one that says more. The rows have the form of queries.jsonl, but the file has another
name: a folder of candidates is never read as a data set. Whoever takes one over moves its row.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemma.evals.errors import InvalidResults
from stemma.evals.rows import read_rows
from stemma.memory.text import words

CANDIDATES = "candidates.jsonl"
CARD = "README.md"
KINDS = ("bad", "good", "error", "interrupted", "abstained", "answered")
"""What the run came to, the most telling first: what people said of it, then how it ended."""
_CARD_TEXT = """# Candidate cases

Found by `stemma eval harvest` in finished runs. **Not a data set**: nobody vouches for these rows until somebody has
looked at them. `answers` and `gold` are filled in only where a person approved or corrected the answer.

To use a row: read it, correct `question`, `answers`, `gold` (or set `"unanswerable": true`), and move it into the
`queries.jsonl` of a data folder. Set `"reviewed": true` on a row that stays here, and no later harvest changes it.

| field | meaning |
|---|---|
| kind | bad, good (feedback); error, interrupted, abstained (how the run ended); answered (nobody said anything) |
| said | what the run answered |
| run, thread | open it: `stemma runs show RUN` |
| redacted | what was taken out of the row, by kind; check that nothing private is left |
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One question that somebody asked, with what became of it; its texts are redacted already."""

    question: str
    kind: str
    """One of `KINDS`."""
    run_id: str
    thread_id: str
    at: str
    """When the run ended (ISO 8601)."""
    graph: str = ""
    said: str = ""
    reason: str = ""
    """Why it abstained or failed, or what was said about it."""
    answers: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    """Ids of the feedback in memory."""
    redacted: Mapping[str, int] | None = None

    @property
    def key(self) -> str:
        """Equal for questions that differ in case, accents, punctuation or white space only."""
        return " ".join(words(self.question))

    def row(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "id": "h" + hashlib.sha256(self.key.encode()).hexdigest()[:15],
            "question": self.question,
            "gold": list(self.gold),
            "answers": list(self.answers),
            "kind": self.kind,
            "said": self.said,
            "reason": self.reason,
            "run": self.run_id,
            "thread": self.thread_id,
            "graph": self.graph,
            "at": self.at,
            "feedback": list(self.feedback),
            "redacted": dict(self.redacted or {}),
            "reviewed": False,
        }


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of some candidates: the rows as they are now, and how many were new, replaced, or there already."""

    rows: tuple[Mapping[str, Any], ...]
    added: tuple[Candidate, ...]
    changed: int
    known: int


def merge(rows: Iterable[Mapping[str, Any]], found: Iterable[Candidate]) -> Merged:
    """Rows of the file with the candidates among them, one row a question; in order, new ones last. Pure.

    Of several candidates with one question the most telling counts, then the first.
    """
    kept = {_key(row): row for row in rows}
    best: dict[str, Candidate] = {}
    for candidate in found:
        other = best.get(candidate.key)
        if other is None or _rank(candidate.kind) < _rank(other.kind):
            best[candidate.key] = candidate
    changed = 0
    added = []
    for key, candidate in best.items():
        there = kept.get(key)
        if there is None:
            added.append(candidate)
        elif not there.get("reviewed") and _rank(candidate.kind) < _rank(str(there.get("kind", ""))):
            changed += 1
        else:
            continue
        kept[key] = candidate.row()
    return Merged(tuple(kept.values()), tuple(added), changed, len(best) - len(added) - changed)


def read_candidates(folder: Path) -> list[Mapping[str, Any]]:
    """The rows of the folder, none where there is no file yet. Raises `InvalidDataset` for a file that is not one."""
    file = folder / CANDIDATES
    if not file.is_file():
        return []
    rows = list(read_rows(file))
    for row in rows:
        row.text("question")
    return [row.fields for row in rows]


def write_candidates(folder: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the file, whole or not at all, and the card if there is none. Raises `InvalidResults`."""
    text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{CANDIDATES}.{os.getpid()}"
        partial.write_text(text, "utf-8", newline="\n")
        partial.replace(folder / CANDIDATES)
        if not (folder / CARD).exists():
            (folder / CARD).write_text(_CARD_TEXT, "utf-8", newline="\n")
    except OSError as problem:
        message = f"{folder} cannot be written: {problem.strerror or problem}"
        raise InvalidResults(message, hint="say where with --out DIR") from problem


def _key(row: Mapping[str, Any]) -> str:
    return " ".join(words(str(row["question"])))


def _rank(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)
