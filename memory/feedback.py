"""What people say about a run, kept as sources of their own, and what a correction stands in the place of.

Decides the address, the contents and the effect of feedback. A correction is the text of its source: it is recalled and
cited like a document, under the question as its title, and each of its sentences is a claim. A score or a comment alone
is kept and never recalled. It refuses to guess what a correction means: of the claims that the run itself made it
supersedes those that say otherwise in a number, date, name or negation, and no claim that a source states.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import SupersedesNewer, UnknownItem, UnreadableDocument, WiderItem
from stemma.memory.grounding.check import THRESHOLD
from stemma.memory.grounding.comparison import compare
from stemma.memory.identifiers import content_hash, source_id
from stemma.memory.ingest.decoding import clean
from stemma.memory.ingest.pipeline import Ingestion
from stemma.memory.ingest.ports import Excerpt, Extraction, Statement
from stemma.memory.ingest.statements import read_in_place
from stemma.memory.lineage.flags import flags
from stemma.memory.lineage.model import Direction
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Scope, Source, SourceKind
from stemma.memory.text import Sentence, content_terms, sentences

PREFIX = "feedback:"
"""How the address of every piece of feedback begins; the run's id follows."""
_MARKS = frozenset({"run_id", "thread_id", "by"})
"""What the metadata of every piece of feedback holds: anybody may store a document under any address."""
_DIGEST = 16
_LONGEST_TITLE = 300
_REACHED = 256
"""As many items downstream of a correction are looked at: its passages and claims come first."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody says about one run. The same words of the same person about the same run are one feedback."""

    run_id: str
    thread_id: str
    by: str
    """Whose it is."""
    score: float | None = None
    """In [0, 1]; 1 is the best."""
    correction: str = ""
    """What is true instead, as a statement: it can be recalled."""
    comment: str = ""
    """Anything else: it is never recalled."""

    def __post_init__(self) -> None:
        """Leave out what no text may hold, and white space around it.

        Raises `ValueError` for nobody's feedback, a score outside [0, 1], a correction without words, and feedback that
        says nothing.
        """
        for name in ("by", "correction", "comment"):
            object.__setattr__(self, name, clean(getattr(self, name)).strip())
        if not self.by:
            raise ValueError("`by` is empty: say whose feedback it is")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"a score must be in [0, 1], not {self.score}")
        if self.score is None and not self.correction and not self.comment:
            raise ValueError("give a score, a correction or a comment")
        if self.correction and not sentences(self.correction):
            raise ValueError("the correction holds no words")


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """Feedback as it is stored."""

    source: Source
    """Says when it came, and whether it was taken back."""
    feedback: Feedback
    superseded: tuple[str, ...] = ()
    """The claims in whose place the correction stands; only known when it is given."""


class SentenceExtractor:
    """`ClaimExtractor` for a person's own words: each sentence is a statement, as it stands there."""

    name = "person:sentences"

    async def extract(self, excerpts: Sequence[Excerpt]) -> list[Extraction]:
        """One extraction for each excerpt."""
        return [Extraction([_as_it_stands(one, excerpt) for one in sentences(excerpt.text)]) for excerpt in excerpts]


def _as_it_stands(sentence: Sentence, excerpt: Excerpt) -> Statement:
    read = read_in_place(sentence.text, excerpt.title, excerpt.text, sentence.start)
    return replace(read, start=sentence.start)


def feedback_record(kept: KeptFeedback) -> dict[str, Any]:
    """As it is printed with --json, and sent."""
    said = kept.feedback
    return {
        "source_id": kept.source.id,
        "run_id": said.run_id,
        "thread_id": said.thread_id,
        "score": said.score,
        "correction": said.correction,
        "comment": said.comment,
        "by": said.by,
        "created_at": kept.source.added_at.isoformat(),
        "flags": list(flags(kept.source)),
        "superseded": list(kept.superseded),
    }


async def keep_feedback(
    memory: LongTermMemory, scope: Scope, feedback: Feedback, *, question: str = "", answer: Answer | None = None
) -> KeptFeedback:
    """Store feedback under the scope; given again, it is the same source, taken back or not.

    `question` becomes the title, which whoever sees the scope can read: what one user asked is not for all. `answer`
    is what the run said, where memory holds it; its claims are superseded as far as the scope owns them.

    Raises `UnreadableDocument`, and what ingestion raises.
    """
    title = " ".join(clean(question).split())[:_LONGEST_TITLE]
    source = await _stored(memory, scope, feedback, title)
    superseded = await _supersede(memory, scope, source, feedback, answer) if answer and source.supported else ()
    return KeptFeedback(source, feedback, superseded)


async def list_feedback(
    memory: LongTermMemory, scope: Scope, run_id: str = "", *, limit: int = 20, offset: int = 0
) -> tuple[list[KeptFeedback], int]:
    """A page of the feedback on one run, or on all, newest first, and how much there is that the scope may see.

    A page is shorter where something else was stored under such an address: it is left out, and counted.
    """
    prefix = f"{_place(run_id)}/" if run_id else PREFIX
    page = await memory.graph.sources_under(scope, prefix, limit=limit, offset=offset)
    found = [item for item in page.items if isinstance(item, Source) and item.metadata.keys() >= _MARKS]
    return [KeptFeedback(item, _read(item)) for item in found], page.total


def contradicts(claim: str, correction: str, question: str = "") -> bool:
    """Whether a correction speaks of what a claim says, and says otherwise.

    At least half of the claim's content words stand in the correction or the question; those that do not all belong to
    numbers, dates or names; and one of these, or the negation, differs. What is said otherwise in plain words alone is
    not found.
    """
    found = compare(claim, [correction], question=question)
    slots = (*found.quantities, *found.names)
    elsewhere = set(found.novel) - {term for slot in slots for term in content_terms(slot)}
    return bool(slots or found.negation) and not elsewhere and found.coverage >= THRESHOLD


async def _stored(memory: LongTermMemory, scope: Scope, feedback: Feedback, title: str) -> Source:
    uri = _address(feedback)
    if known := (await memory.graph.current_sources(scope, [uri])).get(uri):
        return known
    if feedback.correction:
        document = Document(uri, title, feedback.correction, kind=SourceKind.PERSON, metadata=_written(feedback))
        ingestion = Ingestion(memory.graph, memory.embedder, scope, None, SentenceExtractor())
        report = await ingestion.run([document])
        if report.failures:
            raise UnreadableDocument(f"the correction cannot be kept: {report.failures[0][1]}")
    else:
        await memory.graph.put_sources([SourceBundle(_silent(scope, uri, feedback, title), (), ())])
    return (await memory.graph.current_sources(scope, [uri]))[uri]


def _silent(scope: Scope, uri: str, feedback: Feedback, title: str) -> Source:
    """A source without a passage: there is nothing of it to recall."""
    content = content_hash(title, "")
    return Source(
        id=source_id(scope, uri, 1, content),
        scope=scope,
        kind=SourceKind.PERSON,
        uri=uri,
        title=title,
        content_hash=content,
        version=1,
        added_at=datetime.now(UTC),
        metadata=_written(feedback),
    )


async def _supersede(
    memory: LongTermMemory, scope: Scope, source: Source, feedback: Feedback, answer: Answer
) -> tuple[str, ...]:
    if not feedback.correction or not answer.asserts:
        return ()
    reached = await memory.graph.lineage(scope, source.id, Direction.DOWNSTREAM, limit=_REACHED)
    stated = {edge.dependent for edge in reached.edges if edge.extractor == SentenceExtractor.name}
    newer = await memory.graph.claims(scope, sorted(stated))
    acting = answer.scope if scope.owns(answer.scope.audience) else scope
    done = []
    for older in await _made_by_the_run(memory, acting, answer) if newer else ():
        if contradicts(older.text, feedback.correction, answer.question):
            try:
                await memory.supersede(acting, _nearest(newer, older).id, older.id)
            except (WiderItem, SupersedesNewer, UnknownItem):
                continue  # a wider scope's claim, or one that is newer than what was known already
            done.append(older.id)
    return tuple(done)


async def _made_by_the_run(memory: LongTermMemory, scope: Scope, answer: Answer) -> list[Claim]:
    """The claims of the answer that this run made, and that nobody but runs ever made."""
    rows = await memory.graph.derivations(scope, answer.asserts)
    makers: dict[str, set[str]] = {}
    for row in rows:
        makers.setdefault(row.claim_id, set()).add(row.run_id)
    own = [claim for claim, runs in makers.items() if answer.run_id in runs and "" not in runs]
    return await memory.graph.claims(scope, own)


def _nearest(newer: Sequence[Claim], older: Claim) -> Claim:
    terms = set(content_terms(older.text))
    return max(newer, key=lambda claim: len(terms & set(content_terms(claim.text))))


def _place(run_id: str) -> str:
    return f"{PREFIX}{quote(run_id, safe='')}"


def _address(feedback: Feedback) -> str:
    said = json.dumps([feedback.score, feedback.correction, feedback.comment])
    return f"{_place(feedback.run_id)}/{content_hash(feedback.by, said)[:_DIGEST]}"


def _written(feedback: Feedback) -> dict[str, str]:
    score = "" if feedback.score is None else repr(feedback.score)
    said = {"correction": feedback.correction, "comment": feedback.comment, "score": score}
    return {
        "by": feedback.by,
        "run_id": feedback.run_id,
        "thread_id": feedback.thread_id,
        **{k: v for k, v in said.items() if v},
    }


def _read(source: Source) -> Feedback:
    kept = source.metadata
    return Feedback(
        run_id=kept["run_id"],
        thread_id=kept["thread_id"],
        by=kept["by"],
        score=float(kept["score"]) if "score" in kept else None,
        correction=kept.get("correction", ""),
        comment=kept.get("comment", ""),
    )
