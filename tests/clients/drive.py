"""Both SDKs on one server process, every endpoint in turn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.clients import python_calls
from tests.clients.endpoints import Called
from tests.clients.node import run_script
from tests.clients.server import served


async def drive_both(folder: Path) -> tuple[Mapping[int, Called], Mapping[int, Called]]:
    """What the Python and the JavaScript SDK did, by endpoint; the server's stores are in the folder."""
    async with served(folder) as url:
        python = await python_calls.drive(url)
        found = await run_script("endpoints.mjs", url)
    javascript = {
        int(number): Called(
            one["call"], [(verb, target, status) for verb, target, status in one["requests"]], one["error"]
        )
        for number, one in found.items()
    }
    return python, javascript
