"""What an export holds against what the store keeps: a new table or column is exported, or named here as derived."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import pytest

from stemma.memory.exchange.fields import BY_NAME
from stemma.memory.exchange.sqlite_exchange import column
from stemma.memory.queries import read_resource
from stemma.memory.sqlite_schema import MIGRATIONS

DERIVED = {
    "source": {"valid_from", "valid_to"},
    "passage": {"mentions"},
    "claim": {"touched_at", "mentions"},
    "duplicates": {"hidden"},
}
"""Columns that follow from others, or from other records: an import works them out."""
INDEXES = {"revision", "search_item", "store_vector", "claim_entity"}
"""Tables of a tenant that are made again from the records, or stand in them (the vectors of an item)."""


@pytest.fixture(scope="module")
def connection() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    for script in MIGRATIONS:
        connection.execute(read_resource(script))
    yield connection
    connection.close()


def columns_of(connection: apsw.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}


def test_every_table_of_a_tenant_is_exported(connection: apsw.Connection) -> None:
    kept = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
    tables = {name for (name,) in connection.execute(kept)}
    of_tenants = {table for table in tables if "tenant" in columns_of(connection, table)}
    assert of_tenants - INDEXES == BY_NAME.keys()


@pytest.mark.parametrize("table", BY_NAME)
def test_every_column_is_exported(connection: apsw.Connection, table: str) -> None:
    exported = {column(field) for field in BY_NAME[table].shapes}
    assert columns_of(connection, table) - DERIVED.get(table, set()) == exported | {"tenant"}
