"""A batch takes its options in both spellings, and refuses what it does not know by name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stemma.api.schemas.batches import RunBatch


def test_camel_case_options_count() -> None:
    (run,) = RunBatch.model_validate(
        [{"assistantId": "a", "assistant_id": "a", "multitaskStrategy": "reject", "afterSeconds": 2, "input": {"x": 1}}]
    ).root
    request = run.request()
    assert (request.assistant_id, request.multitask_strategy, request.after_seconds) == ("a", "reject", 2)
    assert request.input == {"x": 1}


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"assistantId": "b"}, "assistantId"),
        ({"neverHeard": 1}, "neverHeard"),
        ({"onDisconnect": "no"}, "on_disconnect"),
    ],
)
def test_what_cannot_count_is_refused_by_name(extra: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        RunBatch.model_validate([{"assistant_id": "a", **extra}])
