"""Writing versions of sources to Neo4j: a whole batch in one transaction, a few statements for all of it.

Decides what a batch may take for granted: that new passages of a new source are recallable, and new claims that rest on
them are too. Only what was there before, and what a new version replaces, is worked out anew (`neo4j_flags.py`), so a
plain ingestion does not look at lineage at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stemma.memory.bundles import SentenceVectors, SourceBundle
from stemma.memory.model import Claim, Derivation
from stemma.memory.neo4j_flags import settle
from stemma.memory.neo4j_rows import (
    Row,
    claim_row,
    derivation_row,
    entity_row,
    head_key,
    mention_row,
    passage_row,
    relation_rows,
    source_row,
)
from stemma.memory.neo4j_turn import Turn, by_tenant
from stemma.memory.queries import load_queries
from stemma.memory.versions import next_versions, place

WRITE = load_queries("cypher/write.cypher")
ENTITIES = load_queries("cypher/entities.cypher")


@dataclass(frozen=True, slots=True)
class SourceRows:
    """A bundle with its rows; made before the transaction begins."""

    bundle: SourceBundle
    key: str
    source: Row
    passages: list[Row]
    entities: list[Row]
    mentions: list[Row]

    @property
    def tenant(self) -> str:
        return self.bundle.source.scope.tenant


def source_rows(bundles: Iterable[SourceBundle]) -> list[SourceRows]:
    """The rows of each bundle. Slow, and the same for every attempt."""
    return [
        SourceRows(
            bundle,
            head_key(bundle.source.scope, bundle.source.uri),
            source_row(bundle.source),
            _passage_rows(bundle),
            [entity_row(entity) for entity in bundle.entities],
            [mention_row(mention) for mention in dict.fromkeys(bundle.mentions)],
        )
        for bundle in bundles
    ]


def _passage_rows(bundle: SourceBundle) -> list[Row]:
    sentences: Sequence[SentenceVectors | None] = bundle.sentences or [None] * len(bundle.passages)
    return [passage_row(*each) for each in zip(bundle.passages, bundle.vectors, sentences, strict=True)]


async def write_sources(turns: dict[str, Turn], prepared: Sequence[SourceRows]) -> list[bool]:
    """Store those that are the next version of their source; for each whether it was. Raises `Undone` for none."""
    return await by_tenant(turns, prepared, _write_of_tenant)


async def _write_of_tenant(turn: Turn, prepared: Sequence[SourceRows]) -> list[bool]:
    places = {item.key: place(item.bundle) for item in prepared}
    found = await turn.rows(WRITE, "heads", keys=sorted(places))
    newest = {places[row["key"]]: (row["version"], row["source_id"]) for row in found}
    taken = next_versions([item.bundle for item in prepared], newest)
    new = [item for item, is_taken in zip(prepared, taken, strict=True) if is_taken]
    replaced = [{"id": item.bundle.source.id, "old": item.bundle.replaces} for item in new if item.bundle.replaces]
    await turn.put(WRITE, "put_sources", [{"key": item.key, "values": item.source} for item in new])
    await turn.put(WRITE, "put_passages", [row for item in new for row in item.passages])
    await turn.put(WRITE, "replace_sources", replaced)
    moved = await _put_claims(turn, [item.bundle for item in new])
    await turn.put(WRITE, "put_entities", merged_entities(row for item in new for row in item.entities))
    mentions = [row for item in new for row in item.mentions]
    of_claims = {claim.id for item in new for claim in item.bundle.claims}
    await turn.put(WRITE, "put_passage_mentions", [row for row in mentions if row["item_id"] not in of_claims])
    await turn.put(WRITE, "put_claim_mentions", [row for row in mentions if row["item_id"] in of_claims])
    related = [row for item in new for row in relation_rows(item.bundle.source.scope, item.bundle.relations)]
    await turn.put(ENTITIES, "put_relations", related)
    await settle(turn, {*moved, *(row["id"] for row in replaced)})
    return taken


async def _put_claims(turn: Turn, bundles: Sequence[SourceBundle]) -> set[str]:
    """Store what was extracted; returns the claims whose flags have to be worked out."""
    claims = [claim for bundle in bundles for claim in bundle.claims]
    rows = [claim_row(claim, None) for claim in claims]
    known = await _put_claim_rows(turn, rows)
    derivations = [
        (derivation, bundle.source.scope.audience) for bundle in bundles for derivation in bundle.derivations
    ]
    await turn.put(WRITE, "put_derivations", unique(derivation_row(*each) for each in derivations))
    grounded = {passage.id for bundle in bundles for passage in bundle.passages}
    return {claim for claim, moves in known.items() if moves} | _ungrounded(
        claims, [each for each, _ in derivations], grounded
    )


def _ungrounded(claims: Iterable[Claim], derivations: Iterable[Derivation], grounded: set[str]) -> set[str]:
    """Claims without a derivation, and claims that rest on something that is not new too."""
    derivations = list(derivations)
    rests = {derivation.claim_id for derivation in derivations}
    elsewhere = {derivation.claim_id for derivation in derivations if derivation.antecedent_id not in grounded}
    return {claim.id for claim in claims if claim.id not in rests} | elsewhere


async def _put_claim_rows(turn: Turn, rows: Sequence[Row]) -> dict[str, bool]:
    """Store claims that are not known; returns the known ones, and whether another justification matters to them."""
    by_id = {row["values"]["id"]: row for row in rows}
    known = await turn.rows(WRITE, "known_claims", ids=sorted(by_id)) if by_id else []
    for row in known:
        del by_id[row["id"]]
    await turn.put(WRITE, "put_claims", list(by_id.values()))
    return {row["id"]: row["moves"] for row in known}


def unique(rows: Iterable[Row]) -> list[Row]:
    """Rows of derivations, each once; the first one stays."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        found.setdefault((row["claim_id"], row["antecedent_id"], row["key"]), row)
    return list(found.values())


def merged_entities(rows: Iterable[Row]) -> list[Row]:
    """Rows of entities, each id once, with the aliases of all its rows."""
    found: dict[object, Row] = {}
    for row in rows:
        known = found.setdefault(row["id"], row)
        if new := [alias for alias in row["aliases"] if alias not in known["aliases"]]:
            found[row["id"]] = {**known, "aliases": [*known["aliases"], *new]}
    return list(found.values())
