"""What every test may use. The network stays closed by not being used; the one server is Neo4j, on loopback."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests import neo4j_server

settings.register_profile("stemma", deadline=None)  # timing never decides a test
settings.load_profile("stemma")


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup: the servers that tests start inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        neo4j_server.announce()


def pytest_unconfigure() -> None:
    neo4j_server.end_shared()


@pytest.fixture(scope="session")
def neo4j_url() -> str:
    """The session's real Neo4j, shared by all tests: use tenants of your own. Its embedder is the contract's.

    It takes a password: open it with `graph_at` or `open_memory`, or a driver with `neo4j_server.login(url)`.

    A server that does not start fails the test; it never skips.
    """
    return neo4j_server.shared_url()
