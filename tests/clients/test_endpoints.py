"""Every endpoint of the protocol is reached by the official SDKs, and the documentation says by which call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.drive import drive_both
from tests.clients.endpoints import ENDPOINTS, document, green
from tests.clients.table import PAGE

pytestmark = pytest.mark.timeout(240)  # on a loaded machine, with the packages still to be installed
NOT_IN_PYTHON = {55, 56, 57}
"""The Python SDK has no call for these."""


async def test_both_sdks_reach_every_endpoint(tmp_path: Path) -> None:
    python, javascript = await drive_both(tmp_path)
    wanted = {"python": (python, ENDPOINTS.keys() - NOT_IN_PYTHON), "javascript": (javascript, ENDPOINTS.keys())}
    told = {
        f"{language} {number}": calls[number].told() if number in calls else "never called"
        for language, (calls, numbers) in wanted.items()
        for number in numbers - green(calls).keys()
    }
    assert not told, "\n".join(f"{name} {why}" for name, why in told.items())
    written = PAGE.read_text()
    assert document(green(python), green(javascript)) == written, "write it anew: python -m tests.clients.table"
