"""The baseline: one file, committed, made on purpose by `promote`, and checked whenever it is read.

Decides what a baseline holds and refuses one that was edited, cut short, or never promoted. Nothing becomes a baseline
by being there: a results folder is none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from stemma.evals.errors import InvalidResults, NotMeasured
from stemma.evals.gate.pairing import Scored, of_variant
from stemma.evals.reports import broken_promises
from stemma.evals.results import read_cases, read_summary
from stemma.evals.summary import Json

SCHEMA = 1
DESCRIPTIVE = frozenset({"abstained"})
"""Shares that are neither good nor bad: to answer more is no loss. `abstention_accuracy` says whether it was right."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What later evaluations are compared with."""

    kind: str
    """Of evaluation: "retrieval", "run", …"""
    variant: str
    data_hash: str
    revision: str
    promoted_at: str
    promoted_by: str
    reason: str
    replaces: str
    """Digest of the baseline that stood in this file before; empty for the first."""
    cases: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One evaluation's results as the gate reads them."""

    kind: str
    variant: str
    data_hash: str
    revision: str
    interrupted: bool
    finished_at: str
    cases: tuple[Scored, ...]
    records: tuple[Json, ...]
    """The same cases as results.jsonl has them."""
    broken: tuple[str, ...] = ()
    """Promises that the evaluation itself found broken."""


def read_candidate(folder: Path, variant: str = "") -> Candidate:
    """The results of one variant, the evaluation's main one unless another is named. Raises `InvalidResults`."""
    summary = read_summary(folder)
    records = list(read_cases(folder))
    known = list(dict.fromkeys(record["variant"] for record in records))
    chosen = variant or summary.get("recipe", "") or (known[0] if known else "")
    if chosen not in known:
        raise InvalidResults(f"{folder} holds no {chosen!r}", hint=f"--variant takes one of: {', '.join(known)}")
    return Candidate(
        kind=summary["kind"],
        variant=chosen,
        data_hash=summary["data"]["hash"],
        revision=summary["revision"],
        interrupted=bool(summary["interrupted"]),
        finished_at=str(summary.get("finished_at", "")),
        cases=tuple(of_variant(records, chosen)),
        records=tuple(record for record in records if record["variant"] == chosen),
        broken=tuple(broken_promises(summary)),
    )


def promote(candidate: Candidate, file: Path, *, by: str, reason: str) -> Baseline:
    """Make a finished evaluation the baseline in `file`; who did it and why is kept, and what it replaces.

    Raises `InvalidResults` for an interrupted one, one with failures or without cases, and for a file that holds
    something else.
    """
    broken = any(case.failed or case.failed_metrics for case in candidate.cases)
    if candidate.interrupted or not candidate.cases or broken:
        raise InvalidResults(
            "an evaluation that was interrupted, failed in a case or has none is no baseline",
            hint="run it again until every case has a result",
        )
    replaces = _digest(_body(read_baseline(file))) if file.exists() else ""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    baseline = Baseline(
        candidate.kind,
        candidate.variant,
        candidate.data_hash,
        candidate.revision,
        now,
        by,
        reason,
        replaces,
        candidate.cases,
    )
    body = _body(baseline)
    text = json.dumps({"schema": SCHEMA, "digest": _digest(body), **body}, ensure_ascii=False, indent=1)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        partial.write_text(text + "\n", "utf-8", newline="\n")
        partial.replace(file)
    except OSError as problem:
        raise InvalidResults(f"{file} cannot be written: {problem.strerror or problem}") from problem
    return baseline


def read_baseline(file: Path) -> Baseline:
    """Raises `InvalidResults` for a file that is not there, not a baseline, newer, or not as it was promoted."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as problem:
        hint = f"stemma eval promote RESULTS --baseline {file} --reason …"
        raise InvalidResults(f"there is no baseline {file}", hint=hint) from problem
    except ValueError as problem:
        raise InvalidResults(f"{file} is not JSON") from problem
    if not isinstance(content, dict) or "digest" not in content or "cases" not in content:
        raise InvalidResults(f"{file} is not a baseline", hint="only what `stemma eval promote` wrote is one")
    if content["schema"] > SCHEMA:
        raise InvalidResults(f"{file} was written by a newer version of Stemma")
    body = {name: content[name] for name in content if name not in ("schema", "digest")}
    if _digest(body) != content["digest"]:
        hint = "promote again, or take the file from version control"
        raise InvalidResults(f"{file} is not as it was promoted: somebody changed it", hint=hint)
    return Baseline(**{**body, "cases": tuple(Scored(**case) for case in body["cases"])})


def refuse_strangers(baseline: Baseline | Candidate, candidate: Candidate) -> None:
    """Raises `InvalidResults` when the two did not measure the same thing, `NotMeasured` when the candidate is not
    whole: what was left out may be what would have failed."""
    for name in ("kind", "variant"):
        if getattr(baseline, name) != getattr(candidate, name):
            raise InvalidResults(
                f"the baseline is of {name} {getattr(baseline, name)!r}, these results of {getattr(candidate, name)!r}",
                hint="name the baseline that was promoted for this evaluation",
            )
    if candidate.interrupted:
        raise NotMeasured("this evaluation was interrupted: it cannot pass or fail", hint="run it again to its end")


def gated_metrics(cases: Sequence[Scored]) -> list[str]:
    """Every metric that the baseline's cases have and in which more is better, in order."""
    return list(dict.fromkeys(metric for case in cases for metric in case.scores if metric not in DESCRIPTIVE))


def _body(baseline: Baseline) -> Json:
    body = asdict(baseline)
    body["cases"] = [{name: value for name, value in asdict(case).items() if value != ()} for case in baseline.cases]
    return body


def _digest(body: Json) -> str:
    return sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
