"""A language model as claim extractor: what it says is sorted by passage, checked by memory, and its failures end.

The model is scripted: a hosted one cannot be called from a test.
"""

from __future__ import annotations

from typing import Any

import pytest

from stemma.graphs.models.extraction import ModelExtractor, hosted_extractor
from stemma.memory.errors import ExtractorUnavailable
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ingest.ports import Excerpt
from stemma.memory.model import Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.flow.answer.worlds import NEVER, ScriptedChatModel, scripted

PORT = "Port Merrow lies in Ostra. Its harbour master is Tomas Reyl."
TOLD = {"n": 1, "text": "Tomas Reyl is harbour master of Port Merrow.", "quote": "Its harbour master is Tomas Reyl."}
INVENTED = {"n": 1, "text": "Ada Quill is harbour master.", "quote": "The harbour master is Ada Quill."}
NOWHERE = {"n": 7, "text": "Ostra is a province.", "quote": "Ostra is a province."}


def extractor(*answers: Any, attempts: int = 1, rest: float = 60.0) -> tuple[ModelExtractor, list[str]]:
    model = scripted(timeout=0.2, attempts=attempts, Facts=list(answers))
    assert isinstance(model.chat, ScriptedChatModel)
    return ModelExtractor(model, rest=rest), model.chat.asked


async def test_statements_come_back_by_passage() -> None:
    model, asked = extractor({"facts": [TOLD, {**TOLD, "n": 2}, NOWHERE]})
    first, second = await model.extract([Excerpt("Port Merrow", PORT), Excerpt("", PORT)])
    assert [statement.text for statement in first.statements] == [TOLD["text"]]
    assert [statement.quote for statement in second.statements] == [TOLD["quote"]]
    assert (first.dropped, second.dropped) == (0, 1)
    assert len(asked) == 1


@pytest.mark.parametrize("wrong", ["no json", {"facts": "none"}, RuntimeError("overloaded"), NEVER])
async def test_a_failure_names_itself_and_costs_only_its_passages(wrong: Any) -> None:
    model, _ = extractor(wrong, {"facts": [TOLD]})
    rows = await model.extract([Excerpt("", PORT)] * 9)
    assert sorted(bool(row.failure) for row in rows) == [False] + [True] * 8
    assert all("scripted:test gave no usable answer" in row.failure for row in rows if row.failure)


async def test_a_model_that_keeps_failing_is_left_in_peace_and_asked_again_later() -> None:
    model, asked = extractor(*[RuntimeError("down")] * 7)
    rows = await model.extract([Excerpt("", PORT)] * 400)
    assert len(rows) == 400
    assert all(row.failure for row in rows)
    assert len(asked) <= 7  # three in a row, and those that were under way
    rows = await model.extract([Excerpt("", PORT)])
    assert "is not asked for 60 s" in rows[0].failure
    rested, _ = extractor(*[RuntimeError("down")] * 4, {"facts": [TOLD]}, rest=0.0)
    for _ in range(4):
        await rested.extract([Excerpt("", PORT)])
    assert (await rested.extract([Excerpt("", PORT)]))[0].statements


async def test_what_is_not_in_the_passage_is_dropped_and_counted() -> None:
    model, _ = extractor({"facts": [TOLD, INVENTED, NOWHERE]})
    settings = MemorySettings(embedder="hashing")
    async with await open_memory(settings, url="memory:", embedder=HashingEmbedder(), extractor=model) as memory:
        report = await memory.ingest(Scope("t"), [Document("f:p", "Port Merrow", PORT)])
        assert (report.added, report.claims, report.claims_dropped, report.unextracted) == (1, 1, 2, [])
        (claim,) = (await memory.items(Scope("t"), Node.CLAIM)).items
        assert isinstance(claim, Claim)
        (row,) = await memory.graph.derivations(Scope("t"), [claim.id])
        assert (claim.text, claim.searched, row.extractor) == (TOLD["text"], False, "scripted:test")
        assert PORT[row.start : row.end] == row.quote == TOLD["quote"]


async def test_a_failing_model_does_not_stop_the_ingestion() -> None:
    model, _ = extractor(RuntimeError("overloaded"))
    settings = MemorySettings(embedder="hashing")
    async with await open_memory(settings, url="memory:", embedder=HashingEmbedder(), extractor=model) as memory:
        report = await memory.ingest(Scope("t"), [Document("f:p", "Port Merrow", PORT)])
        assert (report.added, report.claims) == (1, 0)
        ((uri, reason),) = report.unextracted
        assert uri == "f:p"
        assert "overloaded" in reason


async def test_settings_name_a_hosted_extractor_or_leave_it_to_memory() -> None:
    assert await hosted_extractor(MemorySettings(extract="rules")) is None
    with pytest.raises(ExtractorUnavailable, match="no language model"):
        await hosted_extractor(MemorySettings(extract="extractive:"))
    with pytest.raises(ExtractorUnavailable, match="MEMORY_EXTRACT"):
        await hosted_extractor(MemorySettings(extract="nobody:nothing"))
