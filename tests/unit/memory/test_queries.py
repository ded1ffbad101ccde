"""Query files: what is read from them and what is refused."""

from __future__ import annotations

import pytest

from stemma.memory.queries import InvalidQuery, parse_queries

GOOD = """-- About this file.
-- name: first
-- Says what it does.
SELECT 1 WHERE tenant = :tenant;

-- name: second (not of a tenant)
-- Says what it does.
SELECT 2
  -- an inner remark
  FROM meta;
"""


def test_queries_are_cut_by_name() -> None:
    queries = parse_queries("x.sql", GOOD)
    assert dict(queries) == {"first": "SELECT 1 WHERE tenant = :tenant", "second": "SELECT 2\n  FROM meta"}


def test_cypher_is_read_the_same_way() -> None:
    queries = parse_queries("x.cypher", "// name: q\n// All of it.\nMATCH (n {tenant: $tenant}) RETURN n;\n")
    assert queries["q"] == "MATCH (n {tenant: $tenant}) RETURN n"


def test_an_unknown_name_fails_loudly() -> None:
    with pytest.raises(InvalidQuery, match="no query named 'third'"):
        parse_queries("x.sql", GOOD)["third"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- name: q\n-- No tenant.\nSELECT 1;\n", "tenant"),
        ("-- name: q\n-- Another parameter.\nSELECT :tenants;\n", "tenant"),
        ("-- name: q\nSELECT :tenant;\n", "comment"),
        ("-- name: q\n-- Nothing follows.\n", "empty"),
        ("SELECT 1;\n", "before the first"),
        ("-- name: q\n-- One.\nSELECT :tenant;\n-- name: q\n-- Two.\nSELECT :tenant;\n", "twice"),
    ],
)
def test_what_breaks_the_rules_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidQuery, match=problem):
        parse_queries("x.sql", text)
