"""Random histories with their logs: what was written and decided at which time, so that a past can be rebuilt from it.

A log holds the operations that a store took, in their order. Replaying those up to a moment on an empty fake gives what
memory was then, by no other rule than that of today.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from stemma.memory.lineage.model import Retraction
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import FAR_FUTURE, Answer, Claim, Derivation, Node, Scope, Source
from stemma.memory.ports import Item, MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    decision,
    make_claim,
    new_scope,
    source_bundle,
)
from tests.contracts.memory_histories import REFUSALS
from tests.contracts.memory_standing import all_items

Operation = Callable[[MemoryGraph], Awaitable[bool]]
_STEPS = 14
_CLAIMS = 6
_URIS = 3


@dataclass(slots=True)
class Log:
    """One tenant with three scopes, each narrower than the one before, and what was done in it."""

    seed: int
    shuffled: bool = False
    """Whether times do not follow the order of the operations, as with clocks that are wrong."""
    tenant: str = field(default_factory=lambda: new_scope().tenant)
    done: list[tuple[datetime, Operation]] = field(default_factory=list)
    superseded: set[tuple[str, str, datetime]] = field(default_factory=set)
    step: int = 0
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    @property
    def scopes(self) -> list[Scope]:
        return [Scope(self.tenant), Scope(self.tenant, "ann"), Scope(self.tenant, "ann", "", "t-1")]

    def tick(self) -> datetime:
        """The time of the next operation; two of them may have the same."""
        self.step += self.chance.choice((0, 1, 1, 1, 2))
        return START + timedelta(hours=self.chance.randrange(_STEPS) if self.shuffled else self.step)

    def moment(self) -> datetime:
        """A moment to look back at."""
        return START + timedelta(hours=self.chance.randrange(-1, self.step + 2), minutes=self.chance.choice((0, 30)))

    def stated(self) -> str:
        """When something begins or ends to hold; mostly not stated."""
        return self.moment().isoformat() if self.chance.random() < 0.3 else ""


async def written_log(graph: MemoryGraph, seed: int, *, shuffled: bool = False) -> Log:
    """A log and the store that took it."""
    await graph.claim_embedder(IDENTITY)
    log = Log(seed, shuffled)
    makers = (_source, _source, _answer, _answer, _answer, _take_back, _take_back, _give_back, _supersede, _supersede)
    for _ in range(_STEPS):
        at = log.tick()
        operation = await log.chance.choice(makers)(graph, log, at)
        with suppress(*REFUSALS):
            if operation and await operation(graph):
                log.done.append((at, operation))
    return log


async def replayed(log: Log, until: datetime) -> InMemoryGraph:
    """An empty fake after everything up to a moment."""
    graph = InMemoryGraph()
    await graph.claim_embedder(IDENTITY)
    for at, operation in log.done:
        if at <= until:
            assert await operation(graph)
    return graph


async def _source(graph: MemoryGraph, log: Log, at: datetime) -> Operation:
    """A first or a further version, with a claim that extraction found in it."""
    chance, number = log.chance, log.chance.randrange(_URIS)
    scope, uri = log.scopes[number % 2], f"u:{number}"
    before = (await graph.current_sources(scope, [uri])).get(uri)
    texts = [f"ground {log.seed} {len(log.done)}", f"version of {uri}"]
    version = before.version + 1 if before else 1
    bundle = source_bundle(scope, uri, texts, version=version, replaces=before.id if before else None)
    stated = {name: text for name in ("valid_from", "valid_to") if (text := log.stated())}
    source = replace(bundle.source, added_at=at, metadata={**bundle.source.metadata, **stated})
    claim = replace(_claim(log, scope, chance.randrange(_CLAIMS), at), searched=False)
    row = Derivation(claim.id, bundle.passages[0].id, f"e-{source.id}", "ground", 0, 6, "rules")
    whole = replace(bundle, source=source, claims=[claim], derivations=[row])

    async def put(graph: MemoryGraph) -> bool:
        return (await graph.put_sources([whole])) == [True]

    return put


def _claim(log: Log, scope: Scope, number: int, at: datetime, *, quarantined: bool = False) -> Claim:
    claim = make_claim(scope, f"claim {number}", quarantined=quarantined)
    return replace(claim, recorded_at=at, valid_from=log.stated(), valid_to=log.stated() or FAR_FUTURE)


async def _answer(graph: MemoryGraph, log: Log, at: datetime) -> Operation | None:
    chance, scope = log.chance, log.chance.choice(log.scopes)
    seen = await all_items(graph, scope)
    places = [one.id for one in sorted(seen.values(), key=_named) if not isinstance(one, Source)]
    if not places:
        return None
    antecedents = chance.sample(places, min(len(places), chance.choice((1, 1, 2))))
    numbers = chance.sample(range(_CLAIMS), chance.choice((0, 1, 1, 2)))
    claims = [_claim(log, scope, number, at, quarantined=chance.random() < 0.15) for number in numbers]
    used = [one for one in antecedents if not isinstance(seen[one], Answer)]
    bundle = answer_bundle(scope, f"{log.seed}-{len(log.done)}", claims, antecedents, used=used)
    doubts = [
        replace(one, id=f"{one.id}-{len(log.done)}", at=at, reason=f"doubt {len(log.done)} {n}")
        for n, one in enumerate(bundle.retractions)
    ]
    whole = replace(bundle, answer=replace(bundle.answer, recorded_at=at), retractions=doubts)

    async def put(graph: MemoryGraph) -> bool:
        return await graph.put_answer(whole)

    return put


async def _take_back(graph: MemoryGraph, log: Log, at: datetime) -> Operation | None:
    chance = log.chance
    item = await _one_of(graph, log, (Source, Claim))
    if item is None:
        return None
    made = decision(item.scope, item.id, quarantine=chance.random() < 0.3)
    made = replace(made, id=f"{made.id}-{len(log.done)}", at=at, reason=f"decision {len(log.done)}")

    async def take(graph: MemoryGraph) -> bool:
        await graph.take_back(made.scope, made)
        return True

    return take


def _named(item: Item) -> tuple[str, ...]:
    """What an item is called in every run of the same seed: ids hold the tenant's name, which is another one."""
    words = [getattr(item, name, "") for name in ("uri", "name", "text", "ordinal", "version", "question")]
    return (type(item).__name__, item.scope.audience, *map(str, words))


async def _one_of(graph: MemoryGraph, log: Log, kinds: tuple[type[Source], type[Claim]]) -> Source | Claim | None:
    seen = await all_items(graph, log.scopes[-1])
    found = [one for one in sorted(seen.values(), key=_named) if isinstance(one, kinds)]
    return log.chance.choice(found) if found else None


async def _give_back(graph: MemoryGraph, log: Log, at: datetime) -> Operation | None:
    found, _ = await graph.list_retractions(log.scopes[-1], open_only=True, limit=50)
    some: Sequence[Retraction] = sorted(found, key=lambda one: one.reason)
    if not some:
        return None
    chosen = log.chance.choice(some)

    async def give(graph: MemoryGraph) -> bool:
        await graph.give_back(chosen.scope, chosen.id, actor="bob", at=at)
        return True

    return give


async def _supersede(graph: MemoryGraph, log: Log, at: datetime) -> Operation | None:
    listed = await graph.items(log.scopes[-1], Node.CLAIM, limit=50)
    claims = [one for one in listed.items if isinstance(one, Claim)]
    claims.sort(key=lambda one: (one.recorded_at, *_named(one)))
    if len(claims) < 2:
        return None
    older, newer = (claims[n] for n in sorted(log.chance.sample(range(len(claims)), 2)))
    if (newer.id, older.id) in {one[:2] for one in log.superseded}:
        return None

    async def supersede(graph: MemoryGraph) -> bool:
        await graph.supersede(older.scope, newer.id, older.id, at=at)
        log.superseded.add((newer.id, older.id, at))
        return True

    return supersede
