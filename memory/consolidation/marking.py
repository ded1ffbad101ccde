"""What consolidation made of items of any label, for listings: a passage is marked like its source.

Decides only whose mark an item has; what a mark says is the store's.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.consolidation.model import Mark
from stemma.memory.consolidation.ports import ConsolidationStore
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Answer, Claim, Entity, Passage, Scope, Source


async def marks_of(
    store: ConsolidationStore, scope: Scope, items: Sequence[Source | Passage | Entity | Claim | Answer | Retraction]
) -> dict[str, Mark]:
    """By id, for those of the items that were merged or demoted. Raises what the store raises."""
    whose = {
        item.id: item.source_id if isinstance(item, Passage) else item.id
        for item in items
        if isinstance(item, Source | Passage | Claim)
    }
    found = await store.marks(scope, list(dict.fromkeys(whose.values()))) if whose else {}
    return {item_id: found[one] for item_id, one in whose.items() if one in found}
