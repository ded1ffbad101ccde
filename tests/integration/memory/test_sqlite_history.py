"""Looking back on SQLite: files from before derivations had times, and memories too large to be kept in a process."""

from __future__ import annotations

from pathlib import Path

import apsw

from stemma.memory.history.history import History
from stemma.memory.model import Scope
from stemma.memory.queries import read_resource
from stemma.memory.sqlite_graph import SqliteGraph
from stemma.memory.sqlite_schema import APPLICATION_ID, MIGRATIONS
from tests.contracts.memory_bundles import START
from tests.contracts.memory_history import check_beliefs

_BEFORE = 6
"""The last version whose facts had no times."""


def at(hour: int) -> str:
    return START.replace(hour=hour).isoformat(timespec="microseconds")


def older_file(path: Path) -> None:
    """A claim of a first source, which a second one supports too since hour 15, and one that supersedes it."""
    connection = apsw.Connection(str(path))
    for script in MIGRATIONS[:_BEFORE]:
        connection.execute(read_resource(script))
    connection.pragma("user_version", _BEFORE)
    connection.pragma("application_id", APPLICATION_ID)
    for name, hour, metadata in (("s1", 13, "{}"), ("s2", 15, '{"valid_from": "2026-01-02"}')):
        connection.execute(
            "INSERT INTO source (tenant, id, audience, supported, withdrawn, quarantined, kind, uri, title,"
            " content_hash, version, added_at, trust, metadata)"
            " VALUES ('t', ?, '', 1, 0, 0, 'document', ?, '', '', 1, ?, 1.0, ?)",
            (name, name, at(hour), metadata),
        )
        connection.execute(
            "INSERT INTO passage (tenant, id, audience, supported, recallable, source_id, ordinal, title, text, first,"
            " last, sheet) VALUES ('t', 'p' || ?1, '', 1, 1, ?1, 0, '', 'text', 0, 4, '')",
            (name,),
        )
    for name, hour, recallable in (("old", 13, 0), ("new", 16, 1)):
        connection.execute(
            "INSERT INTO claim (tenant, id, audience, supported, recallable, stale, withdrawn, quarantined, searched,"
            " text, recorded_at, subject, predicate, object, confidence, reason, valid_from, valid_to, expired_at)"
            " VALUES ('t', ?, '', 1, ?, 0, 0, 0, 0, '', ?, '', '', '', 1.0, '', '', '9999-12-31', '9999-12-31')",
            (name, recallable, at(hour)),
        )
    for claim, passage in (("old", "ps1"), ("old", "ps2"), ("new", "ps1")):
        connection.execute(
            "INSERT INTO derived_from VALUES ('t', ?1, 'j' || ?2, ?2, '', 0, 0, '', '', '', '')", (claim, passage)
        )
    connection.execute("INSERT INTO supersedes VALUES ('t', 'new', 'old', '')")
    connection.close()


async def test_an_older_file_gets_the_earliest_times_that_its_facts_can_have_had(tmp_path: Path) -> None:
    older_file(tmp_path / "memory.db")
    graph = SqliteGraph(tmp_path / "memory.db")
    await graph.open()
    try:
        region = await graph.dated_region(Scope("t"), known_at=START, as_of=None)
        times = {(one.dependent, one.antecedent): one.at.hour for one in region.reasons if one.justification}
        assert times == {("old", "ps1"): 13, ("old", "ps2"): 15, ("new", "ps1"): 13}
        assert [(one.newer, one.at.hour) for one in region.supersessions] == [("new", 16)]
        assert region.items["s2"].valid_from == "2026-01-02"
        seen = {}
        for hour in (12, 13, 14, 15):
            past = await History(graph).past(Scope("t"), known_at=START.replace(hour=hour))
            seen[hour] = [item_id for item_id in ("old", "new") if item_id in past.then and past.then[item_id].current]
        assert seen == {12: [], 13: ["old"], 14: ["old"], 15: ["old"]}
        touched = await graph.dated_region(Scope("t"), known_at=START.replace(hour=14), as_of=None)
        assert {"old", "new", "s2", "ps2"} <= touched.items.keys()
        assert "s1" not in touched.items
    finally:
        await graph.close()


async def test_what_is_too_large_to_be_kept_is_searched_in_the_file(tmp_path: Path) -> None:
    graph = SqliteGraph(tmp_path / "memory.db", vector_bytes=0, term_bytes=0)
    await graph.open()
    try:
        await check_beliefs(graph, range(2))
    finally:
        await graph.close()
