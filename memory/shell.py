"""What `stemma ingest`, `recall`, `remember` and `memory ls | show | stats` do, and the words they print.

Decides the terminal's wording and the JSON forms. Text from documents is printed through `printable`, never as markup;
progress goes to standard error. Failures are raised, and become three lines in the command's entry point.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

import typer

from stemma.memory.consolidation.marking import marks_of
from stemma.memory.consolidation.record import mark_record, mark_words
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.load import SUFFIXES, read_documents
from stemma.memory.ingest.pipeline import IngestProgress, IngestReport
from stemma.memory.item_view import as_record, details, summary
from stemma.memory.lineage.captions import counted, place
from stemma.memory.lineage.model import Standing
from stemma.memory.model import DEFAULT_TENANT, Document, Hit, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import RelationPage
from stemma.memory.progress import shown_progress
from stemma.memory.terminal import printable, shortened

EMPTY = "memory is empty: stemma ingest PATH"
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped."""
_KINDS = {
    "sources": Node.SOURCE,
    "passages": Node.PASSAGE,
    "entities": Node.ENTITY,
    "claims": Node.CLAIM,
    "answers": Node.ANSWER,
    "retractions": Node.RETRACTION,
}
_MOST_RELATIONS = 50
"""So many of an entity's relations are printed."""
_STANDINGS = {
    Node.SOURCE: (Standing.WITHDRAWN, Standing.QUARANTINED, Standing.STALE),
    Node.PASSAGE: (Standing.UNSUPPORTED,),
    Node.CLAIM: (Standing.UNSUPPORTED, Standing.WITHDRAWN, Standing.QUARANTINED, Standing.STALE),
    Node.ANSWER: (Standing.UNSUPPORTED, Standing.STALE),
}
"""What `stats` counts of each label."""


def ingest_paths(paths: Sequence[str], *, user: str, as_json: bool) -> int:
    """Ingest everything under the paths; the exit code: 0, 1 when something was unreadable, 130 after Ctrl-C."""
    reached = IngestProgress(0, 0, 0, 0)

    def remember(progress: IngestProgress) -> None:
        nonlocal reached
        reached = progress

    try:
        report = asyncio.run(_ingest(paths, Scope(DEFAULT_TENANT, user), remember))
    except KeyboardInterrupt:
        kept = f"{reached.sources_stored} new sources are stored and stay"
        typer.echo(f"stopped: {kept}; type the same command again to go on", err=True)
        return INTERRUPTED
    _print_report(report, as_json=as_json)
    return 1 if report.failures else 0


async def _ingest(paths: Sequence[str], scope: Scope, remember: Any) -> IngestReport:
    async with await open_memory() as memory:
        with shown_progress() as show:

            def on_progress(progress: IngestProgress) -> None:
                remember(progress)
                show(progress)

            return await memory.ingest(scope, _documents(paths), on_progress=on_progress)


def _documents(paths: Sequence[str]) -> Iterator[Document | Unreadable]:
    for path in paths:
        yield from read_documents(path)


def _print_report(report: IngestReport, *, as_json: bool) -> None:
    for uri, reason in report.failures:
        typer.echo(f"unreadable: {printable(uri)}: {printable(reason)}", err=True)
    for uri, reason in report.unextracted:
        typer.echo(f"stored without all of its claims: {printable(uri)}: {printable(reason)}", err=True)
    if as_json:
        names = ("added", "unchanged", "updated", "passages", "claims", "claims_dropped", "contradictions")
        counts = {name: getattr(report, name) for name in names}
        failures = [{"uri": uri, "reason": reason} for uri, reason in report.failures]
        unextracted = [{"uri": uri, "reason": reason} for uri, reason in report.unextracted]
        lists = {"source_ids": report.source_ids, "unreadable": failures, "unextracted": unextracted}
        _print_json({**counts, **lists})
        return
    done = report.added + report.unchanged + report.updated
    if not done and not report.failures:
        typer.echo(f"nothing to read there: Stemma reads {', '.join(SUFFIXES)}", err=True)
    unreadable = f", {len(report.failures)} unreadable" if report.failures else ""
    typer.echo(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged{unreadable}; "
        f"{report.passages} passages stored, {report.claims} claims in them"
    )
    if report.contradictions:
        typer.echo(f"{counted(report.contradictions, 'contradiction')} found: stemma memory contradictions --open")


class Moments(NamedTuple):
    """Where a recall looks: at today where both are None."""

    as_of: datetime | None = None
    known_at: datetime | None = None


async def print_hits(query: str, *, k: int, recipe: str | None, moments: Moments, user: str, as_json: bool) -> None:
    """Print the k best hits for a query."""
    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        hits = await memory.recall(scope, query, k=k, recipe=recipe, **moments._asdict())
        empty = not hits and not sum((await memory.statistics(scope)).by_node.values())
    if as_json:
        asked = {name: at.isoformat() for name, at in moments._asdict().items() if at}
        found = [_hit_record(hit) for hit in hits]
        _print_json({"query": query, "recipe": recipe or memory.recipe, **asked, "hits": found})
    elif not hits:
        typer.echo(EMPTY if empty else "nothing found then" if any(moments) else "nothing found")
    for hit in [] if as_json else hits:
        typer.echo("\n".join(_hit_lines(hit)))


def _hit_lines(hit: Hit) -> list[str]:
    parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
    name = printable(hit.title) or ("a claim that an agent made" if hit.kind is Node.CLAIM else "untitled")
    within = place(hit.position) if hit.position else ""
    where = f"{printable(hit.uri)}{', ' if within else ''}{within}  " if hit.uri else ""
    way = "".join(f"{printable(step.title) or step.item_id} --{printable(step.entity)}--> " for step in hit.path)
    found = [f"{hit.rank}. {name}  {hit.score:.3f} ({parts})", f"   {shortened(hit.text, 300)}"]
    reached = [f"   by way of {way}{name}"] if way else []
    against = [f"   contradicted by {claim_id}" for claim_id in hit.contradicted_by]
    also = [f"   {counted(hit.also, 'other')} say the same" if hit.also > 1 else "   another says the same"]
    return [*found, *reached, *(also if hit.also else []), *against, f"   {where}{hit.id}"]


def _hit_record(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "id": hit.id,
        "kind": hit.kind.value,
        "score": hit.score,
        "parts": dict(hit.parts),
        "title": hit.title,
        "text": hit.text,
        "source_id": hit.source_id,
        "uri": hit.uri,
        "document_id": hit.document_id,
        "position": asdict(hit.position) if hit.position else None,
        "path": [step._asdict() for step in hit.path],
        "also": hit.also,
        "contradicted_by": list(hit.contradicted_by),
    }


async def print_items(
    kind: str, *, standing: Standing | None, limit: int, offset: int, user: str, as_json: bool
) -> None:
    """Print a page of items of one kind (a key of `_KINDS`), narrowed to a standing."""
    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        page = await memory.items(scope, _KINDS[kind], limit=limit, offset=offset, standing=standing)
        marks = await marks_of(memory.graph, scope, page.items)
        empty = not page.total and not sum((await memory.statistics(scope)).by_node.values())
    if as_json:
        records = [{**as_record(item), **mark_record(marks.get(item.id))} for item in page.items]
        _print_json({"items": records, "total": page.total, "offset": offset})
        return
    for item in page.items:
        typer.echo(summary(item) + (f"  ({mark_words(marks[item.id])})" if item.id in marks else ""))
    last, named = offset + len(page.items), f"{standing} {kind}" if standing else kind
    if empty:
        typer.echo(EMPTY)
    elif not page.items:
        typer.echo(f"no {named} here ({page.total} in all)")
    elif last < page.total:
        typer.echo(f"{offset + 1} to {last} of {page.total} {named}; go on with --offset {last}")


async def print_item(item_id: str, *, known_at: datetime | None, user: str, as_json: bool) -> None:
    """Print one item and what it rests on, or is related to. Raises `UnknownItem`.

    Of a moment only what is dated: what entities are related to, and what consolidation made of it, is not.
    """
    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        item = await memory.history.item(scope, item_id, known_at=known_at)
        derivations = await memory.history.derivations(scope, item_id, known_at=known_at)
        related = RelationPage((), 0) if known_at else await memory.relations(scope, item_id, limit=_MOST_RELATIONS)
        mark = None if known_at else (await marks_of(memory.graph, scope, [item])).get(item_id)
    if as_json:
        _print_json({**as_record(item, derivations, related), **mark_record(mark)})
    else:
        typer.echo("\n".join([*details(item, derivations, related), *([f"  {mark_words(mark)}"] if mark else [])]))


async def print_kept(text: str, *, by: str, title: str, user: str, as_json: bool) -> None:
    """Keep what a person says as a source of its own, and print which one that is."""
    async with await open_memory() as memory:
        source = await memory.remember(Scope(DEFAULT_TENANT, user), text, by=by, title=title)
    if as_json:
        _print_json(as_record(source))
    else:
        typer.echo(f"kept as source {source.id}  ({printable(source.uri)})")


async def print_statistics(*, user: str, as_json: bool) -> None:
    """Print how much there is of everything, how much of it was taken back, and which embedder filled it."""
    scope = Scope(DEFAULT_TENANT, user)
    async with await open_memory() as memory:
        counts = await memory.statistics(scope)
        filled_by = await memory.graph.embedder()
        _, in_force = await memory.retractions(scope, open_only=True, limit=1)
        marked = {
            node: {
                standing.value: (await memory.items(scope, node, limit=1, standing=standing)).total
                for standing in standings
            }
            for node, standings in _STANDINGS.items()
        }
    if as_json:
        embedder = {"name": filled_by.name, "dimension": filled_by.dimension} if filled_by else None
        _print_json(
            {
                "nodes": {str(node): number for node, number in counts.by_node.items()},
                "relations": {str(relation): number for relation, number in counts.by_relation.items()},
                "standing": {node.value: some for node, some in marked.items()},
                "retractions_in_force": in_force,
                "embedder": embedder,
            }
        )
        return
    for kind, node in _KINDS.items():
        words = {"unsupported": "tainted"} if node is Node.ANSWER else {}
        found = ", ".join(
            f"{number:,} {words.get(name, name)}" for name, number in marked.get(node, {}).items() if number
        )
        typer.echo(f"{kind:12} {counts.by_node.get(node, 0):>9,}" + (f"  ({found})" if found else ""))
    typer.echo(f"{counted(in_force, 'retraction')} in force")
    typer.echo(f"vectors by {filled_by.name}, {filled_by.dimension} numbers each" if filled_by else "no vectors yet")


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value))
