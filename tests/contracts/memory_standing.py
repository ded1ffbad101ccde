"""How the truth checks look at a memory: flags by item, whole snapshots, decisions in a line."""

from __future__ import annotations

from itertools import count

from stemma.memory.lineage.model import Effect, Retraction, Status
from stemma.memory.model import Answer, Claim, Node, Passage, Scope, Source
from stemma.memory.ports import Item, MemoryGraph
from tests.contracts.memory_bundles import START, decision, found_by_text, found_by_vector, vector

IN = Status(supported=True, current=True, stale=False)
STALE = Status(supported=True, current=True, stale=True)
SUPERSEDED = Status(supported=True, current=False, stale=False)
OUT = Status(supported=False, current=False, stale=False)

Believed = Source | Passage | Claim | Answer
"""What has flags."""

_LABELS = (Node.SOURCE, Node.PASSAGE, Node.ENTITY, Node.CLAIM, Node.ANSWER)
_minutes = count(1)


async def all_items(graph: MemoryGraph, scope: Scope) -> dict[str, Item]:
    """Everything that the scope sees but decisions, by id."""
    pages = [await graph.items(scope, node, limit=10_000) for node in _LABELS]
    return {item.id: item for page in pages for item in page.items}


def status(item: Item) -> Status:
    """The stored flags, as `lineage/model.py` names them."""
    match item:
        case Source():
            return Status(item.supported, item.supported and not item.replaced, False)
        case Passage():
            return Status(item.supported, item.recallable, False)
        case Claim():
            return Status(item.supported, item.recallable, item.stale)
        case Answer():
            return Status(item.supported, item.supported, item.stale)
        case _:
            raise AssertionError(f"{item} has no flags")


async def flags(graph: MemoryGraph, scope: Scope, *items: Believed) -> list[Status]:
    """How these items stand now."""
    return [status(await graph.item(scope, item.id)) for item in items]


async def snapshot(graph: MemoryGraph, scope: Scope) -> tuple[dict[str, Item], set[str], set[str]]:
    """All that a reader can see of a small memory: items with every property, and what both searches find."""
    by_words = await found_by_text(graph, scope, "ground", "claim", "version", k=500)
    by_vector = await found_by_vector(graph, scope, vector("anything"), k=500)
    return await all_items(graph, scope), set(by_words), set(by_vector)


async def taken(graph: MemoryGraph, scope: Scope, item_id: str, *, quarantine: bool = False) -> Retraction:
    """Take an item back; the decision as it is stored."""
    effect = await graph.take_back(scope, decision(scope, item_id, at=next(_minutes), quarantine=quarantine))
    assert effect.retraction
    return effect.retraction


async def given(graph: MemoryGraph, scope: Scope, retraction: Retraction) -> Effect:
    """Lift a decision."""
    return await graph.give_back(scope, retraction.id, actor="bob", at=START)


def changes(effect: Effect) -> dict[str, tuple[Status, Status]]:
    """The flags before and after, by item."""
    return {item.id: (item.before, item.after) for item in effect.affected}
