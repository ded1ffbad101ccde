"""From a document to the bundle that is stored: its source's version, its pieces, its passages and what they mention.

Decides which version a document becomes, and what goes into its bundle. It embeds nothing and stores nothing: that is
`pipeline.py`. All that a document needs by itself is done in one step, `prepared`, which may run in another process
(`preparation.py`). Pure, apart from the time of adding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stemma.memory.bundles import ReadySource, SentenceVectors, SourceBundle
from stemma.memory.identifiers import passage_id, source_id
from stemma.memory.ingest.claims import claims_of
from stemma.memory.ingest.entities import mentioned, merged, named_spans
from stemma.memory.ingest.ports import Excerpt, Extraction
from stemma.memory.ingest.resolve import declared, near_pairs, possible_aliases, resolved
from stemma.memory.ingest.split import Piece, split
from stemma.memory.ingest.statements import NAME as RULES
from stemma.memory.ingest.statements import statements
from stemma.memory.model import Document, Entity, Mention, Passage, Position, Scope, Source
from stemma.memory.recall.term_counts import Words, words_of


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a document: store it as this source, or nothing because it is that source already."""

    document: Document
    source: Source
    replaces: str | None
    is_new: bool


@dataclass(slots=True)
class Prepared:
    """A document in pieces; what is told of pieces has one entry for each, in order, once it is there."""

    pieces: Sequence[Piece]
    read: Sequence[Excerpt]
    """`excerpts`, as long as they are held: none where the bundle is there, which has all that they tell."""
    aliases: Collection[str]
    """What the document itself declares to be another name for something, as written."""
    near: Sequence[tuple[str, str]]
    """Names that may be one (`resolve.near_pairs`)."""
    possible: Collection[str]
    """What may be an alias that memory knows (`resolve.possible_aliases`)."""
    words: Sequence[Words]
    """Of each piece, as `SourceBundle.words` has them."""
    bundle: SourceBundle | None = None
    """What is stored, without vectors; nothing while it is not known what the pieces state, or are to be called."""
    extractions: Sequence[Extraction] = ()
    dropped: int = 0
    """Statements that did not become claims."""
    vectors: Sequence[Sequence[float]] = ()
    sentences: Sequence[SentenceVectors] = ()
    ready: ReadySource | None = None
    """What is stored, as the store wants it; of the bundle, as long as that is there."""

    @property
    def excerpts(self) -> Sequence[Excerpt]:
        """The pieces and what they name; read anew where they are no longer held, which is rarely asked for."""
        self.read = self.read or _read(self.pieces)[0]
        return self.read

    def rename(self, same: Mapping[str, str]) -> None:
        """Let what is written be called otherwise (`resolve.resolved`)."""
        if same:
            self.read = [resolved(excerpt, same) for excerpt in self.excerpts]
            self.bundle = None


def embedded_text(title: str, text: str) -> str:
    """What is embedded for a passage: its title takes part in its meaning."""
    return f"{title}. {text}" if title else text


def steps_of(scope: Scope, window: Iterable[tuple[Document, str]], newest: Mapping[str, Source]) -> list[Step]:
    """One step for each document with its content's hash, in order: of two with one uri, the second follows the
    first. `newest` holds by uri what is stored."""
    reached = dict(newest)
    steps: list[Step] = []
    for document, content in window:
        current = reached.get(document.uri)
        if current and current.content_hash == content:
            steps.append(Step(document, current, None, is_new=False))
            continue
        source = _source(scope, document, content, current.version + 1 if current else 1)
        reached[document.uri] = source
        steps.append(Step(document, source, current.id if current else None, is_new=True))
    return steps


def prepared(step: Step, *, by_rules: bool) -> Prepared:
    """Cut a document and read its names; `by_rules`, also what it states (`statements.py`)."""
    made = prepare(step.document)
    if by_rules:
        made.extractions = [Extraction(statements(excerpt)) for excerpt in made.excerpts]
        made.bundle, made.dropped = bundled(step, made, RULES)
        made.extractions = made.read = ()  # it is in the bundle, and read anew if a name changes
    return made


def prepare(document: Document) -> Prepared:
    """Cut a document and read its names."""
    pieces = split(document)
    excerpts, same = _read(pieces)
    words = [words_of(piece.title, piece.text) for piece in pieces]
    return Prepared(pieces, excerpts, tuple(same), near_pairs(excerpts), possible_aliases(excerpts), words)


def _read(pieces: Sequence[Piece]) -> tuple[list[Excerpt], dict[str, str]]:
    """What the pieces name, under the names that the document itself declares, and those."""
    excerpts = [Excerpt(piece.title, piece.text, named_spans(piece.title, piece.text)) for piece in pieces]
    same = declared(excerpts)
    return [resolved(excerpt, same) for excerpt in excerpts], same


def bundled(step: Step, item: Prepared, extractor: str) -> tuple[SourceBundle, int]:
    """What is stored of the pieces and of what they state, without vectors, and how many statements were dropped."""
    source = step.source
    passages = [_passage(source, ordinal, piece) for ordinal, piece in enumerate(item.pieces)]
    found: list[Entity] = []
    mentions: list[Mention] = []
    for passage, excerpt in zip(passages, item.excerpts, strict=True):
        things, places = mentioned(source.scope, passage.id, passage.text, excerpt.named)
        found += things
        mentions += places
    extracted = claims_of(source, passages, item.extractions or [Extraction()] * len(passages), mentions, extractor)
    bundle = SourceBundle(
        source,
        passages,
        (),
        entities=merged([*found, *extracted.entities.values()]),
        mentions=mentions + extracted.mentions,
        replaces=step.replaces,
        claims=list(extracted.claims.values()),
        derivations=list(extracted.derivations.values()),
        relations=extracted.relations,
        words=item.words,
    )
    return bundle, extracted.dropped


def with_vectors(bundle: SourceBundle, item: Prepared) -> SourceBundle:
    """The bundle as it is stored."""
    return replace(bundle, vectors=item.vectors, sentences=item.sentences)


def _source(scope: Scope, document: Document, content: str, version: int) -> Source:
    return Source(
        id=source_id(scope, document.uri, version, content),
        scope=scope,
        kind=document.kind,
        uri=document.uri,
        title=document.title,
        content_hash=content,
        version=version,
        added_at=datetime.now(UTC),
        trust=document.trust,
        metadata=dict(document.metadata),
    )


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
