"""A small memory with one of everything, and its export as lines; what the contract of exchange is tested with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from stemma.memory.bundles import SentenceVectors
from stemma.memory.consolidation.model import Consolidation, Demotion, DemotionRule, Duplicate, MergeRule
from stemma.memory.contradictions.model import RULES, Conflict
from stemma.memory.exchange.exchange import ImportReport, export_lines, import_lines
from stemma.memory.model import EntityRelation, Node, Scope
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from tests.contracts.item_writes import AXES, PORT, write
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    decision,
    identifier,
    make_claim,
    put,
    source_bundle,
    vector,
)


class HashingEmbedder:
    """The contract's vectors for any text."""

    def __init__(self, identity: EmbedderIdentity = IDENTITY) -> None:
        self.identity = identity

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [vector(text) for text in texts]


async def fill(graph: MemoryGraph, tenant: str) -> tuple[Scope, Scope]:
    """The tenant's scope and that of Ann, each with sources of several versions, answers, decisions and items."""
    everyone, ann = Scope(tenant), Scope(tenant, "ann")
    for scope in (everyone, ann):
        whose = scope.user or "all"
        first = source_bundle(scope, f"file:/{whose}.md", ["Merrow is open.", "It has a crane."], entities=["Merrow"])
        first = replace(first, sentences=[SentenceVectors([(0, 4)], [vector("one")]), SentenceVectors((), ())])
        second = source_bundle(scope, f"file:/{whose}.md", ["Merrow is shut."], version=2, replaces=first.source.id)
        other = source_bundle(scope, f"file:/{whose}-2.md", [f"Calder of {whose} is open. \x00 é"], entities=["Calder"])
        await put(graph, first, second, other)
        claim, doubted = make_claim(scope, f"{whose}: it is shut"), make_claim(scope, "It sank", quarantined=True)
        newer = replace(make_claim(scope, f"{whose}: it is open"), recorded_at=START + timedelta(hours=9))
        about = EntityRelation(claim.id, first.entities[0].id, "owns", other.entities[0].id)
        said = answer_bundle(scope, f"one {whose}", [claim, doubted], [second.passages[0].id])
        await graph.put_answer(replace(said, relations=[about]))
        await graph.put_answer(answer_bundle(scope, f"two {whose}", [newer], [other.passages[0].id, claim.id]))
        await graph.supersede(scope, newer.id, claim.id)
        effect = await graph.take_back(scope, decision(scope, second.source.id))
        await graph.take_back(scope, decision(scope, other.source.id, at=5))
        assert effect.retraction
        await graph.give_back(scope, effect.retraction.id, actor="bob", at=START + timedelta(days=2))
        clash = Conflict(
            identifier("clash", scope),
            scope,
            newer.id,
            claim.id,
            "negation",
            "open",
            "shut",
            "it",
            "a",
            "b",
            RULES,
            START,
        )
        assert await graph.put_conflicts([clash])
        run = Consolidation(identifier("run", scope), scope, "ann", START)
        pair = sorted([first.source.id, second.source.id])
        again = Duplicate(pair[0], pair[1], Node.SOURCE, MergeRule.WORDS)
        await graph.consolidate(run, [again], [Demotion(newer.id, Node.CLAIM, DemotionRule.UNUSED)])
        put_item = write(scope, PORT, whose, ttl=90, vectors=[AXES[0], AXES[1]])
        await graph.change_items([put_item, write(scope, replace_place("calder"), "shut")])
    return everyone, ann


def replace_place(key: str) -> Any:
    """Another place of the same namespace."""
    return PORT._replace(key=key)


async def lines_of(graph: MemoryGraph, scope: Scope) -> list[bytes]:
    """The export, in canonical order: the records of each kind sorted."""
    found = [line async for line in export_lines(graph, scope)]
    return [found[0], *sorted(found[1:-1]), found[-1]]


async def records_of(graph: MemoryGraph, scope: Scope) -> list[bytes]:
    """The records alone, sorted."""
    return (await lines_of(graph, scope))[1:-1]


async def exported(graph: MemoryGraph, scope: Scope) -> list[bytes]:
    """The export as it comes."""
    return [line async for line in export_lines(graph, scope)]


def moved(lines: Iterable[bytes], tenant: str) -> list[bytes]:
    """The same export, of another tenant."""
    header, *records = list(lines)[:-1]
    return ended([json.dumps({**json.loads(header), "tenant": tenant}).encode() + b"\n", *records])


def ended(lines: Sequence[bytes]) -> list[bytes]:
    """Lines with the last one that fits to them."""
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    text = json.dumps({"record": "end", "lines": len(lines), "sha256": digest}, separators=(",", ":"))
    return [*lines, text.encode() + b"\n"]


def edited(lines: Sequence[bytes], kind: str, **values: object) -> list[bytes]:
    """The export with some fields of all records of a kind changed."""
    return ended(
        [
            json.dumps({**json.loads(line), **values}, ensure_ascii=False).encode() + b"\n"
            if json.loads(line)["record"] == kind
            else line
            for line in list(lines)[:-1]
        ]
    )


async def imported(graph: MemoryGraph, lines: Iterable[bytes], embedder: EmbedderIdentity = IDENTITY) -> ImportReport:
    """Read lines into a memory."""

    async def each() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    return await import_lines(graph, each(), HashingEmbedder(embedder))


def new_tenant() -> str:
    """One that no other check has used."""
    return f"tenant-{identifier(object())}"
