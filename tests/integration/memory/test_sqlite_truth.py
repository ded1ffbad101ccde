"""Taking back in an SQLite file that several processes use: killed in the middle, switched to another embedder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from stemma.memory.contradictions.model import Resolution
from stemma.memory.contradictions.ruling import Ruling
from stemma.memory.errors import EmbedderMismatch
from stemma.memory.lineage.model import Standing
from stemma.memory.model import Node, Scope
from stemma.memory.ports import EmbedderIdentity, NewVectors
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.contradictory_claims import BERTHS, conflict_of, stating
from tests.contracts.memory_bundles import (
    IDENTITY,
    answer_bundle,
    decision,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    put,
    source_bundle,
    stored,
    vector,
)

CLAIMS = 400
OTHER = EmbedderIdentity("another of the same size", IDENTITY.dimension)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteGraph]:
    graph = SqliteGraph(path)
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


async def kill_after(line: int, program: str, *arguments: str) -> None:
    """Run a program of this folder and kill it when it has said so many lines."""
    script = str(Path(__file__).with_name(program))
    process = await asyncio.create_subprocess_exec(sys.executable, script, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    for _ in range(line):
        assert await process.stdout.readline()
    process.kill()
    await process.communicate()


async def test_a_killed_decision_is_whole_or_not_there(tmp_path: Path) -> None:
    scope, path = new_scope(), tmp_path / "m.db"
    async with opened(path) as graph:
        ground = source_bundle(scope, "u:1", ["ground"])
        await put(graph, ground)
        claims = [make_claim(scope, f"claim {n}") for n in range(CLAIMS)]
        learned = answer_bundle(scope, "one", claims, [ground.passages[0].id])
        await graph.put_answer(learned)
    seen = set()
    for line in (1, 2, 4, 7):
        await kill_after(line, "sqlite_retractor.py", str(path), scope.tenant, ground.source.id)
        async with opened(path) as graph:
            seen.add(await whole_state(graph, scope))
    assert seen <= {(True, 1 + CLAIMS), (False, 0)}


async def whole_state(graph: SqliteGraph, scope: Scope) -> tuple[bool, int]:
    """Whether no decision holds, and how many items a search finds; every flag must agree."""
    open_ones, _ = await graph.list_retractions(scope, open_only=True, limit=2)
    out = {
        node: (await graph.items(scope, node, limit=1, standing=Standing.UNSUPPORTED)).total
        for node in (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)
    }
    assert list(out.values()) == ([1, 1, CLAIMS, 1] if open_ones else [0, 0, 0, 0])
    by_text = await found_by_text(graph, scope, "claim", "ground", k=1_000)
    by_vector = await found_by_vector(graph, scope, vector("x"), k=1_000)
    assert set(by_text) == set(by_vector)
    return not open_ones, len(by_text)


async def test_a_killed_resolution_is_whole_or_not_there(tmp_path: Path) -> None:
    scope, path = new_scope(), tmp_path / "m.db"
    async with opened(path) as graph:
        older = stating(scope, BERTHS)
        others = [stating(scope, f"Port Merrow has {n} berths for ferries.", hour=n) for n in range(20, 60)]
        await put(graph, older, *others)
        for found in [conflict_of(scope, one, older) for one in others]:
            apart = decision(scope, found.claim_id, quarantine=True)
            await graph.put_conflicts([found])
            await graph.rule(
                scope, Ruling(found, replace(found, decision=apart.id), "policy", found.found_at, taken_back=apart)
            )
    resolved = 0
    for line in (1, 3, 14):
        await kill_after(line, "sqlite_resolver.py", str(path), scope.tenant)
        async with opened(path) as graph:
            before, resolved = resolved, await whole_resolutions(graph, scope)
        assert before + line - 1 <= resolved


async def whole_resolutions(graph: SqliteGraph, scope: Scope) -> int:
    """How many contradictions are resolved; every step of each must have been taken, or none."""
    page = await graph.conflicts(scope, open_only=False, limit=1_000)
    claims = {one.id: one for one in await graph.claims(scope, [one.claim_id for one in page.conflicts])}
    done = 0
    for one in page.conflicts:
        held = await graph.retraction(scope, one.decision)
        is_done = one.resolution is Resolution.KEEP_OLDER
        done += is_done
        claim = claims[one.claim_id]
        assert (claim.withdrawn, claim.quarantined) == (is_done, not is_done)
        assert (held.actor, held.lifted_at) == ("process" if is_done else "ann@desk", None)
    return done


async def test_a_process_that_missed_the_switch_of_embedders_is_told(tmp_path: Path) -> None:
    """Vectors of the old embedder have the right size, and would be nonsense among the new ones."""
    scope = new_scope()
    async with opened(tmp_path / "m.db") as late, opened(tmp_path / "m.db") as switching:
        first = source_bundle(scope, "u:1", ["first"])
        await put(late, first)
        await switching.begin_reindex(OTHER)
        made = [NewVectors(item.tenant, item.id, vector("new"), []) for item in await switching.unindexed(9)]
        await switching.put_vectors(made)
        assert await switching.finish_reindex()
        with pytest.raises(EmbedderMismatch) as failure:
            await stored(late, source_bundle(scope, "u:2", ["second"]))
        assert OTHER.name in str(failure.value)
        assert await late.embedder() == OTHER
        (best,) = await late.search_vector(scope, vector("new"), 5)
        assert (best.id, round(best.score, 4)) == (first.passages[0].id, 1.0)
        await late.claim_embedder(OTHER)
        assert await stored(late, source_bundle(scope, "u:2", ["second"])) is True


async def test_erasing_leaves_no_decision_and_no_unfinished_vector(tmp_path: Path) -> None:
    scope = new_scope("ann")
    async with opened(tmp_path / "m.db") as graph:
        bundle = source_bundle(scope, "u:1", ["text"])
        await put(graph, bundle)
        reason = replace(decision(scope, bundle.source.id), reason="Zanzibarsecret", actor="zanzibarsecret")
        await graph.take_back(Scope(scope.tenant), reason)
        await graph.begin_reindex(OTHER)
        await graph.put_vectors([NewVectors(scope.tenant, bundle.passages[0].id, vector("new"), [])])
        await graph.erase(scope)
        assert await graph.unindexed(9) == []
        again = source_bundle(new_scope(), "u:2", ["other text"])
        await put(graph, again)
        assert [item.id for item in await graph.unindexed(9)] == [again.passages[0].id]
    assert b"zanzibar" not in (tmp_path / "m.db").read_bytes().lower()
