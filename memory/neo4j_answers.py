"""Writing answers to Neo4j: a whole batch in one transaction, a few statements for all of it.

Decides what a batch brings along, as if its answers were written one after another, and refuses, by rolling back,
whatever the port says must not be written. Where everything that an answer rests on stands, its own flags follow from
what was read anyway, by the rule of `lineage/support.py`; in all other cases `neo4j_flags.py` works them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stemma.memory.admission import admit, named
from stemma.memory.bundles import AnswerBundle
from stemma.memory.lineage.model import Retraction, Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from stemma.memory.neo4j_entities import put_entities
from stemma.memory.neo4j_flags import decide, settle
from stemma.memory.neo4j_mentions import WRITE, ClaimParts, put_claims
from stemma.memory.neo4j_rows import (
    Row,
    answer_row,
    assert_rows,
    claim_row,
    derivation_row,
    relation_rows,
    retraction_row,
    use_rows,
)
from stemma.memory.neo4j_sources import unique
from stemma.memory.neo4j_turn import BATCH, IDS, Turn, by_tenant
from stemma.memory.neo4j_values import NODES, status

_AS_WRITTEN = Status(supported=True, current=True, stale=False)


@dataclass(frozen=True, slots=True)
class AnswerRows:
    """A bundle with its rows; made before the transaction begins."""

    bundle: AnswerBundle
    answer: Row
    claims: dict[str, Row]
    """By id."""
    derivations: list[Row]
    uses: list[Row]
    asserts: list[Row]
    relations: list[Row]

    @property
    def tenant(self) -> str:
        return self.bundle.answer.scope.tenant


class _Stored(NamedTuple):
    """An item that was there before."""

    audience: str
    node: Node
    flags: Status


def answer_rows(bundles: Iterable[AnswerBundle]) -> list[AnswerRows]:
    """The rows of each bundle. Slow, and the same for every attempt."""
    return [_rows(bundle) for bundle in bundles]


async def write_answers(turns: Mapping[str, Turn], prepared: Sequence[AnswerRows]) -> list[bool]:
    """Store those that are new; for each whether it was. Raises `Undone` for none, and what `admission.admit` does."""
    return await by_tenant(turns, prepared, _write_of_tenant)


async def _write_of_tenant(turn: Turn, prepared: Sequence[AnswerRows]) -> list[bool]:
    batch = _Batch(await _stored(turn, prepared))
    taken = [batch.take(item) for item in prepared]
    new = batch.rows
    await put_entities(turn, (entity for item in new for entity in item.bundle.entities))
    mentions = [mention for item in new for mention in item.bundle.mentions]
    relations = [row for item in new for row in item.relations]
    await put_claims(turn, ClaimParts(batch.claims, (), mentions, relations))
    for rows in _statements(new):
        await turn.rows(WRITE, "put_answers", **rows)
    decided = [retraction_row(each) for each in batch.decided]
    await decide(turn, {row["withdraws"] for row in decided}, made=decided)
    await settle(turn, batch.unsettled())
    return taken


def _statements(items: Iterable[AnswerRows]) -> Iterator[dict[str, list[Row]]]:
    """The parameters of each statement: whole answers, in order, because an answer rests on earlier ones only."""
    rows, room = _no_rows(), BATCH
    for item in items:
        parts = {"answers": [item.answer], "derivations": item.derivations, "uses": item.uses, "asserts": item.asserts}
        for name, some in parts.items():
            rows[name] += some
            room -= len(some)
        if room <= 0:
            yield rows
            rows, room = _no_rows(), BATCH
    if room < BATCH:
        yield rows


def _no_rows() -> dict[str, list[Row]]:
    return {name: [] for name in ("answers", "derivations", "uses", "asserts")}


async def _stored(turn: Turn, prepared: Sequence[AnswerRows]) -> dict[str, _Stored]:
    """What is there of everything that the bundles name, whoever may see it."""
    ids = sorted({item_id for item in prepared for item_id in (item.bundle.answer.id, *named(item.bundle))})
    found: dict[str, _Stored] = {}
    for start in range(0, len(ids), IDS):
        for some in await turn.rows(WRITE, "stored", ids=ids[start : start + IDS]):
            for item_id, audience, label, *flags in some["rows"]:
                found[item_id] = _Stored(audience, NODES[label], status(NODES[label], *flags))
    return found


@dataclass(slots=True)
class _Batch:
    """What of some bundles is new, as if they were written one after another."""

    stored: Mapping[str, _Stored]
    rows: list[AnswerRows] = field(default_factory=list)
    claims: dict[str, Row] = field(default_factory=dict)
    decided: list[Retraction] = field(default_factory=list)
    audiences: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.audiences = {item_id: item.audience for item_id, item in self.stored.items()}

    def take(self, item: AnswerRows) -> bool:
        """Add one that is new; False for another. Raises what `admit` does."""
        bundle = item.bundle
        if bundle.answer.id in self.audiences:
            return False
        admit(bundle, {one: self.audiences[one] for one in named(bundle) & self.audiences.keys()})
        new = {claim.id: claim.scope.audience for claim in bundle.claims if claim.id not in self.audiences}
        self.claims |= {claim_id: item.claims[claim_id] for claim_id in new}
        self.decided += [each for each in bundle.retractions if each.withdraws in new]
        self.audiences |= {**new, bundle.answer.id: bundle.answer.scope.audience}
        self.rows.append(item)
        return True

    def unsettled(self) -> set[str]:
        """The items whose flags have to be worked out: known claims to which a new reason may matter, and what is new,
        unless all of it stands as it was written."""
        gained = {row["claim_id"] for item in self.rows for row in item.derivations}
        known = {claim: self.stored[claim].flags for claim in gained & self.stored.keys()}
        moved = {claim for claim, flags in known.items() if flags.stale or not flags.supported}
        new = {*self.claims, *(item.bundle.answer.id for item in self.rows)}
        return moved if self._stands() else moved | new

    def _stands(self) -> bool:
        return not self.decided and all(flags == _AS_WRITTEN for flags in statuses(self._facts()).values())

    def _facts(self) -> Facts:
        """The region of what is new: nothing that was there before rests on it, but for a known claim's new reason."""
        reasons: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for item in self.rows:
            for row in item.derivations:
                reasons[row["claim_id"]][row["values"]["justification"]].add(row["antecedent_id"])
        answers = {
            item.bundle.answer.id: [{row["item_id"] for row in (*item.uses, *item.asserts)}] for item in self.rows
        }
        claims = {claim: list(reasons[claim].values()) for claim in self.claims}
        return Facts(
            nodes={**dict.fromkeys(claims, Node.CLAIM), **dict.fromkeys(answers, Node.ANSWER)},
            justifications={**claims, **answers},
            around={item_id: item.flags for item_id, item in self.stored.items()},
        )


def _rows(bundle: AnswerBundle) -> AnswerRows:
    answer = bundle.answer
    whose = {"answer_id": answer.id}
    return AnswerRows(
        bundle,
        answer_row(answer),
        {pair[0].id: claim_row(*pair) for pair in zip(bundle.claims, bundle.vectors, strict=True)},
        unique(derivation_row(row, answer.scope.audience, answer.recorded_at) for row in bundle.derivations),
        [{**whose, **row} for row in use_rows(answer)],
        [{**whose, **row} for row in assert_rows(answer)],
        relation_rows(answer.scope, bundle.relations),
    )
