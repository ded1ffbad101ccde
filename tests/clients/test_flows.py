"""The npm packages that people build with, each through the flows it is used for, on a real server process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.node import run_script
from tests.clients.server import served

pytestmark = pytest.mark.timeout(240)  # on a loaded machine; alone it takes some ten seconds


async def test_javascript_clients_work_unchanged(tmp_path: Path) -> None:
    """One Node process runs all checks of `js/`: starting it costs more than they do."""
    async with served(tmp_path) as url:
        flows = await run_script("flows.mjs", url)
    failed = [
        f"{flow}: {check}: {said}" for flow, found in flows.items() for check, said in found.items() if said != "ok"
    ]
    assert not failed, "\n\n".join(failed)
    assert {flow: len(found) for flow, found in flows.items()} == {
        "RemoteGraph": 7,
        "broken connections": 2,
        "chat frontend": 6,
        "thread stream v2": 15,
        "useStream v1": 8,
    }
