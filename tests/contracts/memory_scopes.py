"""Who may see what: every scope against every item."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.errors import UnknownItem
from stemma.memory.model import Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    answer_bundle,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    put,
    source_bundle,
    vector,
)


def may_read(reader: Scope, item: Scope) -> bool:
    pairs = ((reader.user, item.user), (reader.agent, item.agent), (reader.thread, item.thread))
    return reader.tenant == item.tenant and all(mine in ("", own) for own, mine in pairs)


async def check_every_scope_reads_its_own_and_wider_ones_only(graph: MemoryGraph) -> None:
    """2 tenants x 3 users x 3 agents x 3 threads ("" is everyone): every reader against every item, in every read."""
    tenants = [new_scope().tenant, new_scope().tenant]
    scopes = [Scope(*parts) for parts in product(tenants, ("", "a", "b"), ("", "a", "b"), ("", "a", "b"))]
    sources: dict[Scope, SourceBundle] = {}
    answers: dict[Scope, AnswerBundle] = {}
    for n, scope in enumerate(scopes):
        sources[scope] = source_bundle(scope, f"u:{n}", [f"matrix passage {n}"], entities=["Matrix"])
        await put(graph, sources[scope])
        claim = make_claim(scope, f"matrix claim {n}")
        answers[scope] = answer_bundle(scope, str(n), [claim], [sources[scope].passages[0].id])
        assert await graph.put_answer(answers[scope])
    for reader in scopes:
        readable = [scope for scope in scopes if may_read(reader, scope)]
        await _check_reader(graph, reader, readable, sources, answers)


async def _check_reader(
    graph: MemoryGraph,
    reader: Scope,
    readable: Sequence[Scope],
    sources: dict[Scope, SourceBundle],
    answers: dict[Scope, AnswerBundle],
) -> None:
    passages = {sources[scope].passages[0].id for scope in readable}
    claims = {answers[scope].claims[0].id for scope in readable}
    assert set(await found_by_text(graph, reader, "matrix", k=200)) == passages | claims
    assert set(await found_by_vector(graph, reader, vector("matrix"), k=200)) == passages | claims
    every_passage = [bundle.passages[0].id for bundle in sources.values()]
    every_claim = [bundle.claims[0].id for bundle in answers.values()]
    every_source = [bundle.source.id for bundle in sources.values()]
    assert {p.id for p in await graph.passages(reader, every_passage)} == passages
    assert {c.id for c in await graph.claims(reader, every_claim)} == claims
    assert {s.scope for s in await graph.sources(reader, every_source)} == set(readable)
    assert {d.claim_id for d in await graph.derivations(reader, every_claim)} == claims
    counts = await graph.statistics(reader)
    for node in (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER, Node.ENTITY):
        page = await graph.items(reader, node, limit=200)
        assert {item.scope for item in page.items} == set(readable)
        assert page.total == len(page.items) == counts.by_node[node] == len(readable)
    for relation in (Relation.PART_OF, Relation.MENTIONS, Relation.DERIVED_FROM, Relation.USED, Relation.ASSERTS):
        assert counts.by_relation[relation] == len(readable), relation


async def check_a_stranger_item_is_unknown(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    bundle = source_bundle(scope, "u:1", ["private"], entities=["Kyiv"])
    await put(graph, bundle)
    claim = make_claim(scope, "Private claim.")
    learned = answer_bundle(scope, "one", [claim], [bundle.passages[0].id])
    await graph.put_answer(learned)
    ids = (bundle.source.id, bundle.passages[0].id, bundle.entities[0].id, claim.id, learned.answer.id)
    for reader in (Scope(scope.tenant), Scope(scope.tenant, "bob"), new_scope("ann")):
        for item_id in (*ids, "no-such-id", "", "' OR 1=1 --", "\x00"):
            with pytest.raises(UnknownItem):
                await graph.item(reader, item_id)
        assert await graph.statistics(reader) == await graph.statistics(new_scope())
