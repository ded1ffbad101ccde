"""Memory as lines, and lines as memory: the front door of export and import.

Decides that what names another record comes after it, that vectors are kept where the embedder is the same and made
anew where it is not, and that an import may be run again: what is there stays. Flags come along to be read; they are
worked out anew, and where that gives others, the report says so. It asks nobody for permission: whoever exports owns
the scope, whoever imports owns the tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import EmbedderMismatch, InvalidExport
from stemma.memory.exchange.fields import KINDS, Kind, Row
from stemma.memory.exchange.lines import Header, Tally, header_line, is_end, read_header, read_record, record_line
from stemma.memory.exchange.ports import SENTENCES, VECTOR, Difference
from stemma.memory.exchange.vectors import to_bytes
from stemma.memory.ingest.reindexing import embed_again
from stemma.memory.ports import Embedder, EmbedderIdentity, MemoryGraph, NewVectors, Unindexed
from stemma.memory.recall.sentence_blob import pack, unpack
from stemma.memory.scope import Scope

BATCH = 500
"""Records of one transaction."""
_ORDER = [kind.name for kind in KINDS]


@dataclass(frozen=True, slots=True)
class ExchangeProgress:
    """How far an export or import has come."""

    records: int
    total: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    header: Header
    read: Mapping[str, int]
    """Records by kind."""
    new: Mapping[str, int]
    """Those of them that were not there."""
    left_out: Mapping[str, int]
    """Those that name something which is neither in the file nor in memory."""
    embedded: int
    """Passages and claims that got a vector of another embedder than the file's."""
    differences: Sequence[Difference]
    """Items whose flags follow otherwise than the file said."""


OnProgress = Callable[[ExchangeProgress], None]


async def export_lines(
    graph: MemoryGraph, scope: Scope, *, on_progress: OnProgress | None = None
) -> AsyncIterator[bytes]:
    """Everything that is the scope's own or narrower, as lines. Bounded memory.

    Without a last line of kind "end" an export is not whole. Raises `MemoryBusy` where the store has no consistent
    reads and something was written meanwhile, and what the store raises.
    """
    counts = await graph.record_counts(scope)
    total, tally = sum(counts.values()), Tally()
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    line = header_line(Header(scope, await graph.embedder(), made_at, counts))
    tally.add(line)
    yield line
    async for page in graph.records(scope):
        for row in page.rows:
            line = record_line(page.kind, row)
            tally.add(line)
            yield line
        if on_progress:
            on_progress(ExchangeProgress(tally.lines - 1, total))
    yield tally.end()


async def import_lines(
    graph: MemoryGraph, lines: AsyncIterable[bytes], embedder: Embedder, *, on_progress: OnProgress | None = None
) -> ImportReport:
    """Take the records of an export into their tenant; the same again changes nothing, and goes on where it stopped.

    Each batch is a transaction. Raises `InvalidExport`, `ImportConflict`, `EmbedderMismatch` when this memory is filled
    by an embedder that is neither the file's nor `embedder`, and what the store raises. What was taken stays.
    """
    importing: _Importing | None = None
    tally, whole = Tally(), False
    async for line in lines:
        if whole:
            raise InvalidExport("there are lines behind the last one")
        if importing is None:
            header = read_header(line)
            importing = _Importing(graph, header, embedder, await _keeps_vectors(graph, header, embedder), on_progress)
        elif is_end(line):
            whole = line == tally.end()
            if not whole:
                raise InvalidExport("the export is damaged: its last line does not fit the others")
            continue
        else:
            await importing.take(*read_record(line, tally.lines + 1))
        tally.add(line)
    if importing is None:
        raise InvalidExport("the export is empty")
    if not whole:
        raise InvalidExport("the export ends too early: its last line is missing", hint="export again")
    return await importing.end()


async def _keeps_vectors(graph: MemoryGraph, header: Header, embedder: Embedder) -> bool:
    """Whether the file's vectors can stay. Raises `EmbedderMismatch`."""
    ours, theirs = await graph.embedder(), header.embedder
    if theirs is None or ours in (None, theirs):
        if theirs is not None:
            await graph.claim_embedder(theirs)
        return True
    if ours != embedder.identity:
        raise _foreign(ours, theirs)
    await graph.claim_embedder(embedder.identity)
    return False


def _foreign(ours: EmbedderIdentity | None, theirs: EmbedderIdentity) -> EmbedderMismatch:
    name = ours.name if ours else ""
    return EmbedderMismatch(
        f"the export has vectors of {theirs.name} ({theirs.dimension}), and this memory is filled by {name}",
        hint=f"MEMORY_EMBEDDER={name} embeds what comes in anew, or import into an empty memory",
    )


@dataclass(slots=True)
class _Importing:
    """An import on its way: batches of one kind, each looked at against what is there."""

    graph: MemoryGraph
    header: Header
    embedder: Embedder
    keeps_vectors: bool
    on_progress: OnProgress | None
    kind: Kind | None = None
    batch: list[Row] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    embedded: int = 0

    async def take(self, kind: Kind, row: Row) -> None:
        """One record. Raises `InvalidExport` for one that is out of order or not of the header's scope."""
        if kind is not self.kind:
            await self._flush()
            if self.kind and _ORDER.index(kind.name) < _ORDER.index(self.kind.name):
                raise InvalidExport(f"records of kind {kind.name} come too late")
            self.kind = kind
        if not self.header.scope.owns(row["audience"]):
            raise InvalidExport(f"a {kind.name} is of a wider scope than the export's header")
        self.batch.append(row)
        self.read[kind.name] += 1
        if len(self.batch) == BATCH:
            await self._flush()

    async def end(self) -> ImportReport:
        """Work out the flags, and say what was done."""
        await self._flush()
        differences = await self.graph.settle_import(self.header.scope.tenant)
        return ImportReport(self.header, self.read, self.new, self.left_out, self.embedded, differences)

    async def _flush(self) -> None:
        kind, rows, self.batch = self.kind, self.batch, []
        if kind is None or not rows:
            return
        tenant = self.header.scope.tenant
        named = {row[name] for row in rows for name in (*kind.ends, *kind.key[:1]) if name in row}
        known = await self.graph.known_items(tenant, {name for name in named if isinstance(name, str)})
        whole = [row for row in rows if all(row[name] in known for name in kind.ends)]
        self.left_out[kind.name] += len(rows) - len(whole)
        if kind.searched:
            whole = await self._with_vectors([row for row in whole if row["id"] not in known])
        if whole:
            self.new[kind.name] += await self.graph.import_records(tenant, kind, whole)
        if self.on_progress:
            self.on_progress(ExchangeProgress(sum(self.read.values()), sum(self.header.counts.values())))

    async def _with_vectors(self, rows: list[Row]) -> list[Row]:
        """The rows with vectors of this memory's embedder."""
        foreign = [row for row in rows if row.get(VECTOR) is not None] if not self.keeps_vectors else []
        if not foreign:
            return rows
        tenant = self.header.scope.tenant
        asked = [Unindexed(tenant, row["id"], row.get("title", ""), row["text"], _spans(row)) for row in foreign]
        made = {one.id: one for one in await embed_again(self.embedder, asked)}
        self.embedded += len(made)
        return [{**row, **_packed(made[row["id"]], _spans(row))} if row["id"] in made else row for row in rows]


def _packed(made: NewVectors, spans: Sequence[tuple[int, int]]) -> Row:
    sentences = pack(SentenceVectors(spans, made.sentences)) if spans else None
    return {VECTOR: to_bytes(made.vector), SENTENCES: sentences}


def _spans(row: Row) -> Sequence[tuple[int, int]]:
    return unpack(row[SENTENCES]).spans if row.get(SENTENCES) is not None else ()
