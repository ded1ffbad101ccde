"""What every `MemoryGraph` must do with whole records: give all of them, take them again, and work the flags out."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from stemma.memory.errors import ImportConflict, InvalidExport
from stemma.memory.exchange.fields import KINDS
from stemma.memory.model import Node
from stemma.memory.ports import MemoryGraph
from tests.contracts.exchange_world import (
    edited,
    ended,
    exported,
    fill,
    imported,
    lines_of,
    moved,
    records_of,
)
from tests.contracts.memory_bundles import found_by_text, found_by_vector, new_scope, put, source_bundle, vector


async def check_what_is_exported_and_imported_is_the_same(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await fill(graph, here.tenant)
    lines = await exported(graph, here)
    report = await imported(graph, moved(lines, there.tenant))
    assert await records_of(graph, there) == await records_of(graph, here)
    assert report.differences == []
    assert sum(report.left_out.values()) == 0
    assert report.new == report.read == json.loads(lines[0])["counts"]
    kinds = Counter(json.loads(line)["record"] for line in lines[1:-1])
    assert kinds == report.read
    assert kinds.keys() == {kind.name for kind in KINDS}


async def check_what_was_imported_is_recalled(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await fill(graph, here.tenant)
    await imported(graph, moved(await exported(graph, here), there.tenant))
    for words in (["crane"], ["shut"], ["open"], ["calder"]):
        assert await found_by_text(graph, there, *words) == await found_by_text(graph, here, *words)
    near = vector("Merrow is shut.")
    assert await found_by_vector(graph, there, near) == await found_by_vector(graph, here, near)
    assert await found_by_vector(graph, here, near)


async def check_an_import_again_changes_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    await fill(graph, scope.tenant)
    before = await lines_of(graph, scope)
    report = await imported(graph, await exported(graph, scope))
    assert {kind: n for kind, n in report.new.items() if n and kind in COUNTED} == {}
    assert (await lines_of(graph, scope))[1:-1] == before[1:-1]


COUNTED = {kind.name for kind in KINDS if isinstance(kind.label, Node)} | {"store_item"}
"""Kinds whose new records are told from those that were there; the others are written again, to no effect."""


async def check_an_import_goes_on_where_it_stopped(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await fill(graph, here.tenant)
    lines = moved(await exported(graph, here), there.tenant)
    for cut in range(2, len(lines), 7):
        with pytest.raises(InvalidExport, match="ends too early"):
            await imported(graph, lines[:cut])
    await imported(graph, lines)
    assert await records_of(graph, there) == await records_of(graph, here)


async def check_an_export_is_of_its_scope_alone(graph: MemoryGraph) -> None:
    everyone, ann = await fill(graph, new_scope().tenant)
    theirs = {tuple(json.loads(line)["audience"]) for line in await records_of(graph, ann)}
    assert theirs == {("ann", "", "")}
    whole = await records_of(graph, everyone)
    assert {tuple(json.loads(line)["audience"]) for line in whole} == {("ann", "", ""), ("", "", "")}
    assert set(await records_of(graph, ann)) < set(whole)


async def check_flags_are_worked_out_and_not_believed(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await fill(graph, here.tenant)
    lines = moved(await exported(graph, here), there.tenant)
    lies = edited(lines, "claim", supported=True, recallable=True, stale=False, quarantined=False, withdrawn=False)
    lies = edited(edited(lies, "answer", supported=True, stale=True), "source", withdrawn=False)
    lies = edited(lies, "passage", recallable=False)
    report = await imported(graph, lies)
    assert {one.node for one in report.differences} == {Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER}
    assert await records_of(graph, there) == await records_of(graph, here)
    assert await found_by_text(graph, there, "shut") == await found_by_text(graph, here, "shut")


async def check_what_names_nothing_is_left_out(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await fill(graph, here.tenant)
    lines = moved(await exported(graph, here), there.tenant)
    cut = [line for line in lines[:-1] if json.loads(line)["record"] != "passage"]
    report = await imported(graph, ended(cut))
    assert {kind for kind, count in report.left_out.items() if count} == {"mentions", "derived_from", "used"}
    found = [json.loads(line) for line in await records_of(graph, there)]
    claims = [row for row in found if row["record"] == "claim"]
    assert claims
    assert not any(row["supported"] for row in claims)


async def check_another_version_in_a_place_is_a_conflict(graph: MemoryGraph) -> None:
    here, there = new_scope(), new_scope()
    await put(graph, source_bundle(here, "file:/a.md", ["One."]))
    await put(graph, source_bundle(there, "file:/a.md", ["Two."]))
    before = await records_of(graph, there)
    with pytest.raises(ImportConflict):
        await imported(graph, moved(await exported(graph, here), there.tenant))
    assert await records_of(graph, there) == before


async def check_tenants_are_known(graph: MemoryGraph) -> None:
    one, other = new_scope(), new_scope()
    await put(graph, source_bundle(one, "file:/a.md", ["One."]), source_bundle(other, "file:/a.md", ["One."]))
    assert {one.tenant, other.tenant} <= set(await graph.tenants())
    assert await graph.record_counts(new_scope()) == {}


CHECKS = [
    check_what_is_exported_and_imported_is_the_same,
    check_what_was_imported_is_recalled,
    check_an_import_again_changes_nothing,
    check_an_import_goes_on_where_it_stopped,
    check_an_export_is_of_its_scope_alone,
    check_flags_are_worked_out_and_not_believed,
    check_what_names_nothing_is_left_out,
    check_another_version_in_a_place_is_a_conflict,
    check_tenants_are_known,
]
