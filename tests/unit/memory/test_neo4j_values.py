"""What is refused before a Neo4j is asked anything, and what a question becomes as a full-text query."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.errors import InvalidSetting, MemoryTooOld
from stemma.memory.model import Scope
from stemma.memory.neo4j_dialect import dialect_of
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.neo4j_jars import LTS, NEWEST, RELEASES, Release, locked_jars, release_named
from stemma.memory.neo4j_rows import MOST_TERMS, text_query

_QUERY = re.compile(r'\+reach:\([0-9a-f]{32}( [0-9a-f]{32})*\)\^0 \+terms:\("[^"\\\s]+"( "[^"\\\s]+")*\)')


@pytest.mark.parametrize("version", ["5.25.1", "4.4.1", "none"])
def test_an_older_server_is_refused(version: str) -> None:
    with pytest.raises(MemoryTooOld, match=re.escape(version)):
        dialect_of(version)


@pytest.mark.parametrize(
    "version", ["5.26.0", "5.26.25", "2025.12.1", "2026.07.0", "2026.08.1", "2026.11.0-dev", "2027.01.0"]
)
def test_a_new_enough_server_is_taken(version: str) -> None:
    dialect_of(version)


@pytest.mark.parametrize("url", ["bolt://db.example:7687", "neo4j+s://10.0.0.7", "bolt://0.0.0.0:7687"])
def test_another_machine_needs_a_password(url: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Neo4jGraph(url)
    assert "MEMORY_PASSWORD" in refused.value.hint
    Neo4jGraph(url, password="secret")


@pytest.mark.parametrize("url", ["http://localhost:7474", "bolt:", "localhost:7687", "bolt://neo4j:secret@localhost"])
def test_an_address_that_is_none_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Neo4jGraph(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["bolt://127.0.0.1:7687", "bolt://localhost", "neo4j://[::1]:7687"])
def test_this_machine_needs_none(url: str) -> None:
    Neo4jGraph(url)


@given(st.lists(st.text(), max_size=8))
def test_no_text_becomes_query_syntax(terms: list[str]) -> None:
    query = text_query(Scope("t", "ann"), terms)
    assert query == "" or _QUERY.fullmatch(query)


def test_a_long_question_stays_within_lucenes_limit() -> None:
    query = text_query(Scope("t"), [f"word{n}" for n in range(5000)])
    assert query.count('"') == 2 * MOST_TERMS


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_the_lock_names_every_jar_with_its_hash_and_no_address(release: Release) -> None:
    jars = locked_jars(release)
    assert "://" not in release.lock.read_text(encoding="utf-8")
    names = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars}
    assert names >= set(release.coordinates)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert len({jar.path for jar in jars}) == len(jars)


@pytest.mark.parametrize(
    ("name", "release"), [("5.26", LTS), ("5", LTS), ("5.26.25", LTS), ("2026.08", NEWEST), ("2026.08.1", NEWEST)]
)
def test_a_release_is_named_whole_or_in_part(name: str, release: Release) -> None:
    assert release_named(name) is release


@pytest.mark.parametrize("name", ["5.2", "4.4", "2026.0", "x", "5.26.25.1"])
def test_an_unknown_release_is_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match=re.escape(name)) as refused:
        release_named(name)
    assert "5.26.25" in refused.value.hint
