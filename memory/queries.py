"""Queries as named, documented resources: `.sql` and `.cypher` files, each query under a `name:` line with a comment.

Decides how such a file is read and refuses what must not be written: a query without a comment, two of one name, and
a query that does not take the tenant as a parameter, unless its name line says `(not of a tenant)`.

    -- name: passages
    -- Those of the passages that the reader may see.
    SELECT ... WHERE tenant = :tenant ...;

In Cypher the marks are `//` and `$tenant`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

_NAME_LINE = re.compile(r"^(?:--|//) name: (?P<name>[a-z][a-z0-9_]*)(?P<exempt> \(not of a tenant\))?\s*$")
_COMMENT = re.compile(r"^\s*(?:--|//)")
_TENANT = re.compile(r"(?::|\$)tenant\b")


class InvalidQuery(ValueError):
    """A query file breaks the rules above: a fault of the program, seen at import."""


class Queries(Mapping[str, str]):
    """The queries of one file by name. An unknown name fails loudly."""

    def __init__(self, file: str, queries: Mapping[str, str]) -> None:
        self._file = file
        self._queries = dict(queries)

    def __getitem__(self, name: str) -> str:
        if name not in self._queries:
            raise InvalidQuery(f"{self._file} has no query named {name!r}")
        return self._queries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)


def load_queries(file: str) -> Queries:
    """The queries of `memory/<file>`, for example "sql/search.sql". Raises `InvalidQuery`."""
    return parse_queries(file, read_resource(file))


def read_resource(file: str) -> str:
    """The text of a file that is installed beside this module."""
    return (files("stemma.memory") / file).read_text("utf-8")


def parse_queries(file: str, text: str) -> Queries:
    """Cut a file's text into its queries. Pure; raises `InvalidQuery`."""
    queries: dict[str, str] = {}
    blocks: list[tuple[str, bool, list[str]]] = []
    for line in text.splitlines():
        if named := _NAME_LINE.match(line):
            blocks.append((named["name"], bool(named["exempt"]), []))
        elif blocks:
            blocks[-1][2].append(line)
        elif line.strip() and not _COMMENT.match(line):
            raise InvalidQuery(f"{file}: text before the first name line: {line!r}")
    for name, exempt, lines in blocks:
        body = "\n".join(line for line in lines if not _COMMENT.match(line)).strip().rstrip(";")
        problem = _problem(lines, body, exempt=exempt, known=name in queries)
        if problem:
            raise InvalidQuery(f"{file}: query {name!r} {problem}")
        queries[name] = body
    return Queries(file, queries)


def _problem(lines: list[str], body: str, *, exempt: bool, known: bool) -> str:
    if known:
        return "is there twice"
    if not body:
        return "is empty"
    if not (lines and _COMMENT.match(lines[0])):
        return "has no comment that says what it does"
    if not exempt and not _TENANT.search(body):
        return "does not take the tenant as a parameter"
    return ""
