"""What claims relate: written with them, shown while they are supported, to whoever may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.model import Claim, Derivation, EntityRelation, Relation, Scope
from stemma.memory.ports import MemoryGraph, StatedRelation
from tests.contracts.memory_bundles import (
    answer_bundle,
    identifier,
    make_claim,
    new_scope,
    put,
    source_bundle,
    vector,
)
from tests.contracts.memory_standing import given, taken


async def check_relations_are_shown_from_both_ends(graph: MemoryGraph) -> None:
    scope = new_scope()
    older = replace(make_claim(scope, "Harrow owns the Aster."), searched=False)
    newer = replace(make_claim(scope, "The Aster serves Merrow."), searched=False)
    newer = replace(newer, recorded_at=older.recorded_at + timedelta(hours=1))
    facts = [(older, "Harrow", "owns", "Aster"), (newer, "Aster", "serves", "Merrow")]
    await put(graph, _stating(source_bundle(scope, "u:1", ["ground"], entities=["Harrow", "Aster", "Merrow"]), facts))
    owns, serves = (_told(scope, *fact) for fact in facts)
    assert await _shown(graph, scope, "Aster") == [serves, owns]
    assert await _shown(graph, scope, "Harrow") == [owns]
    assert await _shown(graph, scope, "Merrow") == [serves]
    page = await graph.relations(scope, _thing(scope, "Aster"), limit=1, offset=1)
    assert (page.relations, page.total) == ([owns], 2)
    assert (await graph.relations(scope, _thing(scope, "Aster"), limit=5, offset=9)).total == 2
    for unknown in ("nothing", older.id, _thing(scope, "Norda")):
        assert (await graph.relations(scope, unknown, limit=9)).total == 0
    assert await _counted(graph, scope) == 2


async def check_a_relation_holds_as_long_as_its_claim(graph: MemoryGraph) -> None:
    """By its source or by itself; and it is not there twice when something states it again."""
    scope = new_scope()
    claim = replace(make_claim(scope, "Harrow owns the Aster."), searched=False)
    fact = (claim, "Harrow", "owns", "Aster")
    bundle = source_bundle(scope, "u:1", ["ground"], entities=["Harrow", "Aster"])
    await put(graph, _stating(bundle, [fact]))
    for item in (bundle.source.id, claim.id):
        decided = await taken(graph, scope, item)
        assert (await _shown(graph, scope, "Harrow"), await _counted(graph, scope)) == ([], 0)
        await given(graph, scope, decided)
        assert await _shown(graph, scope, "Harrow") == [_told(scope, *fact)]
    await put(graph, _stating(source_bundle(scope, "u:2", ["more"], entities=["Harrow", "Aster"]), [fact]))
    await taken(graph, scope, bundle.source.id)
    assert (await _shown(graph, scope, "Harrow"), await _counted(graph, scope)) == ([_told(scope, *fact)], 1)


async def check_an_answer_relates_things_too(graph: MemoryGraph) -> None:
    """A narrower claim may relate wider things; who sees the things alone does not hear of it."""
    tenant = new_scope()
    ann, ben = Scope(tenant.tenant, "ann"), Scope(tenant.tenant, "ben")
    bundle = source_bundle(tenant, "u:1", ["ground"], entities=["Harrow", "Aster"])
    await put(graph, bundle)
    claim = make_claim(ann, "Harrow owns the Aster.")
    fact = (claim, "Harrow", "owns", "Aster")
    learned = _learned(answer_bundle(ann, "one", [claim], [bundle.passages[0].id]), tenant, fact)
    assert await graph.put_answer(learned)
    assert not await graph.put_answer(learned)
    assert await _shown(graph, ann, "Harrow", of=tenant) == [_told(tenant, *fact)]
    assert await _counted(graph, ann) == 1
    for stranger in (tenant, ben):
        assert await _shown(graph, stranger, "Harrow", of=tenant) == []
        assert await _counted(graph, stranger) == 0
    await graph.erase(ann)
    assert await _shown(graph, ann, "Harrow", of=tenant) == []
    assert await _counted(graph, ann) == 0


async def check_no_relation_reaches_beyond_its_claim(graph: MemoryGraph) -> None:
    """To things that the claim's audience does not see, or for a claim of another audience."""
    tenant = new_scope()
    ann, ben = Scope(tenant.tenant, "ann"), Scope(tenant.tenant, "ben")
    wide = source_bundle(tenant, "u:1", ["ground"], entities=["Harrow", "Aster"])
    await put(graph, wide, *(source_bundle(who, "u:2", ["own"], entities=["Harrow", "Aster"]) for who in (ann, ben)))
    shared = make_claim(tenant, "Harrow owns the Aster.")
    await graph.put_answer(answer_bundle(tenant, "one", [shared], [wide.passages[0].id]))
    own = make_claim(ann, "The Aster is Harrow's.")
    bundle = answer_bundle(ann, "two", [own], [wide.passages[0].id])
    relations = [
        EntityRelation(own.id, _thing(ann, "Aster"), "is of", _thing(ben, "Harrow")),
        EntityRelation(own.id, _thing(ben, "Aster"), "is of", _thing(ann, "Harrow")),
        EntityRelation(own.id, _thing(ann, "Aster"), "is of", "nothing"),
        EntityRelation("nothing", _thing(ann, "Aster"), "is of", _thing(ann, "Harrow")),
        EntityRelation(shared.id, _thing(tenant, "Harrow"), "owns", _thing(tenant, "Aster")),
    ]
    assert await graph.put_answer(replace(bundle, relations=relations))
    assert [await _counted(graph, scope) for scope in (tenant, ann, ben)] == [0, 0, 0]


Fact = tuple[Claim, str, str, str]


def _stating(bundle: SourceBundle, facts: Sequence[Fact]) -> SourceBundle:
    """The source with extracted claims, each read from its first passage."""
    scope, (passage, *_) = bundle.source.scope, bundle.passages
    claims = [fact[0] for fact in facts]
    rows = [Derivation(one.id, passage.id, f"j-{passage.id}", "ground", 0, 6, "rules") for one in claims]
    return replace(bundle, claims=claims, derivations=rows, relations=[_relation(scope, *fact) for fact in facts])


def _learned(bundle: AnswerBundle, of: Scope, fact: Fact) -> AnswerBundle:
    return replace(bundle, relations=[_relation(of, *fact)], vectors=[vector(fact[0].text)])


def _relation(of: Scope, claim: Claim, subject: str, predicate: str, thing: str) -> EntityRelation:
    return EntityRelation(claim.id, _thing(of, subject), predicate, _thing(of, thing))


def _told(of: Scope, claim: Claim, subject: str, predicate: str, thing: str) -> StatedRelation:
    return StatedRelation(_thing(of, subject), subject, predicate, _thing(of, thing), thing, claim.id, claim.text)


def _thing(scope: Scope, name: str) -> str:
    return identifier("entity", scope, name)


async def _shown(graph: MemoryGraph, reader: Scope, name: str, *, of: Scope | None = None) -> list[StatedRelation]:
    page = await graph.relations(reader, _thing(of or reader, name), limit=9)
    assert page.total == len(page.relations)
    return list(page.relations)


async def _counted(graph: MemoryGraph, scope: Scope) -> int:
    return (await graph.statistics(scope)).by_relation[Relation.RELATES_TO]
