"""What Neo4j plans once and keeps (`replan=skip`) looks its items up by unique keys, whatever the database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase

from stemma.memory.neo4j_flags import TRUTH
from stemma.memory.neo4j_folder import password_in
from stemma.memory.ports import MemoryGraph
from tests import neo4j_server
from tests.contracts.test_neo4j_graph import lts, newest

pytestmark = pytest.mark.neo4j

KEPT = "CYPHER replan=skip"
NAMES = sorted(name for name in TRUTH if KEPT in TRUTH[name])
NOTHING: dict[str, Any] = {key: [] for key in ("ids", "made", "lifted", "source", "passage", "claim", "answer")}


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", ()):
        yield from operators(child)


def test_every_query_of_a_decision_is_kept() -> None:
    assert NAMES == ["around", "decidable", "decide", "flags", "region"]


@pytest.mark.parametrize("opened", [newest, lts], ids=["2026", "5.26"])
async def test_a_kept_plan_seeks_by_unique_keys_alone(opened: Callable[[], MemoryGraph]) -> None:
    graph = opened()
    await graph.open()  # the keys are there now
    await graph.close()
    server = neo4j_server.lts_server() if opened is lts else None
    url = server.url if server else neo4j_server.shared_url()
    login = ("neo4j", password_in(Path(server.folder))) if server else neo4j_server.login(url)
    driver: Any = GraphDatabase.driver(url, auth=login, notifications_min_severity="OFF")
    with driver:
        for name in NAMES:
            query = TRUTH[name].replace(KEPT, "EXPLAIN")
            plan = driver.execute_query(query, {**NOTHING, "tenant": "t", "revision": 1}).summary.plan
            leaves = {operator for operator in operators(plan) if "Scan" in operator or "Seek" in operator}
            assert leaves, name
            assert leaves <= {"NodeUniqueIndexSeek", "NodeUniqueIndexSeek(Locking)"}, name
