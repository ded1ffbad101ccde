"""A memory in which every scope holds something that only it and narrower scopes may ever hear of.

Planted in each of 2 tenants x 3 users x 3 agents x 3 threads ("" is everyone): two sources under the same addresses
everywhere, one in two versions and one that is withdrawn; names and aliases of a thing that all of them mention; an
answer that used every passage its scope may see; a claim that supersedes another and relates two things; decisions,
lifted ones too. Between two scopes everything is recalled, so that what a process remembers grows step by step. Each
text, title, name, reason and signature holds the scope's own word, and every id is remembered, so that whatever a
reader is given can be searched for what it tells (`World.told`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from string import ascii_lowercase
from typing import Any
from uuid import uuid4

from stemma.memory.ingest.entities import entity_id
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Document, Node, Passage, Scope, Use
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.recall.recipes import RECIPES
from tests.contracts.memory_bundles import IDENTITY, vector

LABELS = (Node.SOURCE, Node.PASSAGE, Node.ENTITY, Node.CLAIM, Node.ANSWER, Node.RETRACTION)
_WORD = re.compile(r"kanary([a-z]{3})", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{32}")


class ContractEmbedder:
    """An embedder of the identity that the session's Neo4j was claimed with; a text's vector follows from the text."""

    @property
    def identity(self) -> EmbedderIdentity:
        return IDENTITY

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [vector(text) for text in texts]


@dataclass(frozen=True)
class Planted:
    """What one scope holds: one item of each kind."""

    source: str
    passage: str
    memo: str
    older: str
    newer: str
    answer: str
    decision: str
    """Withdrew the memo."""
    thing: str
    """The newer claim relates it to another."""

    def ids(self) -> list[str]:
        return [getattr(self, part.name) for part in fields(self)]


@dataclass
class World:
    """The planted memory, and what belongs to whom."""

    memory: LongTermMemory
    scopes: list[Scope] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    owner: dict[str, int] = field(default_factory=dict)
    """Any id -> the scope that it was planted in."""

    def readers(self) -> list[Scope]:
        """Every scope of the first tenant, and a few of the second, which is planted alike."""
        return self._most_of(self.scopes[0].tenant)

    def asked_about(self, reader: Scope) -> list[tuple[int, Planted]]:
        """What was planted anywhere in the reader's tenant, and in a few scopes of the other one."""
        return [(n, self.planted[n]) for n in map(self.scopes.index, self._most_of(reader.tenant))]

    def _most_of(self, tenant: str) -> list[Scope]:
        others = [scope for scope in self.scopes if scope.tenant != tenant]
        return [scope for scope in self.scopes if scope.tenant == tenant] + others[::9]

    def visible(self, reader: Scope) -> set[int]:
        """The scopes whose contents the reader may hear of: its own and wider ones."""
        return {
            n
            for n, scope in enumerate(self.scopes)
            if scope.tenant == reader.tenant
            and scope.user in ("", reader.user)
            and scope.agent in ("", reader.agent)
            and scope.thread in ("", reader.thread)
        }

    def owned(self, decider: Scope) -> set[int]:
        """The scopes whose contents the decider may take back: its own and narrower ones."""
        return {n for n, scope in enumerate(self.scopes) if self.scopes.index(decider) in self.visible(scope)}

    def told(self, value: Any) -> set[int]:
        """The scopes that a value says anything of, wherever in it."""
        found: set[int] = set()
        for part in _parts(value):
            if isinstance(part, Scope):
                found |= {self.scopes.index(part)} if part in self.scopes else set()
                continue
            found |= {number(word) for word in _WORD.findall(part)}
            found |= {self.owner[made] for made in _ID.findall(part) if made in self.owner}
        return found

    def check(self, value: Any, allowed: set[int]) -> None:
        """Fail when the value tells of any other scope than the allowed ones."""
        leaked = self.told(value) - allowed
        assert not leaked, ([self.scopes[n] for n in leaked], value)


def word(n: int) -> str:
    """A name that belongs to scope number n and to no other; never a part of another one."""
    return "Kanary" + "".join(ascii_lowercase[n // 26**place % 26] for place in (2, 1, 0))


def number(letters: str) -> int:
    """The scope whose word ends in these letters."""
    total = 0
    for letter in letters.lower():
        total = total * 26 + ascii_lowercase.index(letter)
    return total


def _parts(value: Any) -> Iterator[str | Scope]:
    """Every text and every scope in a value, however deep."""
    if isinstance(value, str | Scope):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _parts(key)
            yield from _parts(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from _parts(getattr(value, part.name))
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        for inner in value:
            yield from _parts(inner)


async def plant(memory: LongTermMemory) -> World:
    """The matrix in a memory, in tenants of its own, widest scopes first."""
    tenants = [f"tenant-{uuid4().hex}" for _ in range(2)]
    scopes = [
        Scope(*parts) for parts in product(tenants, ("", "ann", "bob"), ("", "scribe", "clerk"), ("", "t1", "t2"))
    ]
    world = World(memory, sorted(scopes, key=lambda scope: sum(map(bool, (scope.user, scope.agent, scope.thread)))))
    for n in range(len(world.scopes)):
        await _plant(world, n)
    return world


async def _plant(world: World, n: int) -> None:
    memory, scope, name = world.memory, world.scopes[n], word(n)
    text = (
        f"{name} Harbour, also known as {name} Port, charges a berth fee. Port Merrow, also known as {name} Bay, pays."
    )
    first = Document("port.md", f"{name} quay", f"{name} was here first.")
    source = (await _ingest(world, n, first, Document("port.md", f"{name} quay", text)))[1]
    (memo,) = await _ingest(world, n, Document("memo.md", f"{name} memo", f"The {name} Crane costs nine euros."))
    passages = {item.source_id: item for item in await _passages(memory, scope)}
    own, forged = passages[source], passages[memo]
    wide = [passages[planted.source] for k, planted in enumerate(world.planted) if k in world.visible(scope)]
    older = LearnedClaim(f"{name} charges nine euros.", [_whole(own), *map(_whole, wide[:1])])
    newer = LearnedClaim(f"The {name} Harbour serves the {name} Crane.", [_whole(own)])
    used = tuple(Use(item.id, rank, 0.5) for rank, item in enumerate([forged, own, *wide], 1))
    answers = [
        await memory.learn(scope, _answer(scope, name, hours, used if hours else ()), [claim])
        for hours, claim in ((0, older), (1, newer))
    ]
    claims = [answer.asserts[0] for answer in answers]
    world.check(await memory.supersede(scope, claims[1], claims[0]), world.visible(scope))
    lifted = await memory.retract(scope, claims[1], reason=f"{name} doubts", actor=name, quarantine=True)
    assert lifted.retraction
    world.check(lifted, world.visible(scope))
    world.check(await memory.restore(scope, lifted.retraction.id, actor=name), world.visible(scope))
    taken = await memory.retract(scope, memo, reason=f"{name} forged it", actor=f"{name} clerk")
    assert taken.retraction
    world.check(taken, world.visible(scope))
    for recipe in RECIPES:
        world.check(await memory.recall(scope, "Port Merrow berth fee", k=100, recipe=recipe), world.visible(scope))
    thing = entity_id(scope, f"{name} Harbour")
    made = Planted(source, own.id, memo, claims[0], claims[1], answers[1].id, taken.retraction.id, thing)
    world.planted.append(made)
    for label in LABELS:  # entities and extracted claims have ids that nobody planted by name
        page = await memory.items(scope, label, limit=1_000)
        world.owner |= {item.id: n for item in page.items if item.scope == scope}


async def _ingest(world: World, n: int, *documents: Document) -> list[str]:
    report = await world.memory.ingest(world.scopes[n], documents)
    assert not report.failures
    world.owner |= dict.fromkeys(report.source_ids, n)
    return report.source_ids


async def _passages(memory: LongTermMemory, scope: Scope) -> list[Passage]:
    page = await memory.items(scope, Node.PASSAGE, limit=1_000)
    return [item for item in page.items if isinstance(item, Passage)]


def _whole(passage: Passage) -> Antecedent:
    return Antecedent(passage.id, passage.text, 0, len(passage.text))


def _answer(scope: Scope, name: str, hours: int, used: tuple[Use, ...]) -> Answer:
    return Answer(
        id="",
        scope=scope,
        text=f"{name} says so [1].",
        run_id=f"run-{name}-{hours}",
        thread_id=f"thread-{name}",
        checkpoint_id=f"checkpoint-{name}",
        question=f"What does {name} charge?",
        recorded_at=datetime.now(UTC) + timedelta(hours=hours),
        used=used,
    )
