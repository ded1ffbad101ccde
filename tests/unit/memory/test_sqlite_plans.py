"""How SQLite goes about each query: no lookup by ids goes through a whole tenant, and none through a whole table.

The planner has no statistics of a small or new file, and chose such plans for queries that looked harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import apsw
import pytest

from stemma.memory.queries import load_queries, read_resource
from stemma.memory.sqlite_schema import MIGRATIONS

WHOLE_STORE = {
    f"reindex {name}"
    for name in ("any_next", "unindexed", "count_unindexed", "fill_vectors", "fill_sentences", "raise_all_erasures")
} | {"exchange tenants"}
"""These are meant for everything there is."""
TEMPLATES = {"table": "claim", "standing": "TRUE", "columns": "id, text", "values": ":id, :text", "key": "id"}


QUERIES = {
    f"{file} {name}": query.format(**TEMPLATES)
    for file in (
        "read",
        "write",
        "support",
        "entities",
        "mentions",
        "truth",
        "lineage",
        "changes",
        "reindex",
        "vectors",
        "store",
        "terms",
        "consolidation",
        "contradictions",
        "exchange",
        "history",
    )
    for name, query in load_queries(f"sql/{file}.sql").items()
    if not name.startswith("is_")
}


@pytest.fixture(scope="module")
def connection() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    for script in MIGRATIONS:
        connection.execute(read_resource(script))
    yield connection
    connection.close()


def plan(connection: apsw.Connection, query: str) -> list[str]:
    names = set(re.findall(r":(\w+)", query))
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", dict.fromkeys(names, "1"))]


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_goes_through_what_it_does_not_ask_for(connection: apsw.Connection, name: str) -> None:
    steps = plan(connection, QUERIES[name])
    tables = {table for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if name not in WHOLE_STORE:
        scanned = {step.split()[1] for step in steps if step.startswith("SCAN") and "VIRTUAL" not in step}
        assert scanned & tables == set(), steps
    if ":ids" in QUERIES[name] or "= :id" in QUERIES[name]:
        whole = [step for step in steps if re.search(r"\(tenant=\?( AND audience=\?)?\)", step)]
        assert whole == []
