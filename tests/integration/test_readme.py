"""The README's flow by curl, run as it stands against a server with the demo's documents."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEMMA = str(Path(sys.executable).with_name("stemma"))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server in an empty folder whose memory holds the supply-chain documents."""
    environment = os.environ | {"MEMORY_EMBEDDER": "hashing", "NO_COLOR": "1"}
    documents = str(ROOT / "examples" / "supply_chain" / "documents")
    subprocess.run([STEMMA, "ingest", documents], cwd=tmp_path, env=environment, check=True, capture_output=True)
    server = subprocess.Popen(
        [STEMMA, "dev", "--port", "0"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    found = None
    while found is None:
        line = server.stdout.readline()
        assert line, "the server ended before it said where it serves"
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
    yield found.group()
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=30)


def test_the_flow_by_curl(url: str) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"<!-- curl:start -->\n```bash\n(.*?)```", text, re.DOTALL)
    assert block is not None
    script = f"set -euo pipefail\nURL={url}\n{block.group(1)}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=100, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "event: metadata" in ran.stdout
    assert ran.stdout.count("Tomas Reyl") >= 2, "the streamed answer"
    assert "13.4 metres" in ran.stdout, "the forked question's answer"
    assert ran.stdout.rstrip().endswith("interrupted"), "the cancelled run"
