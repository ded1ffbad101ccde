"""Lineage in the in-memory graph: what an item rests on, and what it reached; and what claims relate.

Decides which links are followed which way, and how much is told. It explains nothing in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge, Retraction
from stemma.memory.memory_rows import Link, TenantRows
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    EntityRelation,
    Passage,
    Relation,
    Scope,
    Source,
    Use,
)
from stemma.memory.ports import EARLIER, StatedRelation

_RESTS_ON = frozenset({Relation.PART_OF, Relation.DERIVED_FROM, Relation.USED, Relation.ASSERTS})
_STANDS_FOR = frozenset({Relation.SUPERSEDES, Relation.REPLACES})
"""Followed against the arrow: from the older to the newer when going upstream."""


def lineage(rows: TenantRows, scope: Scope, root: str, direction: Direction, limit: int) -> Lineage:
    """Breadth first, so nearest first. Raises `UnknownItem`."""
    seen = {item.id: item for item in rows.visible(scope) if isinstance(item, Source | Passage | Claim | Answer)}
    if root not in seen:
        raise UnknownItem(f"there is no lineage of {root!r} in this scope", hint="stemma memory ls")
    audiences = scope.audiences()
    links = [link for link, audience in rows.links.items() if audience in audiences and _followed(link, seen)]
    order = _reached(root, _steps(links, direction))
    kept = {item_id: seen[item_id] for item_id in order[:limit]}
    return Lineage(
        root=root,
        direction=direction,
        items=kept,
        edges=[_edge(link) for link in links if _followed(link, kept)],
        retractions=decisions(rows, scope, list(kept)),
        truncated=len(order) > limit,
    )


def earlier_passages(rows: TenantRows, scope: Scope, quotes: Sequence[tuple[str, str]]) -> list[Passage]:
    """By id, each once, from as many versions back as the port says."""
    older = {link.dependent: link.antecedent for link in rows.links if link.relation is Relation.REPLACES}
    wanted: set[tuple[str, str]] = set()
    for source_id, quote in quotes:
        at: str | None = source_id
        for _ in range(EARLIER):
            at = older.get(at) if at else None
            wanted |= {(at, quote)} if at else set()
    held = [item for item in rows.visible(scope) if isinstance(item, Passage)]
    found = {p.id: p for p in held for source_id, quote in wanted if p.source_id == source_id and quote in p.text}
    return [found[item_id] for item_id in sorted(found)]


def decisions(rows: TenantRows, scope: Scope, item_ids: Sequence[str]) -> list[Retraction]:
    """All decisions about the items that the scope may see, oldest first."""
    about = set(item_ids)
    found = [item for item in rows.visible(scope) if isinstance(item, Retraction) and item.withdraws in about]
    return sorted(found, key=lambda item: (item.at, item.id))


def stated_relations(rows: TenantRows, scope: Scope) -> list[StatedRelation]:
    """What the supported claims that the scope may see relate, the newest claim first."""
    items, audiences = rows.items, scope.audiences()
    found: list[tuple[Claim, StatedRelation]] = []
    for link, audience in rows.links.items():
        if not isinstance(link.detail, EntityRelation) or audience not in audiences:
            continue
        claim, subject, thing = items[link.detail.claim_id], items[link.dependent], items[link.antecedent]
        if isinstance(claim, Claim) and claim.supported and isinstance(subject, Entity) and isinstance(thing, Entity):
            ends = (subject.id, subject.name, link.detail.predicate, thing.id, thing.name)
            found.append((claim, StatedRelation(*ends, claim.id, claim.text)))
    found.sort(key=lambda pair: (-pair[0].recorded_at.timestamp(), pair[0].id))
    return [relation for _, relation in found]


def _followed(link: Link, within: dict[str, Source | Passage | Claim | Answer]) -> bool:
    return link.relation in _RESTS_ON | _STANDS_FOR and link.dependent in within and link.antecedent in within


def _steps(links: Sequence[Link], direction: Direction) -> dict[str, list[str]]:
    steps: defaultdict[str, list[str]] = defaultdict(list)
    for link in links:
        if (link.relation in _RESTS_ON) == (direction is Direction.UPSTREAM):
            steps[link.dependent].append(link.antecedent)
        else:
            steps[link.antecedent].append(link.dependent)
    return steps


def _reached(root: str, steps: dict[str, list[str]]) -> list[str]:
    order = {root: None}
    queue = [root]
    for item_id in queue:
        new = [step for step in dict.fromkeys(steps.get(item_id, ())) if step not in order]
        order |= dict.fromkeys(new)
        queue += new
    return list(order)


def _edge(link: Link) -> LineageEdge:
    ends = (link.dependent, link.antecedent, link.relation)
    match link.detail:
        case Derivation() as row:
            return LineageEdge(
                *ends, row.justification, row.quote, row.start, row.end, row.extractor, row.run_id, row.step
            )
        case Use() as use:
            return LineageEdge(*ends, rank=use.rank, score=use.score)
        case _:
            return LineageEdge(*ends)
