"""Looking back: what memory was at a moment, compared with a memory that was never told what came later.

Random histories are replayed up to each moment (`memory_logs.py`), and the world as of a moment is worked out from what
the store lists by the rules that `history/belief.py` states, without its code.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stemma.memory.errors import UnknownItem
from stemma.memory.history.difference import Change, Changed
from stemma.memory.history.history import History
from stemma.memory.history.model import Past
from stemma.memory.history.past_reads import PastReads
from stemma.memory.lineage.model import Direction, Status
from stemma.memory.lineage.support import Facts
from stemma.memory.long_term import LongTermMemory
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import Claim, Node, Passage, Scope, Source
from stemma.memory.ports import EmbedderIdentity, Item, MemoryGraph
from tests.contracts.memory_bundles import IDENTITY, START, vector
from tests.contracts.memory_histories import stored_facts
from tests.contracts.memory_logs import Log, replayed, written_log
from tests.contracts.memory_standing import all_items, status
from tests.contracts.naive_truth import naive_statuses

_WORDS = ("ground", "claim", "version")
_LOOKS = 2
"""Moments that each history is looked at from."""
_RECALLED = 5
"""One in so many histories is recalled from, with all that a recall does."""
_LINEAGES = 6
"""Items of such a history whose lineage is compared, both ways."""
_END = START + timedelta(days=365)
_PHANTOM = "what stands in the place of whatever does not hold"

SEEDS = [range(first, first + 20) for first in range(0, 200, 20)]
"""Two hundred histories of each kind, in the groups that run together."""


class ContractEmbedder:
    """The vectors of the contract's bundles."""

    @property
    def identity(self) -> EmbedderIdentity:
        return IDENTITY

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [vector(text) for text in texts]


async def check_beliefs(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """What was known at a moment is what a replay of the log up to it knows, and recall finds the same."""
    for seed in seeds:
        await _look_at_beliefs(graph, await written_log(graph, seed))


async def _look_at_beliefs(graph: MemoryGraph, log: Log) -> None:
    for moment in [log.moment() for _ in range(_LOOKS)]:
        then = await replayed(log, moment)
        items = await all_items(then, log.scopes[-1])
        wanted = {item_id: status(item) for item_id, item in items.items()}
        past = await History(graph).past(log.scopes[-1], known_at=moment)
        await _compare(graph, log, past, wanted, f"history {log.seed} known at {moment}")
    if log.seed % _RECALLED == 0:
        await _compare_recall(graph, then, log, moment)
        await _compare_items(graph, then, log, moment)


async def check_worlds(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """What held at a moment, by the belief of today or of a moment, follows from the rules."""
    for seed in seeds:
        await _look_at_worlds(graph, await written_log(graph, seed))


async def _look_at_worlds(graph: MemoryGraph, log: Log) -> None:
    for known_at in (None, log.moment()):
        as_of = log.moment()
        then = await replayed(log, known_at or _END)
        wanted = naive_statuses(await _world(then, log, known_at or _END, as_of))
        del wanted[_PHANTOM]
        past = await History(graph).past(log.scopes[-1], known_at=known_at, as_of=as_of)
        await _compare(graph, log, past, wanted, f"history {log.seed} known at {known_at} as of {as_of}")


async def check_regions(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """Whatever the clocks said, the region that a store fetches holds all that the fake's whole tenant tells."""
    for seed in seeds:
        log = await written_log(graph, seed, shuffled=True)
        whole, scope = await replayed(log, _END), log.scopes[-1]
        for known_at, as_of in ((log.moment(), None), (None, log.moment()), (log.moment(), log.moment())):
            past = await History(whole).past(scope, known_at=known_at, as_of=as_of)
            told = await History(graph).past(scope, known_at=known_at, as_of=as_of)
            await _compare(graph, log, told, dict(past.then), f"history {seed} known at {known_at} as of {as_of}")


async def check_imports(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """What was exported looks back as what it was exported from."""
    for seed in seeds[:3]:
        whole = InMemoryGraph()
        log = await written_log(whole, seed, shuffled=True)
        await graph.claim_embedder(IDENTITY)
        async for page in whole.records(Scope(log.tenant)):
            await graph.import_records(log.tenant, page.kind, page.rows)
        await graph.settle_import(log.tenant)
        for known_at, as_of in ((log.moment(), None), (None, log.moment())):
            past = await History(whole).past(log.scopes[0], known_at=known_at, as_of=as_of)
            told = await History(graph).past(log.scopes[0], known_at=known_at, as_of=as_of)
            await _compare(graph, log, told, dict(past.then), f"import {seed} known at {known_at} as of {as_of}")


async def check_differences(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """What changed between two moments is what two replays do not have in common, each with a word that fits."""
    for seed in seeds:
        await _look_at_differences(graph, await written_log(graph, seed))


async def _look_at_differences(graph: MemoryGraph, log: Log) -> None:
    earlier, later = sorted((log.moment(), log.moment()))
    before, after = [
        {item_id: status(item) for item_id, item in (await all_items(one, log.scopes[1])).items()}
        for one in (await replayed(log, earlier), await replayed(log, later))
    ]
    found = await History(graph).difference(log.scopes[1], earlier, later)
    told = {one.id: (one.before, one.after) for one in found.changed if one.change is not Change.EXPIRED}
    assert told == {
        item_id: (before.get(item_id), flags) for item_id, flags in after.items() if before.get(item_id) != flags
    }
    for one in found.changed:
        assert one.before == before.get(one.id), one
        assert one.after == after[one.id], one
        assert _fits(one), one
    held = [one for one in found.decisions if one.lifted_at is None]
    listed, _ = await (await replayed(log, later)).list_retractions(log.scopes[1], open_only=True, limit=500)
    assert {one.id for one in held} == {one.id for one in listed if one.at > earlier}


async def check_looks(graph: MemoryGraph, seeds: Sequence[int]) -> None:
    """The three of above on the same histories, where to write one takes longer than to look at it."""
    for seed in seeds:
        log = await written_log(graph, seed)
        for look in (_look_at_beliefs, _look_at_worlds, _look_at_differences):
            await look(graph, log)


def _fits(one: Changed) -> bool:
    was, now = one.before, one.after
    if one.change is Change.ADDED or was is None:
        return one.change is Change.ADDED and was is None
    match one.change:
        case Change.WITHDRAWN | Change.LOST:
            return was.supported and not now.supported
        case Change.SUPERSEDED | Change.REPLACED:
            return was.current and now.supported and not now.current
        case Change.BACK:
            return (now.supported, now.current) > (was.supported, was.current)
        case Change.STALE | Change.FRESH:
            return now.current and was.stale != now.stale and now.stale == (one.change is Change.STALE)
        case _:
            return now.current


async def _compare(graph: MemoryGraph, log: Log, past: Past, wanted: dict[str, Status], name: str) -> None:
    """The flags of everything that was known, and what both searches find for each scope."""
    items = await all_items(graph, log.scopes[-1])
    told = {item_id: past.then.get(item_id, status(items[item_id])) for item_id in wanted}
    assert told == wanted, name
    vectors = [item for item in items.values() if _searched(item)]
    for scope in log.scopes:
        shown = {
            item.id
            for item in vectors
            if item.id in wanted and wanted[item.id].current and item.scope.audience in scope.audiences()
        }
        reads = PastReads(graph, past)
        assert {one.id for one in await reads.search_text(scope, _WORDS, 500)} == shown, name
        assert {one.id for one in await reads.search_vector(scope, vector("anything"), 500)} == shown, name


def _searched(item: Item) -> bool:
    return isinstance(item, Passage) or (isinstance(item, Claim) and item.searched)


async def _compare_recall(graph: MemoryGraph, then: MemoryGraph, log: Log, moment: datetime) -> None:
    """A whole recall, walk and claims included, finds what it would have found; scores may differ between stores."""
    for recipe in ("graph", "hybrid"):
        for scope in (log.scopes[0], log.scopes[-1]):
            asked = [LongTermMemory(one, ContractEmbedder(), recipe=recipe) for one in (graph, then)]
            query = "claim ground version"
            found = await asked[0].recall(scope, query, k=100, known_at=moment)
            wanted = await asked[1].recall(scope, query, k=100)
            assert {hit.id for hit in found} == {hit.id for hit in wanted}, (log.seed, moment, recipe)


async def _compare_items(graph: MemoryGraph, then: MemoryGraph, log: Log, moment: datetime) -> None:
    """Every item, what it rested on and what it had reached; what was not there then is unknown."""
    history, scope = History(graph), log.scopes[-1]
    items = await all_items(then, scope)
    for item_id, item in items.items():
        told = await history.item(scope, item_id, known_at=moment)
        assert told == item, (log.seed, moment, told, item)
    for item_id in (await all_items(graph, scope)).keys() - items.keys():
        with pytest.raises(UnknownItem):
            await history.item(scope, item_id, known_at=moment)
    for item_id in list(items)[:_LINEAGES]:
        for direction in Direction:
            found = await history.lineage(scope, item_id, direction, limit=500, known_at=moment)
            wanted = await then.lineage(scope, item_id, direction, limit=500)
            assert found.items == wanted.items, (log.seed, moment, item_id)
            assert set(found.edges) == set(wanted.edges), (log.seed, moment, item_id)
            assert list(found.retractions) == list(wanted.retractions), (log.seed, moment, item_id)


async def _world(then: MemoryGraph, log: Log, known_at: datetime, as_of: datetime) -> Facts:
    """The facts of a moment in the world, from what a memory lists."""
    scope = log.scopes[-1]
    items = await all_items(then, scope)
    decided, _ = await then.list_retractions(scope, open_only=True, limit=500)
    claims = [item_id for item_id, item in items.items() if isinstance(item, Claim)]
    derivations = await then.derivations(scope, claims)
    superseded = {(newer, older) for newer, older, at in log.superseded if at <= known_at}
    facts = stored_facts(items, derivations, decided, superseded)
    starts = {item_id: _start(items, item) for item_id, item in items.items() if isinstance(item, Source | Claim)}
    newer = {
        older: {one for one in some if starts[one] <= as_of}
        | ({_PHANTOM} if not _holds(items[older], starts[older], as_of) else set())
        for older, some in {**{key: set[str]() for key in starts}, **facts.superseded_by}.items()
    }
    nodes = {**facts.nodes, _PHANTOM: Node.SOURCE}
    return replace(facts, nodes=nodes, justifications={**facts.justifications, _PHANTOM: [()]}, superseded_by=newer)


def _start(items: dict[str, Item], item: Source | Claim) -> datetime:
    stated = item.valid_from if isinstance(item, Claim) else item.metadata.get("valid_from", "")
    if stated:
        return datetime.fromisoformat(stated)
    if isinstance(item, Claim) or not any(
        isinstance(one, Source)
        and one.supported
        and (one.scope, one.uri) == (item.scope, item.uri)
        and one.version < item.version
        for one in items.values()
    ):
        return datetime(1, 1, 1, tzinfo=UTC)
    return item.added_at


def _holds(item: Item, start: datetime, as_of: datetime) -> bool:
    stated = item.valid_to if isinstance(item, Claim) else ""
    stated = item.metadata.get("valid_to", "") if isinstance(item, Source) else stated
    return start <= as_of and (not stated or as_of < datetime.fromisoformat(stated))


HistoryCheck = Callable[[MemoryGraph, Sequence[int]], Awaitable[None]]
DEFINED: Sequence[HistoryCheck] = (check_beliefs, check_worlds, check_differences)
"""Compared with the definition; the others with the fake's whole tenant."""
CHECKS: Sequence[HistoryCheck] = (*DEFINED, check_regions, check_imports)
SHARED: Sequence[HistoryCheck] = (check_looks, check_regions, check_imports)
"""The same as `CHECKS`, with fewer histories to write."""
