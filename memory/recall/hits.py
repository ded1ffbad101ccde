"""From ranked ids to hits: texts and sources are looked up only for what is shown.

Decides what is left out at the last moment: what was erased or taken back since it was found, and what adds nothing to
a better hit (`diversity.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from stemma.memory.model import Claim, Hit, Node, Passage, PathStep, Scope, Source
from stemma.memory.recall.diversity import Novelty, Shown
from stemma.memory.recall.ports import DetailStore
from stemma.memory.recall.rank import Ranked

_SPARE = 5
"""Looked up beyond what is asked for, in place of what is left out."""


async def shown_hits(
    graph: DetailStore,
    scope: Scope,
    ranked: Sequence[Ranked],
    claims: Collection[str],
    paths: Mapping[str, tuple[PathStep, ...]],
    k: int,
) -> list[Hit]:
    """The first k of `ranked` that can be shown; `claims` names the claims among them. Raises what the store raises."""
    chosen: list[tuple[Ranked, Passage | Claim]] = []
    again: list[tuple[Ranked, Passage | Claim]] = []
    shown, reached, more = Shown(), 0, k + _SPARE
    sources: dict[str, Source] = {}
    against: dict[str, tuple[str, ...]] = {}
    while len(chosen) < k and reached < len(ranked):
        following = ranked[reached : reached + more]
        reached, more = reached + more, 2 * more
        items = await _look(graph, scope, following, claims, sources, against)
        for place in following:
            item = items.get(place.id)
            if item is None or not item.recallable or len(chosen) == k:
                continue
            novelty = shown.show(item)
            if novelty is not Novelty.NOTHING:
                (chosen if novelty is Novelty.NEW else again).append((place, item))
    least = chosen[-1][0].score if chosen else 0.0
    chosen += [(_behind(place, least), item) for place, item in again[: k - len(chosen)]]
    hits = [_hit(place, item, sources) for place, item in chosen]
    return [
        replace(hit, rank=rank, path=paths.get(hit.id, ()), contradicted_by=against.get(hit.id, ()))
        for rank, hit in enumerate(hits, start=1)
    ]


def _behind(ranked: Ranked, least: float) -> Ranked:
    """With no higher score than what stands before it."""
    if ranked.score <= least:
        return ranked
    return Ranked(ranked.id, least, {**ranked.parts, "repeats": least - ranked.score})


async def _look(
    graph: DetailStore,
    scope: Scope,
    ranked: Sequence[Ranked],
    claims: Collection[str],
    sources: dict[str, Source],
    against: dict[str, tuple[str, ...]],
) -> dict[str, Passage | Claim]:
    """Items by id; the sources of the passages among them are added to `sources`, what contradicts to `against`."""
    ids = [item.id for item in ranked]
    found = await graph.details(
        scope, [item_id for item_id in ids if item_id not in claims], [item_id for item_id in ids if item_id in claims]
    )
    sources |= {source.id: source for source in found.sources}
    against |= found.contradicted
    return {item.id: item for items in (found.passages, found.claims) for item in items}


def _hit(ranked: Ranked, item: Passage | Claim, sources: Mapping[str, Source]) -> Hit:
    if isinstance(item, Claim):
        return Hit(item.id, Node.CLAIM, item.text, "", ranked.score, ranked.parts, "", "", 0)
    source = sources.get(item.source_id)
    return Hit(
        id=item.id,
        kind=Node.PASSAGE,
        text=item.text,
        title=item.title,
        score=ranked.score,
        parts=ranked.parts,
        source_id=item.source_id,
        uri=source.uri if source else "",
        rank=0,
        position=item.position,
        document_id=source.metadata.get("id", "") if source else "",
    )
