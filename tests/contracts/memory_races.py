"""Decisions and writes at the same time, over two handles of one store: they take turns, and none is lost."""

from __future__ import annotations

import asyncio

from stemma.memory.errors import AlreadyGivenBack, AlreadyTakenBack
from stemma.memory.lineage.model import Effect, Retraction
from stemma.memory.model import Node
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    decision,
    found_by_text,
    make_claim,
    new_scope,
    put,
    source_bundle,
    stored,
)
from tests.contracts.memory_changes import everything
from tests.contracts.memory_standing import IN, OUT, all_items, flags, status
from tests.contracts.memory_supersession import learn


async def check_one_of_many_retractions_wins(one: MemoryGraph, two: MemoryGraph) -> None:
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(one, bundle)
    made = [decision(scope, bundle.source.id, at=n) for n in range(8)]
    outcomes = await asyncio.gather(
        *((one, two)[n % 2].take_back(scope, each) for n, each in enumerate(made)), return_exceptions=True
    )
    (won,) = [outcome for outcome in outcomes if isinstance(outcome, Effect)]
    assert sum(isinstance(outcome, AlreadyTakenBack) for outcome in outcomes) == 7
    assert await two.retractions(scope, [bundle.source.id]) == [won.retraction]
    assert isinstance(won.retraction, Retraction)
    lifted = won.retraction.id
    outcomes = await asyncio.gather(
        *(graph.give_back(scope, lifted, actor="bob", at=START) for graph in (one, two) * 4), return_exceptions=True
    )
    assert sum(isinstance(outcome, Effect) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyGivenBack) for outcome in outcomes) == 7
    assert await flags(one, scope, bundle.source, *bundle.passages) == [IN, IN]


async def check_what_is_learned_during_a_retraction_is_out(one: MemoryGraph, two: MemoryGraph) -> None:
    """Whoever came first: an answer before it, or an answer after it."""
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(one, bundle)
    made = decision(scope, bundle.source.id)

    async def answer(graph: MemoryGraph, n: int) -> None:
        claim = make_claim(scope, f"claim {n}")
        assert await graph.put_answer(answer_bundle(scope, str(n), [claim], [bundle.passages[0].id]))

    async def restored() -> None:
        await one.give_back(scope, made.id, actor="bob", at=START)

    writers = [answer((one, two)[n % 2], n) for n in range(12)]
    await asyncio.gather(*writers[:6], two.take_back(scope, made), *writers[6:])
    items = await all_items(one, scope)
    assert len(items) == 2 + 2 * 12
    assert {status(item) for item in items.values()} == {OUT}
    assert await found_by_text(two, scope, "claim", "ground") == []
    writers = [answer((one, two)[n % 2], n) for n in range(12, 18)]
    await asyncio.gather(*writers[:3], restored(), *writers[3:])
    items = await all_items(two, scope)
    assert len(items) == 2 + 2 * 18
    assert {status(item) for item in items.values()} == {IN}
    assert {item.recallable for item in await everything(one, scope)} == {True}


async def check_decisions_on_one_chain_meet(one: MemoryGraph, two: MemoryGraph) -> None:
    """Two grounds of one claim are taken back at the same time, a third one comes in: the claim stands on that."""
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    grounds = [source_bundle(scope, f"u:{n}", [f"ground {n}"]) for n in range(3)]
    await put(one, *grounds)
    claim, first = await learn(one, scope, "claim", grounds[0].passages[0].id)
    above, second = await learn(one, scope, "claim above", claim.id, hour=2)
    await two.put_answer(answer_bundle(scope, "more", [claim], [grounds[1].passages[0].id]))
    saving = answer_bundle(scope, "saving", [claim], [grounds[2].passages[0].id])
    await asyncio.gather(
        one.take_back(scope, decision(scope, grounds[0].source.id)),
        two.put_answer(saving),
        two.take_back(scope, decision(scope, grounds[1].source.id)),
    )
    assert await flags(one, scope, claim, above, second, saving.answer, first) == [IN, IN, IN, IN, OUT]
    await asyncio.gather(
        two.take_back(scope, decision(scope, grounds[2].source.id)),
        one.give_back(scope, decision(scope, grounds[1].source.id).id, actor="bob", at=START),
    )
    assert await flags(two, scope, claim, above, second, saving.answer, first) == [IN, IN, IN, OUT, OUT]


async def check_a_new_version_meets_a_retraction(one: MemoryGraph, two: MemoryGraph) -> None:
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    old = source_bundle(scope, "u:1", ["ground old"])
    new = source_bundle(scope, "u:1", ["ground new"], version=2, replaces=old.source.id)
    await put(one, old)
    claim, _ = await learn(one, scope, "claim", old.passages[0].id)
    made = decision(scope, old.source.id)
    await asyncio.gather(stored(one, new), two.take_back(scope, made))
    assert await flags(one, scope, new.source, old.source, claim) == [IN, OUT, OUT]
    assert await found_by_text(two, scope, "ground", "claim") == [new.passages[0].id]
    (seen,) = await two.sources(scope, [old.source.id])
    assert (seen.replaced, seen.withdrawn) == (True, True)
    assert (await one.items(scope, Node.RETRACTION, limit=9)).total == 1
