"""A language model says which statements exclude each other. Scripted: a hosted one cannot be called from a test."""

from __future__ import annotations

from stemma.graphs.models.comparing import ModelJudge
from tests.flow.answer.worlds import ScriptedChatModel, scripted

PAIRS = [("The gate is open.", "The gate is closed."), ("The gate is old.", "The gate is red.")]


async def test_each_pair_has_its_verdict_in_order() -> None:
    model = scripted(Excluding=[{"numbers": [1]}])
    assert await ModelJudge(model).excluded(PAIRS) == [True, False]
    assert isinstance(model.chat, ScriptedChatModel)
    assert "A: The gate is old." in str(model.chat.prompts[0])
    assert await ModelJudge(model).excluded([]) == []


async def test_a_number_that_is_none_is_asked_for_again() -> None:
    model = scripted(attempts=2, Excluding=[{"numbers": [3]}, {"numbers": [2]}])
    assert await ModelJudge(model).excluded(PAIRS) == [False, True]


async def test_a_model_that_fails_finds_nothing() -> None:
    model = scripted(attempts=1, Excluding=[RuntimeError("down")])
    assert await ModelJudge(model).excluded(PAIRS) == [False, False]
