"""What the items of a difference say, for those who read it.

Decides which words stand for an item: its text, or of a source its title. It looks up a page, never a whole difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.errors import UnknownItem
from stemma.memory.history.difference import Changed
from stemma.memory.model import Answer, Node, Scope
from stemma.memory.ports import MemoryGraph


async def texts_of(graph: MemoryGraph, scope: Scope, shown: Sequence[Changed]) -> dict[str, str]:
    """By id, what each item says; what was erased meanwhile is left out."""
    ids = {node: [one.id for one in shown if one.node is node] for node in Node}
    texts = {one.id: one.title or one.uri for one in await graph.sources(scope, ids[Node.SOURCE])}
    texts |= {one.id: one.text for one in await graph.passages(scope, ids[Node.PASSAGE])}
    texts |= {one.id: one.text for one in await graph.claims(scope, ids[Node.CLAIM])}
    for item_id in ids[Node.ANSWER]:
        try:
            item = await graph.item(scope, item_id)
        except UnknownItem:
            continue
        if isinstance(item, Answer):
            texts[item_id] = item.text
    return texts
