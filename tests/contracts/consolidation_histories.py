"""Random histories with consolidation in them, beside the same histories without: no flag ever differs, what says the
same is shown exactly once, and with all runs undone nothing differs at all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.lineage.model import Retraction
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import Claim, Passage, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import START, answer_bundle, decision, make_claim, new_scope, put, source_bundle
from tests.contracts.memory_standing import all_items, changes, snapshot

SEEDS = range(3)
STEPS = 16
_TEXTS = ("ground one", "Ground  one", "ground two is 1,200", "ground two is 1,300")
_CLAIMS = ("claim of 1,200 tons", "The claim of 1200 tons", "claim of 1,300 tons")


@dataclass
class History:
    """What has happened so far, to the store under test and to a plain one that is never consolidated."""

    graph: MemoryGraph
    plain: MemoryGraph
    scope: Scope
    chance: Random
    sources: list[str] = field(default_factory=list)
    passages: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    held: list[Retraction] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    moment: int = 0

    async def add(self) -> None:
        """A new source, or the next version of one."""
        uri = f"u:{self.chance.randrange(6)}"
        before = (await self.plain.current_sources(self.scope, [uri])).get(uri)
        text, version = self.chance.choice(_TEXTS), before.version + 1 if before else 1
        bundle = source_bundle(self.scope, uri, [text], version=version, replaces=before.id if before else None)
        trusted = replace(bundle.source, trust=self.chance.choice((0.5, 0.9)))
        for store in (self.graph, self.plain):
            await put(store, replace(bundle, source=trusted))
        self.sources.append(trusted.id)
        self.passages.append(bundle.passages[0].id)

    async def learn(self) -> None:
        """A claim on one or two passages, stated by an answer."""
        claim = make_claim(self.scope, self.chance.choice(_CLAIMS))
        grounds = self.chance.sample(self.passages, min(len(self.passages), self.chance.randint(1, 2)))
        bundle = answer_bundle(self.scope, f"answer {self.moment}", [claim], grounds)
        for store in (self.graph, self.plain):
            assert await store.put_answer(bundle)
        if claim.id not in self.claims:
            self.claims.append(claim.id)

    async def take(self) -> None:
        """Take back a source or claim that is not held."""
        free = [one for one in (*self.sources, *self.claims) if one not in {held.withdraws for held in self.held}]
        if free:
            asked = decision(self.scope, self.chance.choice(free), at=self.moment)
            effect, other = [await store.take_back(self.scope, asked) for store in (self.graph, self.plain)]
            assert (changes(effect), effect.retraction) == (changes(other), other.retraction)
            assert effect.retraction
            self.held.append(effect.retraction)

    async def give(self) -> None:
        """Lift a decision."""
        if self.held:
            lifted = self.held.pop(self.chance.randrange(len(self.held)))
            for store in (self.graph, self.plain):
                await store.give_back(self.scope, lifted.id, actor="bob", at=START)

    async def consolidate(self) -> None:
        """A run, after which everything that is current is shown exactly once."""
        report = await Consolidator(self.graph).run(
            self.scope, actor="ann", now=START + timedelta(days=2, minutes=self.moment)
        )
        if report.duplicates:
            self.runs.append(report.run.id)
        await self.is_shown_once()

    async def undo(self) -> None:
        """Undo a run, whichever."""
        if self.runs:
            run = self.runs.pop(self.chance.randrange(len(self.runs)))
            await self.graph.undo_consolidation(self.scope, run, actor="bob", at=START)

    async def is_shown_once(self) -> None:
        items, words, near = await snapshot(self.graph, self.scope)
        assert words == near
        current: defaultdict[str, set[str]] = defaultdict(set)
        for item in items.values():
            if isinstance(item, Passage | Claim) and item.recallable:
                said = item.text.casefold().replace("the ", "").replace(",", "").split()
                current[" ".join(said)].add(item.id)
        for text, group in current.items():
            assert len(group & words) == 1, text
        assert words <= {one for group in current.values() for one in group}


async def check_histories_with_consolidation(graph: MemoryGraph) -> None:
    for seed in SEEDS:
        history = History(graph, InMemoryGraph(), new_scope(), Random(seed))
        for moment in range(STEPS):
            history.moment = moment + 1
            steps = [history.add, history.learn, history.take, history.give, history.consolidate, history.undo]
            step = history.chance.choices(steps, (4, 3, 3, 2, 3, 1))[0]
            await (step if history.passages else history.add)()
            assert await all_items(graph, history.scope) == await all_items(history.plain, history.scope), seed
        await history.consolidate()
        while history.runs:
            await history.undo()
        assert await snapshot(graph, history.scope) == await snapshot(history.plain, history.scope), seed
