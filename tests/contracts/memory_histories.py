"""Random histories by several writers at once, each compared with the definition of truth maintenance at its end.

A history is made from its seed in a tenant of its own, so that many can run at the same time on one store. Only the
order in which the writers take turns is not given by the seed: whatever it was, the flags follow from what is stored.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from stemma.memory.errors import AlreadyGivenBack, AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem
from stemma.memory.lineage.model import Retraction, RetractionKind
from stemma.memory.lineage.support import Facts
from stemma.memory.model import Answer, Claim, Derivation, Node, Passage, Relation, Scope, Source
from stemma.memory.ports import Item, MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    decision,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    source_bundle,
    vector,
)
from tests.contracts.memory_changes import everything
from tests.contracts.memory_standing import all_items, status
from tests.contracts.naive_truth import naive_statuses

REFUSALS = (UnknownItem, WiderItem, AlreadyTakenBack, AlreadyGivenBack, SupersedesNewer)
"""What a writer may be told, when another one was faster or the dice were unlucky."""

SEEDS = [range(first, first + 20) for first in range(0, 200, 20)]
"""Two hundred histories, in the groups that run at the same time."""

_WRITERS, _STEPS, _CLAIMS = 3, 6, 4


@dataclass(slots=True)
class History:
    """One tenant with three scopes, each narrower than the one before: the last one sees everything."""

    seed: int
    tenant: str = field(default_factory=lambda: new_scope().tenant)
    superseded: set[tuple[str, str]] = field(default_factory=set)
    """(newer, older), as far as it was not refused."""

    @property
    def scopes(self) -> list[Scope]:
        return [Scope(self.tenant), Scope(self.tenant, "ann"), Scope(self.tenant, "ann", "", "t-1")]

    def claim(self, scope: Scope, number: int, *, quarantined: bool = False) -> Claim:
        claim = make_claim(scope, f"claim {number}", quarantined=quarantined)
        return replace(claim, recorded_at=START + timedelta(hours=number))

    def ground(self) -> list[tuple[Scope, str]]:
        """The sources that are there from the start, by scope and uri."""
        return [(self.scopes[n % 2], f"u:{n}") for n in range(3)]

    def places(self, scope: Scope) -> list[str]:
        """Ids of passages and claims that an answer of this scope may rest on, whether they are there yet or not."""
        bundles = [source_bundle(owner, uri, ["ground one", "ground two"]) for owner, uri in self.ground()]
        passages = [p.id for bundle in bundles for p in bundle.passages if p.scope.audience in scope.audiences()]
        seen = [one for one in self.scopes if one.audience in scope.audiences()]
        return passages + [self.claim(one, number).id for one in seen for number in range(_CLAIMS)]


async def check_histories(one: MemoryGraph, two: MemoryGraph, seeds: Sequence[int]) -> None:
    """All of them at the same time."""
    for graph in (one, two):
        await graph.claim_embedder(IDENTITY)
    done = await asyncio.gather(*(check_history(one, two, seed) for seed in seeds), return_exceptions=True)
    for seed, error in zip(seeds, done, strict=True):
        if error:
            raise AssertionError(f"history {seed}: {error!r}") from error


async def check_history(one: MemoryGraph, two: MemoryGraph, seed: int) -> None:
    """Let three writers work over two handles at once, then look at everything."""
    history = History(seed)
    narrowest = history.scopes[-1]
    await one.put_sources([source_bundle(scope, uri, ["ground one", "ground two"]) for scope, uri in history.ground()])
    first = history.places(history.scopes[0])[0]
    claims = [history.claim(history.scopes[0], number) for number in range(2)]
    assert await two.put_answer(answer_bundle(history.scopes[0], "first", claims, [first]))
    before = await two.revision(narrowest)
    known = {item.id: item.recallable for item in await everything(two, narrowest, limit=100)}
    await asyncio.gather(*(_write((one, two)[n % 2], history, n) for n in range(_WRITERS)))
    known |= {item.id: item.recallable for item in await everything(one, narrowest, after=before.number, limit=100)}
    await _compare(two, history, known)
    if seed % 4 == 0:
        await _undo(one, history)


async def _write(graph: MemoryGraph, history: History, writer: int) -> None:
    chance = Random(f"{history.seed} {writer}")
    actions = (
        _answer,
        _answer,
        _answer,
        _version,
        _take_back,
        _take_back,
        _take_back,
        _give_back,
        _supersede,
        _supersede,
    )
    for step in range(_STEPS):
        with suppress(*REFUSALS):
            await chance.choice(actions)(graph, history, chance, f"{writer}-{step}")


async def _answer(graph: MemoryGraph, history: History, chance: Random, name: str) -> None:
    scope = chance.choice(history.scopes)
    numbers = chance.sample(range(_CLAIMS), chance.choice((0, 1, 1, 2)))
    claims = [history.claim(scope, number, quarantined=chance.random() < 0.15) for number in numbers]
    places = history.places(scope)
    antecedents = chance.sample(places[: 2 * len(places) // 3], chance.choice((1, 1, 2)))
    await graph.put_answer(answer_bundle(scope, name, claims, antecedents))


async def _version(graph: MemoryGraph, history: History, chance: Random, name: str) -> None:
    """With a claim that extraction found in it, which an answer may have made before."""
    scope, uri = chance.choice(history.ground())
    before = (await graph.current_sources(scope, [uri]))[uri]
    bundle = source_bundle(scope, uri, [f"version {name}"], version=before.version + 1, replaces=before.id)
    claim = replace(history.claim(scope, chance.randrange(_CLAIMS)), searched=False)
    row = Derivation(claim.id, bundle.passages[0].id, f"j-{name}", "version", 0, 7, "rules")
    await graph.put_sources([replace(bundle, claims=[claim], derivations=[row])])


async def _take_back(graph: MemoryGraph, history: History, chance: Random, name: str) -> None:
    """Mostly something that is there, by whoever owns it."""
    found = await graph.items(history.scopes[-1], chance.choice((Node.SOURCE, Node.CLAIM)), limit=20)
    item = chance.choice(found.items)
    scope = chance.choice((item.scope, item.scope, *history.scopes))
    made = decision(scope, item.id, quarantine=chance.random() < 0.3)
    await graph.take_back(scope, replace(made, id=f"{made.id}-{name}", reason=name), dry_run=chance.random() < 0.1)


async def _give_back(graph: MemoryGraph, history: History, chance: Random, name: str) -> None:
    found, _ = await graph.list_retractions(history.scopes[-1], open_only=False, limit=9)
    if found:
        await graph.give_back(chance.choice(history.scopes[:2]), chance.choice(found).id, actor=name, at=START)


async def _supersede(graph: MemoryGraph, history: History, chance: Random, _: str) -> None:
    found = await graph.items(history.scopes[-1], Node.CLAIM, limit=20)
    claims = [item for item in found.items if isinstance(item, Claim)]
    older, newer = sorted(chance.sample(claims, 2), key=lambda claim: claim.recorded_at)
    await graph.supersede(older.scope, newer.id, older.id)
    history.superseded.add((newer.id, older.id))


async def _undo(graph: MemoryGraph, history: History) -> None:
    """Whatever the history made of it: what is taken back and given back is as it was."""
    before = await all_items(graph, history.scopes[-1])
    left = [one for one in before.values() if isinstance(one, Source | Claim) and not one.withdrawn]
    if not left:
        return
    item = Random(history.seed).choice(left)
    made = replace(decision(item.scope, item.id), id=f"undone-{history.seed}")
    gone = await graph.take_back(item.scope, made)
    back = await graph.give_back(item.scope, made.id, actor="bob", at=START)
    assert {(one.id, one.after, one.before) for one in gone.affected} == {
        (one.id, one.before, one.after) for one in back.affected
    }
    assert gone.hidden == back.hidden
    assert await all_items(graph, history.scopes[-1]) == before


async def _compare(graph: MemoryGraph, history: History, known: dict[str, bool]) -> None:
    narrowest = history.scopes[-1]
    items = await all_items(graph, narrowest)
    decided, _ = await graph.list_retractions(narrowest, open_only=True, limit=500)
    claims = [item_id for item_id, item in items.items() if isinstance(item, Claim)]
    derivations = await graph.derivations(narrowest, claims)
    facts = stored_facts(items, derivations, decided, history.superseded)
    assert {item_id: status(item) for item_id, item in items.items()} == naive_statuses(facts)
    for item in items.values():
        if isinstance(item, Source | Claim):
            kinds = {one.kind: one.reason for one in decided if one.withdraws == item.id}
            assert item.withdrawn == (RetractionKind.WITHDRAWAL in kinds)
            assert item.quarantined == (RetractionKind.QUARANTINE in kinds)
        if isinstance(item, Claim):
            assert item.reason == kinds.get(RetractionKind.QUARANTINE, "")
        if isinstance(item, Source):
            newer = [items[one] for one in facts.superseded_by.get(item.id, ())]
            assert item.replaced == any(isinstance(one, Source) and one.supported for one in newer)
    counts = await graph.statistics(narrowest)
    assert counts.by_relation[Relation.SUPERSEDES] == len(history.superseded)
    searched = {
        item_id: item
        for item_id, item in items.items()
        if isinstance(item, Passage) or (isinstance(item, Claim) and item.searched)
    }
    recallable = {item_id: item.recallable for item_id, item in searched.items()}
    assert known == recallable
    for scope in (history.scopes[0], narrowest):
        shown = {
            item_id
            for item_id in recallable
            if recallable[item_id] and items[item_id].scope.audience in scope.audiences()
        }
        assert set(await found_by_text(graph, scope, "ground", "claim", "version", k=500)) == shown
        assert set(await found_by_vector(graph, scope, vector("anything"), k=500)) == shown


def stored_facts(
    items: dict[str, Item],
    derivations: Sequence[Derivation],
    decided: Sequence[Retraction],
    superseded: set[tuple[str, str]],
) -> Facts:
    """What a store says it holds, as the definition wants it."""
    justifications: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    superseded_by: defaultdict[str, set[str]] = defaultdict(set)
    nodes: dict[str, Node] = {}
    for row in derivations:
        justifications[row.claim_id][row.justification].add(row.antecedent_id)
    for newer, older in superseded:
        superseded_by[older].add(newer)
    for item in items.values():
        match item:
            case Source():
                nodes[item.id], justifications[item.id][""] = Node.SOURCE, set()
                for other in items.values():
                    if isinstance(other, Source) and (other.scope, other.uri) == (item.scope, item.uri):
                        superseded_by[item.id] |= {other.id} if other.version > item.version else set()
            case Passage():
                nodes[item.id], justifications[item.id][""] = Node.PASSAGE, {item.source_id}
            case Answer():
                nodes[item.id] = Node.ANSWER
                justifications[item.id][""] = {*(use.item_id for use in item.used), *item.asserts}
            case Claim():
                nodes[item.id] = Node.CLAIM
    sets = {item_id: list(justifications[item_id].values()) for item_id in nodes}
    return Facts(nodes, sets, {one.withdraws for one in decided}, superseded_by)
