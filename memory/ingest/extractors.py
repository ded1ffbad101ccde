"""From `MEMORY_EXTRACT` to a claim extractor: rules, off, or provider:model.

Decides which extractor a setting names. It never calls a hosted model: for `provider:model` it asks whoever offers an
entry point, as `stemma.graphs` does.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from stemma.memory.errors import ExtractorUnavailable, InvalidSetting
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.statements import RuleExtractor
from stemma.memory.settings import MemorySettings

OFFERS = "stemma.extractors"


async def chosen_extractor(settings: MemorySettings) -> ClaimExtractor | None:
    """The extractor that the setting names; None when it is off.

    `provider:model` is whatever offers itself under the entry point `stemma.extractors`, an
    `async (MemorySettings) -> ClaimExtractor | None`. Raises `InvalidSetting`, `ExtractorUnavailable`.
    """
    name = settings.extract.strip()
    if name == "off":
        return None
    if name == "rules":
        return RuleExtractor()
    if ":" not in name:
        raise InvalidSetting(
            f"MEMORY_EXTRACT is {name!r}, which is no extractor", hint="use rules, off, or provider:model"
        )
    for offer in entry_points(group=OFFERS):
        extractor: ClaimExtractor | None = await offer.load()(settings)
        if extractor is not None:
            return extractor
    raise ExtractorUnavailable(
        f"the extractor {name} is a hosted model, which memory alone does not reach",
        hint="install stemma-agents, or pass open_memory(extractor=…)",
    )
