"""From ranked ids to hits: texts and sources are looked up only for what is shown.

Decides what is left out at the last moment: what was erased or taken back since it was found, and what adds nothing to
a better hit (`diversity.py`); and where what nobody used for long stands (`consolidation/`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from stemma.memory.model import Claim, Hit, Node, Passage, PathStep, Scope, Source
from stemma.memory.recall.diversity import Novelty, Shown
from stemma.memory.recall.ports import DetailStore
from stemma.memory.recall.rank import Ranked

_SPARE = 5
"""Looked up beyond what is asked for, in place of what is left out."""


Placed = tuple[Ranked, Passage | Claim]


async def shown_hits(
    graph: DetailStore,
    scope: Scope,
    ranked: Sequence[Ranked],
    claims: Collection[str],
    paths: Mapping[str, tuple[PathStep, ...]],
    k: int,
    demoted_discount: float,
) -> list[Hit]:
    """The first k of `ranked` that can be shown; `claims` names the claims among them. Raises what the store raises.

    What is demoted loses that share of its score, and stands where it then belongs.
    """
    chosen, known, waiting = _Chosen(k), _Known(), deque[Placed]()
    reached, more = 0, k + _SPARE
    while not chosen.full and reached < len(ranked):
        following = ranked[reached : reached + more]
        reached, more = reached + more, 2 * more
        await known.look(graph, scope, following, claims)
        for place in following:
            while waiting and waiting[0][0].score > place.score:
                chosen.take(*waiting.popleft())
            item = known.items.get(place.id)
            if item is None or not item.recallable:
                continue
            if item.id in known.demoted:
                waiting.append((_lowered(place, demoted_discount), item))
            else:
                chosen.take(place, item)
    for placed in waiting:
        chosen.take(*placed)
    return [
        replace(known.hit(place, item), rank=rank, path=paths.get(item.id, ()))
        for rank, (place, item) in enumerate(chosen.in_order(), start=1)
    ]


class _Chosen:
    """The best so far that add something, and those that only say again what another source says."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._new: list[Placed] = []
        self._again: list[Placed] = []
        self._shown = Shown()

    @property
    def full(self) -> bool:
        return len(self._new) >= self._k

    def take(self, place: Ranked, item: Passage | Claim) -> None:
        """The next one, unless there is no room or it adds nothing."""
        if self.full:
            return
        novelty = self._shown.show(item)
        if novelty is not Novelty.NOTHING:
            (self._new if novelty is Novelty.NEW else self._again).append((place, item))

    def in_order(self) -> list[Placed]:
        """At most k, what is new first."""
        least = self._new[-1][0].score if self._new else 0.0
        again = self._again[: self._k - len(self._new)]
        return [*self._new, *((_behind(place, least), item) for place, item in again)]


def _lowered(place: Ranked, discount: float) -> Ranked:
    taken = discount * abs(place.score)
    return Ranked(place.id, place.score - taken, {**place.parts, "demoted": -taken})


def _behind(ranked: Ranked, least: float) -> Ranked:
    """With no higher score than what stands before it."""
    if ranked.score <= least:
        return ranked
    return Ranked(ranked.id, least, {**ranked.parts, "repeats": least - ranked.score})


class _Known:
    """What was looked up so far."""

    def __init__(self) -> None:
        self.items: dict[str, Passage | Claim] = {}
        self.demoted: set[str] = set()
        self._sources: dict[str, Source] = {}
        self._also: dict[str, int] = {}
        self._against: dict[str, tuple[str, ...]] = {}

    async def look(self, graph: DetailStore, scope: Scope, ranked: Sequence[Ranked], claims: Collection[str]) -> None:
        """Look up some more."""
        ids = [item.id for item in ranked]
        found = await graph.details(
            scope, [one for one in ids if one not in claims], [one for one in ids if one in claims]
        )
        self.items |= {item.id: item for items in (found.passages, found.claims) for item in items}
        self.demoted |= set(found.demoted)
        self._sources |= {source.id: source for source in found.sources}
        self._also |= found.also
        self._against |= found.contradicted

    def hit(self, ranked: Ranked, item: Passage | Claim) -> Hit:
        """A hit without its rank and path."""
        against = self._against.get(item.id, ())
        if isinstance(item, Claim):
            also = self._also.get(item.id, 0)
            return Hit(
                item.id,
                Node.CLAIM,
                item.text,
                "",
                ranked.score,
                ranked.parts,
                "",
                "",
                0,
                also=also,
                contradicted_by=against,
            )
        source = self._sources.get(item.source_id)
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
            also=self._also.get(item.source_id, 0),
            contradicted_by=against,
        )
