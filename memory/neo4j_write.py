"""Writing answers to Neo4j, and erasing: what happens within one transaction, in which order, in batches.

Decides what an answer brings along, and refuses, by rolling back, whatever the port says must not be written. It works
out no flags: `neo4j_flags.py` does.
"""

from __future__ import annotations

from stemma.memory.admission import admit, named
from stemma.memory.bundles import AnswerBundle
from stemma.memory.model import Scope
from stemma.memory.neo4j_flags import decide, settle
from stemma.memory.neo4j_rows import (
    answer_row,
    assert_rows,
    claim_row,
    derivation_row,
    entity_row,
    mention_row,
    relation_rows,
    retraction_row,
    use_rows,
)
from stemma.memory.neo4j_sources import ENTITIES, WRITE, put_claims, unique
from stemma.memory.neo4j_turn import Turn, Undone
from stemma.memory.queries import load_queries

ERASED = 1_000
"""Things removed in one transaction: a tenant's all at once would not fit into the server's memory."""
_CHANGES = load_queries("cypher/changes.cypher")


async def write_answer(turn: Turn, bundle: AnswerBundle) -> None:
    """Store an answer with its claims and lineage.

    Raises `Undone` when the answer is known, what `admission.admit` does.
    """
    answer = bundle.answer
    await _admit(turn, bundle)
    claims = [claim_row(*pair) for pair in zip(bundle.claims, bundle.vectors, strict=True)]
    known = await put_claims(turn, claims)
    await turn.rows(WRITE, "put_answer", values=answer_row(answer))
    derivations = [derivation_row(derivation, answer.scope.audience) for derivation in bundle.derivations]
    await turn.put(WRITE, "put_derivations", unique(derivations, "key"))
    await turn.put(WRITE, "put_uses", use_rows(answer), id=answer.id)
    await turn.put(WRITE, "put_asserts", assert_rows(answer), id=answer.id)
    await turn.put(WRITE, "put_entities", unique(entity_row(entity) for entity in bundle.entities))
    await turn.put(WRITE, "put_claim_mentions", [mention_row(mention) for mention in bundle.mentions])
    await turn.put(ENTITIES, "put_relations", relation_rows(answer.scope, bundle.relations))
    new = {claim.id for claim in bundle.claims} - known.keys()
    decided = [each for each in bundle.retractions if each.withdraws in new]
    await decide(turn, {each.withdraws for each in decided}, made=[retraction_row(each) for each in decided])
    await settle(turn, {answer.id, *new, *(claim for claim, moves in known.items() if moves)})


async def erase_some(turn: Turn, scope: Scope) -> int:
    """Remove some of what the scope may erase (at most `ERASED`), relations first; 0 when nothing is left.

    What rests on it is narrower still, so no flag changes.
    """
    await turn.rows(_CHANGES, "count_erasure")
    known = await turn.rows(WRITE, "audiences")
    within = [row["audience"] for row in known if scope.owns(row["audience"])]
    for name in ("erase_relations", "erase_items"):
        [row] = await turn.rows(WRITE, name, audiences=within, most=ERASED)
        if row["gone"]:
            return int(row["gone"])
    return 0


async def _admit(turn: Turn, bundle: AnswerBundle) -> None:
    [found] = await turn.rows(WRITE, "refusable", id=bundle.answer.id, ids=sorted(named(bundle)))
    if found["known"]:
        raise Undone
    admit(bundle, dict(found["stored"]))
