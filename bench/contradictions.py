"""How well contradictions between claims are told from rewordings, offline, by kind; and what looking costs.

    python -m bench.contradictions [--corpus DIR|FILE ...] [--seed 1] [--each 60] [--json FILE] [--show KIND]

Pairs are made from the statements that ingestion reads in a corpus (`alterations.py`, `rewordings.py`); a third of the
contradictions are reworded too. Documents are split in two by their title: the rules were made looking at the
development half, and the held-out half is what counts. Exits 1 when its precision is below .9 or its recall below .8.
Figures go to `bench/results/contradictions.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from typing import NamedTuple

from bench.alterations import ALTERATIONS, LOOK_ALIKES
from bench.processor_time import spent
from bench.rewordings import REWORDINGS
from stemma.memory.contradictions.model import ComparedClaim, Policy
from stemma.memory.contradictions.pairs import candidates, entity_ids, excluding
from stemma.memory.ingest.bundling import prepare
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.entities import entities
from stemma.memory.ingest.load import read_documents
from stemma.memory.ingest.pipeline import IngestReport
from stemma.memory.ingest.statements import statements
from stemma.memory.ingest.subjects import spelled_out
from stemma.memory.model import Document
from stemma.memory.open import open_memory
from stemma.memory.scope import Scope
from stemma.memory.settings import MemorySettings
from stemma.memory.text import content_terms

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "examples" / "supply_chain" / "documents"
RESULTS = HERE / "results" / "contradictions.json"
PRECISION, RECALL = 0.9, 0.8
SIBLINGS = "said besides"
SCOPE = Scope("bench")


class Written(NamedTuple):
    """A statement as it stands in its document, where it may leave its subject to the sentence before."""

    text: str
    subject: str


class Pair(NamedTuple):
    """Two statements, and whether they exclude each other."""

    kind: str
    first: str
    second: str
    contradictory: bool
    written: Written | None = None
    """The first one as its document has it."""


class Stated(NamedTuple):
    """A statement of a corpus with its subject named, and where it stands."""

    title: str
    text: str
    names: tuple[str, ...]
    written: Written


def stated(paths: Sequence[Path]) -> list[Stated]:
    """What ingestion would take for claims, in the order of the documents."""
    found = []
    for path in paths:
        for document in read_documents(str(path)):
            if isinstance(document, Unreadable):
                continue
            for excerpt in prepare(document).excerpts:
                for one in statements(excerpt):
                    end = one.start + len(one.text)
                    names = tuple(span.name for span in excerpt.named if one.start <= span.start < end)
                    told = (one.about.name, *names) if one.about else names
                    written = Written(one.text, one.subject)
                    found.append(Stated(excerpt.title, spelled_out(*written), told, written))
    return found


def held_out(title: str) -> bool:
    """Half of the documents, by their title."""
    return hashlib.sha256(title.encode()).digest()[0] % 2 == 1


def pairs(said: Sequence[Stated], seed: int, each: int) -> Iterator[Pair]:
    """At most so many pairs of each kind of contradiction, and as many of all the others together."""
    draw = Random(seed)
    names = sorted({name for one in said for name in one.names if 1 <= len(name.split()) <= 3 and name[0].isupper()})
    shuffled = draw.sample(list(said), len(said))
    for kind, alter in ALTERATIONS.items():
        made = 0
        for one in shuffled:
            if made == each:
                break
            if (changed := alter(one.text, draw, names)) and changed != one.text:
                first = _reworded(one.text, draw) if made % 3 == 2 else one.text
                yield Pair(kind, first, changed, True, one.written if first == one.text else None)
                made += 1
    kinds = len(REWORDINGS) + len(LOOK_ALIKES) + 1
    quota = max(1, len(ALTERATIONS) * each // kinds)
    for kind, reword in REWORDINGS.items():
        found = (Pair(kind, one.text, new, False, one.written) for one in shuffled if (new := reword(one.text, draw)))
        yield from _some((pair for pair in found if pair.second != pair.first), quota)
    for kind, change in LOOK_ALIKES.items():
        found = (
            Pair(kind, one.text, new, False, one.written) for one in shuffled if (new := change(one.text, draw, names))
        )
        yield from _some((pair for pair in found if pair.second != pair.first), quota)
    yield from _some(_siblings(said), quota)


def _some(found: Iterator[Pair], most: int) -> Iterator[Pair]:
    for _, pair in zip(range(most), found, strict=False):
        yield pair


def _reworded(text: str, draw: Random) -> str:
    """Said in another way that keeps every slot."""
    for kind in draw.sample(
        ("number format", "date format", "voice", "order", "synonyms", "detail added", "reported"), 7
    ):
        if new := REWORDINGS[kind](text, draw):
            return new
    return text


def _siblings(said: Sequence[Stated]) -> Iterator[Pair]:
    """Statements of one document about one thing, those first that share the most words."""
    by_title: defaultdict[str, list[Stated]] = defaultdict(list)
    for one in said:
        by_title[one.title].append(one)
    near = []
    for some in by_title.values():
        terms = [frozenset(content_terms(one.text)) for one in some]
        for n, first in enumerate(some):
            for m in range(n + 1, len(some)):
                if first.text != some[m].text and set(first.names) & set(some[m].names):
                    share = len(terms[n] & terms[m]) / len(terms[n] | terms[m])
                    near.append((-share, first.text, some[m].text))
    for _, text, other in sorted(near):
        yield Pair(SIBLINGS, text, other, False)


def called(pair: Pair) -> bool:
    """Whether memory would find it: the claims mention the same thing, are compared, and exclude each other."""
    first, second = _claim(pair.first, pair.written), _claim(pair.second)
    ids = entity_ids(SCOPE, [first])
    known = {one: [second] for some in entity_ids(SCOPE, [second]).values() for one in some}
    return bool(excluding(candidates([first], ids, known)))


def _claim(text: str, written: Written | None = None) -> ComparedClaim:
    things, _ = entities(SCOPE, text, "", text)
    names = [thing.name for thing in things]
    said, subject = written or Written(text, "")
    return ComparedClaim(text, SCOPE.audience, said, datetime.now(UTC), entities=names, subject=subject)


class Figures(NamedTuple):
    """What came out of one half."""

    table: dict[str, dict[str, int]]
    precision: float
    recall: float
    milliseconds: float
    """Processor time for one comparison."""


def measured(made: Sequence[Pair]) -> Figures:
    """The confusion table by kind, and the totals."""
    hits: Counter[str] = Counter()
    every = Counter(pair.kind for pair in made)
    began = process_time()
    for pair in made:
        hits[pair.kind] += called(pair)
    spent = 1_000 * (process_time() - began) / max(1, len(made))
    right = sum(hits[kind] for kind in ALTERATIONS)
    due = sum(every[kind] for kind in ALTERATIONS)
    table = {
        kind: {"pairs": every[kind], "called": hits[kind], "contradictory": int(kind in ALTERATIONS)} for kind in every
    }
    return Figures(table, right / max(1, hits.total()), right / max(1, due), spent)


class Cost(NamedTuple):
    """What looking costs while documents are ingested, without the vectors: by the hashing embedder, on SQLite."""

    passages: int
    claims: int
    milliseconds_per_claim: float
    """Processor time that a new claim costs more."""
    speed: float
    """Passages in a second of processor time, with it in times of without."""


def cost(documents: Sequence[Document], rounds: int = 2) -> Cost:
    """Ingest the documents without and with looking, in turn; the fastest of each counts."""
    took: defaultdict[Policy, list[float]] = defaultdict(list)
    report = IngestReport()
    for _ in range(rounds):
        for policy in (Policy.OFF, Policy.FLAG):
            with TemporaryDirectory() as folder:
                seconds, report = asyncio.run(_ingested(documents, policy, folder))
                took[policy].append(seconds)
    without, looking = min(took[Policy.OFF]), min(took[Policy.FLAG])
    more = 1_000 * (looking - without) / max(1, report.claims)
    return Cost(report.passages, report.claims, more, without / looking)


async def _ingested(documents: Sequence[Document], policy: Policy, folder: str) -> tuple[float, IngestReport]:
    settings = MemorySettings(embedder="hashing", contradictions=policy)
    async with await open_memory(settings, url=f"sqlite:///{folder}/memory.db") as memory:
        began = spent()
        report = await memory.ingest(SCOPE, documents)
        return spent() - began, report


def main() -> int:
    """The exit code: 1 when the held-out half misses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument(
        "--show", default="", help="print the pairs of this kind of the development half that came out wrong"
    )
    parser.add_argument("--cost", type=int, default=1_000, help="documents to ingest for the cost, 0 for none")
    asked = parser.parse_args()
    everything = stated([DEMO, *asked.corpus])
    halves = {
        "development": [one for one in everything if not held_out(one.title)],
        "held out": [one for one in everything if held_out(one.title)],
    }
    figures = {}
    for half, said in halves.items():
        made = list(pairs(said, asked.seed, asked.each))
        figures[half] = measured(made)
        _print(half, len(said), figures[half])
        if half == "development" and asked.show:
            for pair in made:
                if pair.kind == asked.show and called(pair) != pair.contradictory:
                    print(f"  - {pair.first}\n    {pair.second}")
    record: dict[str, object] = {half: one._asdict() for half, one in figures.items()}
    if asked.cost:
        found = (one for path in [DEMO, *asked.corpus] for one in read_documents(str(path)))
        spent = cost([one for one in found if isinstance(one, Document)][: asked.cost])
        record["cost"] = spent._asdict()
        print(
            f"{spent.milliseconds_per_claim:.2f} ms of processor time more for each of {spent.claims:,} claims; ",
            end="",
        )
        print(f"ingestion at {spent.speed:.2f} of its speed without")
    asked.json.parent.mkdir(exist_ok=True)
    asked.json.write_text(
        json.dumps({"seed": asked.seed, "each": asked.each, "statements": len(everything), **record}, indent=1) + "\n"
    )
    counts = figures["held out"]
    return int(counts.precision < PRECISION or counts.recall < RECALL)


def _print(half: str, statements: int, found: Figures) -> None:
    print(f"{half}: {statements:,} statements")
    for kind, row in found.table.items():
        due = "contradiction" if row["contradictory"] else "none"
        print(f"  {kind:18} {due:14} {row['called']:>4} of {row['pairs']:>4} called contradictory")
    print(f"  precision {found.precision:.3f}, recall {found.recall:.3f}; {found.milliseconds:.2f} ms a pair")


if __name__ == "__main__":
    sys.exit(main())
