"""What the driver is given: the parameters as they are, without their text."""

from __future__ import annotations

from stemma.memory.neo4j_connection import unprinted


def test_the_driver_can_send_parameters_and_cannot_print_their_lists() -> None:
    parameters = {"tenant": "acme", "rows": [{"text": "a secret"}], "vector": [0.25, 0.5]}
    passed = unprinted(parameters)
    assert passed == parameters
    assert "secret" not in repr(passed)
    assert "0.25" not in repr(passed)
    assert all(isinstance(passed[name], list) for name in ("rows", "vector"))  # what the driver packs as a list
