"""Sources whose one passage states one claim, as ingestion would write them: what the checks of contradictions need."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from stemma.memory.bundles import SourceBundle
from stemma.memory.contradictions.model import ComparedClaim, Conflict
from stemma.memory.contradictions.pairs import compared
from stemma.memory.identifiers import claim_id, contradiction_id
from stemma.memory.ingest.entities import entities, entity_id
from stemma.memory.model import Claim, Derivation, Entity, Mention, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import START, make_claim, put, source_bundle

BERTHS, MORE_BERTHS = "Port Merrow has 12 berths for ferries.", "Port Merrow has 14 berths for ferries."


def stating(scope: Scope, text: str, *, uri: str = "", hour: int = 0, trust: float = 1.0) -> SourceBundle:
    """A source that says this, in one passage, with the claim read from it and what both mention."""
    bundle = source_bundle(scope, uri or text, [text])
    source = replace(bundle.source, added_at=START + timedelta(hours=hour), trust=trust)
    claim = replace(
        make_claim(scope, text), searched=False, recorded_at=source.added_at, subject="", predicate="", object=""
    )
    [passage] = bundle.passages
    things, of_passage = entities(scope, passage.id, "", text)
    _, of_claim = entities(scope, claim.id, "", text)
    row = Derivation(claim.id, passage.id, f"j-{source.id}", text, 0, len(text), "rules")
    return replace(
        bundle, source=source, entities=things, mentions=[*of_passage, *of_claim], claims=[claim], derivations=[row]
    )


def going_on(scope: Scope, name: str, text: str, *, hour: int = 0) -> SourceBundle:
    """A source that says this about something that it names in the sentence before: "It …"."""
    bundle = stating(scope, text, uri=f"{name}: {text}", hour=hour)
    claim = replace(claim_of(bundle), id=claim_id(scope, text, name), subject=name)
    thing = Entity(entity_id(scope, name), scope, name)
    [row] = bundle.derivations
    return replace(
        bundle,
        entities=[thing],
        mentions=[Mention(claim.id, thing.id, 0, len("It"))],
        claims=[claim],
        derivations=[replace(row, claim_id=claim.id)],
    )


def claim_of(bundle: SourceBundle) -> Claim:
    return bundle.claims[0]


def to_compare(bundle: SourceBundle) -> list[ComparedClaim]:
    return compared(bundle.claims, bundle.mentions, bundle.entities)


async def two(graph: MemoryGraph, scope: Scope, other: Scope | None = None) -> tuple[SourceBundle, SourceBundle]:
    """Two sources that contradict each other, the newer of them of the other scope; (newer, older)."""
    older, newer = stating(scope, BERTHS), stating(other or scope, MORE_BERTHS, hour=1)
    await put(graph, older, newer)
    return newer, older


def conflict_of(scope: Scope, newer: SourceBundle, older: SourceBundle, *, at: datetime = START) -> Conflict:
    one, other = claim_of(newer), claim_of(older)
    return Conflict(
        contradiction_id(scope, one.id, other.id),
        scope,
        one.id,
        other.id,
        "number",
        "14",
        "12",
        "",
        one.text,
        other.text,
        "rule:slots",
        at,
    )
