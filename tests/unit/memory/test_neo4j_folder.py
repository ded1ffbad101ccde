"""What is read from the folder of a local Neo4j when no server runs over it."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from stemma.memory.neo4j_folder import password_for, password_in, running_server


def test_an_empty_folder_tells_nothing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        assert running_server(folder) is None
        assert password_in(folder) == ""
        assert password_for("bolt://127.0.0.1:7687", folder) == ""


@pytest.mark.parametrize("url", ["bolt://127.0.0.1:17001", "bolt://127.0.0.1", "sqlite:///x"])
def test_a_password_is_not_given_to_whatever_took_the_port_of_a_server_that_is_gone(tmp_path: Path, url: str) -> None:
    (tmp_path / "password").write_text("secret\n")
    mine = psutil.Process()
    state = {"pid": mine.pid, "created": mine.create_time(), "version": "x", "folder": str(tmp_path)}
    for port in (17001, 7687):
        (tmp_path / "server.json").write_text(json.dumps(state | {"port": port}))
        assert password_for(url, tmp_path) == ""
    assert password_in(tmp_path) == "secret"
