"""A put that was answered outlives kill -9 of the server: what clients and graphs put is on the disk by then."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest

from tests.integration.test_http_serving import running

PLACE = {"namespace": ["crash"], "key": "k"}


@pytest.mark.timeout(110)
def test_no_answered_put_is_lost(tmp_path: Path) -> None:
    answered = -1
    for round_ in range(3):
        with running(tmp_path, "serve", "--port", "0") as (process, url), httpx.Client(base_url=url) as client:
            if answered >= 0:
                item = client.get("/store/items", params={"namespace": "crash", "key": "k"}).json()
                assert item["value"] == {"n": answered}
            for _ in range(round_ + 1):
                assert client.put("/store/items", json={**PLACE, "value": {"n": answered + 1}}).status_code == 204
                answered += 1
            process.send_signal(signal.SIGKILL)
            process.wait()
