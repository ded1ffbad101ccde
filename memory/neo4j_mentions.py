"""Statements that write passages or claims to Neo4j with all that hangs on them: mentions, reasons, relations.

Decides that what is new is never looked up again: an item is made and tied in one statement, and what it is tied to is
looked up once for each statement and then named by its place in a list (`things`, `grounds`). Only what is tied to a
claim that was there before takes a look for each row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from stemma.memory.model import Mention
from stemma.memory.neo4j_rows import Row, mention_row
from stemma.memory.neo4j_turn import BATCH, Turn
from stemma.memory.queries import load_queries

T = TypeVar("T")
WRITE = load_queries("cypher/write.cypher")
_ENTITIES = load_queries("cypher/entities.cypher")


@dataclass(frozen=True, slots=True)
class ClaimParts:
    """The rows of new claims by id, and what is to be tied to claims, new or known."""

    new: Mapping[str, Row]
    derivations: Sequence[Row]
    mentions: Sequence[Mention]
    relations: Sequence[Row]


class _Places(dict[str, int]):
    """The place of each id, in the order in which they are first asked for."""

    def __missing__(self, item_id: str) -> int:
        self[item_id] = place = len(self)
        return place


def with_mentions(passages: Sequence[Row], mentions: Iterable[Mention]) -> list[Row]:
    """The rows of passages with what each mentions."""
    found = _by_item(mentions)
    return [{**row, "mentions": found.get(row["values"]["id"], ())} for row in passages]


async def put_passages(turn: Turn, rows: Sequence[Row]) -> None:
    """Store new passages of `with_mentions`, after their sources and the entities."""
    for some in _cut(rows):
        things = _Places()
        placed = [{**row, "mentions": _mentioned(things, row["mentions"])} for row in some]
        await turn.rows(WRITE, "put_passages", rows=placed, things=list(things))


async def put_claims(turn: Turn, parts: ClaimParts, grounded: Collection[str] = ()) -> None:
    """Store new claims, and tie everything to new and known ones, after the entities; `grounded` are new passages."""
    new, plain = parts.new, {row["claim_id"] for row in parts.derivations} & parts.new.keys()
    inside = [
        row
        for row in parts.derivations
        if row["claim_id"] in plain and row["antecedent_id"] in grounded and not _came_later(row, new)
    ]
    mentions = _by_item(parts.mentions)
    reasons = _grouped(
        (row["claim_id"], (row["antecedent_id"], {"key": row["key"], **row["values"]})) for row in inside
    )
    related = _grouped((row["claim_id"], row) for row in parts.relations if _owned(row, new))
    for some in _cut(list(new.items())):
        things, grounds = _Places(), _Places()
        rows = [
            {
                **row,
                "mentions": _mentioned(things, mentions.get(claim_id, ())),
                "rests": [[grounds[passage_id], reason] for passage_id, reason in reasons.get(claim_id, ())],
                **_relations(things, related.get(claim_id, ())),
            }
            for claim_id, row in some
        ]
        await turn.rows(WRITE, "put_claims", rows=rows, things=list(things), grounds=list(grounds))
    tied = {id(row) for row in inside}
    await turn.put(WRITE, "put_derivations", [row for row in parts.derivations if id(row) not in tied])
    known = [mention_row(mention) for mention in parts.mentions if mention.item_id not in new]
    await turn.put(WRITE, "put_claim_mentions", known)
    await turn.put(_ENTITIES, "put_relations", [row for row in parts.relations if row["claim_id"] not in new])


def _came_later(row: Row, new: Mapping[str, Row]) -> bool:
    """Whether a reason is known since later than its claim: a look at the past has to find that claim."""
    return bool(row["values"]["recorded_at"] > new[row["claim_id"]]["values"]["recorded_at"])


def _owned(row: Row, new: Mapping[str, Row]) -> bool:
    """Whether a relation is of a new claim, and of the audience that this claim is of."""
    claim = new.get(row["claim_id"])
    return claim is not None and claim["values"]["audience"] == row["audience"]


def _relations(things: _Places, rows: Iterable[Row]) -> Row:
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        found.setdefault((row["subject_id"], row["object_id"]), row)
    told = [[things[subject], row["predicate"], things[thing]] for (subject, thing), row in found.items()]
    return {"relations": told, "audiences": next((row["audiences"] for row in found.values()), [])}


def _mentioned(things: _Places, mentions: Iterable[tuple[str, int, int]]) -> list[list[int]]:
    return [[things[entity_id], start, end] for entity_id, start, end in mentions]  # the driver is slow with tuples


def _by_item(mentions: Iterable[Mention]) -> dict[str, dict[tuple[str, int, int], None]]:
    """By item: what it mentions and where, each once."""
    found: defaultdict[str, dict[tuple[str, int, int], None]] = defaultdict(dict)
    for one in mentions:
        found[one.item_id][one.entity_id, one.start, one.end] = None
    return found


def _grouped(rows: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for item_id, row in rows:
        found[item_id].append(row)
    return found


def _cut(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
