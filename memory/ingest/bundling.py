"""From a document to the bundle that is stored: its pieces, its source's version, its passages and what they mention.

Decides which version a document becomes, and what goes into its bundle. It embeds nothing and stores nothing: that is
`pipeline.py`. Pure, apart from the time of adding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stemma.memory.bundles import SentenceVectors, SourceBundle
from stemma.memory.identifiers import content_hash, passage_id, source_id
from stemma.memory.ingest.claims import claims_of
from stemma.memory.ingest.entities import mentioned, merged, named_spans
from stemma.memory.ingest.ports import Excerpt, Extraction
from stemma.memory.ingest.resolve import declared, resolved
from stemma.memory.ingest.split import Piece, split
from stemma.memory.model import Document, Entity, Mention, Passage, Position, Scope, Source


@dataclass(slots=True)
class Prepared:
    """A document in pieces. `content` is its hash; vectors, sentences and extractions have one entry for each piece,
    once they are there."""

    document: Document
    content: str
    pieces: Sequence[Piece]
    excerpts: Sequence[Excerpt]
    aliases: Collection[str] = ()
    """What the document itself declares to be another name for something, as written."""
    vectors: Sequence[Sequence[float]] = ()
    sentences: Sequence[SentenceVectors] = ()
    extractions: Sequence[Extraction] = ()

    def rename(self, same: Mapping[str, str]) -> None:
        """Let what is written be called otherwise (`resolve.resolved`)."""
        self.excerpts = [resolved(excerpt, same) for excerpt in self.excerpts]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a document: store it as this source, or nothing because it is that source already."""

    item: Prepared
    source: Source
    replaces: str | None
    is_new: bool


def embedded_text(title: str, text: str) -> str:
    """What is embedded for a passage: its title takes part in its meaning."""
    return f"{title}. {text}" if title else text


def prepare(document: Document) -> Prepared:
    """Cut a document. Raises `UnicodeEncodeError` on a lone surrogate."""
    pieces = split(document)
    excerpts = [Excerpt(piece.title, piece.text, named_spans(piece.title, piece.text)) for piece in pieces]
    same = declared(excerpts)
    prepared = Prepared(document, content_hash(document.title, document.text), pieces, excerpts, same.keys())
    prepared.rename(same)
    return prepared


def steps_of(scope: Scope, window: Sequence[Prepared], newest: Mapping[str, Source]) -> list[Step]:
    """One step for each document, in order: of two with one uri, the second follows the first."""
    reached = dict(newest)
    steps: list[Step] = []
    for item in window:
        uri = item.document.uri
        current = reached.get(uri)
        if current and current.content_hash == item.content:
            steps.append(Step(item, current, None, is_new=False))
            continue
        reached[uri] = _source(scope, item, current.version + 1 if current else 1)
        steps.append(Step(item, reached[uri], current.id if current else None, is_new=True))
    return steps


def _source(scope: Scope, item: Prepared, version: int) -> Source:
    document = item.document
    return Source(
        id=source_id(scope, document.uri, version, item.content),
        scope=scope,
        kind=document.kind,
        uri=document.uri,
        title=document.title,
        content_hash=item.content,
        version=version,
        added_at=datetime.now(UTC),
        trust=document.trust,
        metadata=dict(document.metadata),
    )


def bundles_of(steps: Iterable[Step], extractor: str) -> list[tuple[SourceBundle, int]]:
    """What is stored for each step, in order, each with how many of its statements were dropped."""
    return [_bundle(step, extractor) for step in steps]


def _bundle(step: Step, extractor: str) -> tuple[SourceBundle, int]:
    source = step.source
    passages = [_passage(source, ordinal, piece) for ordinal, piece in enumerate(step.item.pieces)]
    found: list[Entity] = []
    mentions: list[Mention] = []
    for passage, excerpt in zip(passages, step.item.excerpts, strict=True):
        things, places = mentioned(source.scope, passage.id, passage.text, excerpt.named)
        found += things
        mentions += places
    extractions = step.item.extractions or [Extraction()] * len(passages)
    extracted = claims_of(source, passages, extractions, mentions, extractor)
    bundle = SourceBundle(
        source,
        passages,
        step.item.vectors,
        entities=merged([*found, *extracted.entities.values()]),
        mentions=mentions + extracted.mentions,
        replaces=step.replaces,
        sentences=step.item.sentences,
        claims=list(extracted.claims.values()),
        derivations=list(extracted.derivations.values()),
        relations=extracted.relations,
    )
    return bundle, extracted.dropped


def _passage(source: Source, ordinal: int, piece: Piece) -> Passage:
    return Passage(
        id=passage_id(source.id, ordinal),
        source_id=source.id,
        scope=source.scope,
        ordinal=ordinal,
        title=piece.title,
        text=piece.text,
        position=Position(piece.start, piece.end, piece.page, piece.sheet),
    )
