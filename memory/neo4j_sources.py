"""Writing versions of sources to Neo4j: a whole batch in one transaction, a few statements for all of it.

Decides what a batch may take for granted: that new passages of a new source are recallable, and new claims that rest on
them are too. Only what was there before, and what a new version replaces, is worked out anew (`neo4j_flags.py`), so a
plain ingestion does not look at lineage at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stemma.memory.bundles import SentenceVectors, SourceBundle
from stemma.memory.model import Mention
from stemma.memory.neo4j_entities import put_entities
from stemma.memory.neo4j_flags import settle
from stemma.memory.neo4j_mentions import WRITE, ClaimParts, put_claims, put_passages, with_mentions
from stemma.memory.neo4j_rows import (
    Row,
    claim_row,
    derivation_row,
    head_key,
    passage_row,
    passage_words,
    relation_rows,
    source_row,
)
from stemma.memory.neo4j_turn import Turn, by_tenant
from stemma.memory.recall.sentence_blob import pack
from stemma.memory.recall.term_counts import words_of
from stemma.memory.versions import next_versions, place


@dataclass(frozen=True, slots=True)
class SourceRows:
    """A bundle with its rows; made before the transaction begins."""

    bundle: SourceBundle
    key: str
    source: Row
    passages: list[Row]
    claims: dict[str, Row]
    """By id."""
    derivations: list[Row]
    mentions: list[Mention]
    """Of claims; those of passages are in their rows."""
    relations: list[Row]

    @property
    def tenant(self) -> str:
        return self.bundle.source.scope.tenant


def source_rows(bundles: Iterable[SourceBundle], sent: Callable[[Sequence[float]], object]) -> list[SourceRows]:
    """The rows of each bundle, its vectors as `sent` makes them. Slow, and the same for every attempt."""
    return [_rows(bundle, sent) for bundle in bundles]


def _rows(bundle: SourceBundle, sent: Callable[[Sequence[float]], object]) -> SourceRows:
    scope = bundle.source.scope
    passages = _passage_rows(bundle, sent)
    of_passages = {passage.id for passage in bundle.passages}
    return SourceRows(
        bundle,
        head_key(scope, bundle.source.uri),
        source_row(bundle.source),
        with_mentions(passages, bundle.mentions),
        {claim.id: claim_row(claim, None) for claim in bundle.claims},
        unique(derivation_row(row, scope.audience, bundle.source.added_at) for row in bundle.derivations),
        [mention for mention in bundle.mentions if mention.item_id not in of_passages],
        relation_rows(scope, bundle.relations),
    )


def _passage_rows(bundle: SourceBundle, sent: Callable[[Sequence[float]], object]) -> list[Row]:
    """Properties, and apart from them those of the entry: words and vectors, whose names the serving slot decides."""
    sentences: Sequence[SentenceVectors | None] = bundle.sentences or [None] * len(bundle.passages)
    words = bundle.words or [words_of(passage.title, passage.text) for passage in bundle.passages]
    return [
        {
            "values": passage_row(passage),
            "words": passage_words(passage.scope, said),
            "vector": sent(vector),
            "sentences": pack(own) if own else None,
        }
        for passage, said, vector, own in zip(bundle.passages, words, bundle.vectors, sentences, strict=True)
    ]


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
    await turn.put(WRITE, "replace_sources", replaced)
    await put_entities(turn, (entity for item in new for entity in item.bundle.entities))
    await put_passages(turn, [row for item in new for row in item.passages])
    moved = await _put_claims(turn, new)
    await settle(turn, {*moved, *(row["id"] for row in replaced)})
    return taken


async def _put_claims(turn: Turn, items: Sequence[SourceRows]) -> set[str]:
    """Store what was extracted; returns the claims whose flags have to be worked out."""
    claims = {claim_id: row for item in items for claim_id, row in item.claims.items()}
    if not claims and not any(item.derivations for item in items):
        return set()
    known = {row["id"]: row["moves"] for row in await turn.rows(WRITE, "known_claims", ids=sorted(claims))}
    parts = ClaimParts(
        {claim_id: row for claim_id, row in claims.items() if claim_id not in known},
        unique(row for item in items for row in item.derivations),
        [row for item in items for row in item.mentions],
        [row for item in items for row in item.relations],
    )
    grounded = {row["values"]["id"] for item in items for row in item.passages}
    await put_claims(turn, parts, grounded)
    return {claim for claim, moves in known.items() if moves} | _ungrounded(claims, parts.derivations, grounded)


def _ungrounded(claims: Iterable[str], derivations: Sequence[Row], grounded: set[str]) -> set[str]:
    """Claims without a derivation, and claims that rest on something that is not new too."""
    rests = {row["claim_id"] for row in derivations}
    return (set(claims) - rests) | {row["claim_id"] for row in derivations if row["antecedent_id"] not in grounded}


def unique(rows: Iterable[Row]) -> list[Row]:
    """Rows of derivations, each once; the first one stays."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        found.setdefault((row["claim_id"], row["antecedent_id"], row["key"]), row)
    return list(found.values())
