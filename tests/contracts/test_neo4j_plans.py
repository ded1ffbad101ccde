"""How Neo4j finds what a query asks for: by index, whatever the database holds; by unique keys where a plan is kept.

Every query of every file is explained on both lines. A scan of a label, of a relation's type or of everything is
allowed to those named here alone, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase

from stemma.memory.neo4j_folder import password_in
from stemma.memory.ports import MemoryGraph
from stemma.memory.queries import load_queries
from tests import neo4j_server
from tests.contracts.memory_bundles import IDENTITY
from tests.contracts.test_neo4j_graph import lts, newest

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]

KEPT = "CYPHER replan=skip"
NOT_OF_THE_LINE = {"2026": {"schema", "vectors_5"}, "5.26": {"schema", "vectors"}}
"""The schema is made, not asked; each line has vectors of its own."""
SCANS = {
    "exchange.tenants": "one node for each tenant, read once by an export of everything",
    "reindex.written": "an embedder is changed once in a long while, and every vector of every tenant is made anew",
    "reindex.unindexed": "as above; it stops at its limit",
    "reindex.count_unindexed": "as above",
    "reindex.left": "as above",
    "reindex.clear": "as above; it stops at its limit",
    "reindex.lock_tenants": "one node for each tenant, once, when embedders are switched",
    "reindex.switch": "one node for each tenant, once",
}
_LISTS = """answer answers asserts audiences claim claims derivations grounds hidden ids keys lifted made names passage
passages places quotes rows shown source sources things uses"""
_NUMBERS = "dimension erasures fetch k limit most number offset revision seconds version"
SAMPLES: dict[str, object] = {
    **{name: [] for name in _LISTS.split()},
    **dict.fromkeys(_NUMBERS.split(), 1),
    "open": True,
    "values": {},
    "options": {},
    "vector": [0.0] * IDENTITY.dimension,
}
"""What a parameter may be; all others are text. A plan may depend on the kind of a value, never on the value."""


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", ()):
        yield from operators(child)


def queries() -> Iterator[tuple[str, str, str]]:
    """File, name and text of all that is asked; what stands for a slot, a label, a type or a key is one of them."""
    folder = Path(str(files("stemma.memory"))) / "cypher"
    for file in sorted(folder.glob("*.cypher")):
        for name, query in load_queries(f"cypher/{file.name}").items():
            for word, instead in (
                ("SLOT", "a"),
                ("FREE", "b"),
                ("LABEL", "Claim"),
                ("TYPE", "DERIVED_FROM"),
                (" KEY", ""),
            ):
                query = query.replace(word, instead)
            yield file.stem, name, query


def parameters(query: str) -> dict[str, object]:
    return {name: SAMPLES.get(name, "x") for name in set(re.findall(r"\$(\w+)", query))}


@contextmanager
def driver(opened: Callable[[], MemoryGraph]) -> Iterator[Driver]:
    server = neo4j_server.lts_server() if opened is lts else None
    url = server.url if server else neo4j_server.shared_url()
    login = ("neo4j", password_in(Path(server.folder))) if server else neo4j_server.login(url)
    with GraphDatabase.driver(url, auth=login, notifications_min_severity="OFF") as made:
        yield made


@pytest.mark.parametrize(("line", "opened"), [("2026", newest), ("5.26", lts)], ids=["2026", "5.26"])
async def test_plans_seek_by_index(line: str, opened: Callable[[], MemoryGraph]) -> None:
    graph = opened()
    await graph.open()  # the keys are there now …
    await graph.claim_embedder(IDENTITY)  # … and the index of vectors
    await graph.close()
    scans: dict[str, set[str]] = {}
    with driver(opened) as asked:
        for file, name, query in queries():
            if file in NOT_OF_THE_LINE[line]:
                continue
            plan: Any = asked.execute_query(f"EXPLAIN {query}", parameters(query)).summary.plan
            if plan is None:  # nothing is looked for: a command
                continue
            found = set(operators(plan))
            if scanned := {operator for operator in found if "Scan" in operator}:
                scans[f"{file}.{name}"] = scanned
            if KEPT in query:
                seeks = {operator for operator in found if "Seek" in operator}
                assert seeks <= {"NodeUniqueIndexSeek", "NodeUniqueIndexSeek(Locking)"}, f"{file}.{name}: {seeks}"
    assert scans.keys() <= SCANS.keys(), scans
