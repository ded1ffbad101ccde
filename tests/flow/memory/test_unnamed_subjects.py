"""Sentences that leave their subject to the one before them: claims of their own, compared and taken back on their own.

On the fake and on SQLite.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.contradictions.record import lines
from stemma.memory.feedback import Feedback, keep_feedback
from stemma.memory.ingest.entities import entity_id
from stemma.memory.ingest.load import read_documents
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
EXAMPLE = Path(__file__).parents[3] / "examples" / "supply_chain"
DESK = "Its claims desk answers within 10 working days."
FREIGHT = Document("file:/freight.md", "Notes", f"Corvane Freight runs trucks to Brenholt. {DESK}")
LINE = Document("file:/line.md", "Notes", f"Harrow Line sails to Port Merrow. {DESK}")
FEE = "The berth fee is 2,400 euros a day."
MERROW = Document("file:/merrow.md", "Port Merrow", f"Ships of all kinds moor here. {FEE}")
CALDER = Document("file:/calder.md", "Port Calder", f"Ships of all kinds moor here. {FEE}")


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as opened:
        yield opened


async def saying(memory: LongTermMemory, text: str) -> dict[str, Claim]:
    """The claims in these words, by what they are about."""
    page = await memory.items(SCOPE, Node.CLAIM, limit=100)
    found = [item for item in page.items if isinstance(item, Claim) and item.text == text]
    named = {item.subject: item for item in found}
    assert len(named) == len(found)
    return named


async def answered(memory: LongTermMemory, run: str, text: str, document: Document) -> Answer:
    """An answer that quotes this sentence from the document."""
    hits = await memory.recall(SCOPE, text, k=9, recipe="lexical")
    [passage] = [hit.id for hit in hits if hit.uri == document.uri and hit.kind is Node.PASSAGE]
    start = document.text.index(text)
    said = LearnedClaim(text, (Antecedent(passage, text, start, start + len(text)),))
    answer = Answer("", SCOPE, text, run, "thread", f"checkpoint-{run}", "How fast?", datetime.now(UTC))
    return await memory.learn(SCOPE, answer, [said])


async def test_equal_words_about_two_things_are_two_claims(memory: LongTermMemory) -> None:
    report = await memory.ingest(SCOPE, [FREIGHT, LINE])
    assert (report.claims, report.contradictions) == (4, 0)
    found = await saying(memory, DESK)
    freight, line = found["Corvane Freight's claims desk"], found["Harrow Line's claims desk"]
    assert (freight.predicate, freight.object) == ("answers", "within 10 working days")
    about = await memory.graph.claims_about(SCOPE, [entity_id(SCOPE, "Harrow Line")], 9)
    assert line.id in {claim.id for claim in about[entity_id(SCOPE, "Harrow Line")]}
    assert freight.id not in {claim.id for claim in about[entity_id(SCOPE, "Harrow Line")]}
    await memory.retract(SCOPE, report.source_ids[0], reason="false", actor="ann")
    assert [claim.supported for claim in await memory.graph.claims(SCOPE, [freight.id])] == [False]
    assert [claim.supported for claim in await memory.graph.claims(SCOPE, [line.id])] == [True]


async def test_an_answer_that_quotes_one_states_the_claim_of_that_thing(memory: LongTermMemory) -> None:
    report = await memory.ingest(SCOPE, [FREIGHT, LINE])
    found = await saying(memory, DESK)
    first = await answered(memory, "run-1", DESK, FREIGHT)
    second = await answered(memory, "run-2", DESK, LINE)
    assert first.asserts == (found["Corvane Freight's claims desk"].id,)
    assert second.asserts == (found["Harrow Line's claims desk"].id,)
    await memory.retract(SCOPE, report.source_ids[0], reason="false", actor="ann")
    tainted = (await memory.tainted(SCOPE)).items
    assert [answer.run_id for answer in tainted if isinstance(answer, Answer)] == ["run-1"]


async def test_where_nobody_can_tell_the_title_keeps_two_statements_apart(memory: LongTermMemory) -> None:
    report = await memory.ingest(SCOPE, [MERROW, CALDER])
    assert report.claims == 0
    merrow = await answered(memory, "run-1", FEE, MERROW)
    again = await answered(memory, "run-2", FEE, MERROW)
    calder = await answered(memory, "run-3", FEE, CALDER)
    assert merrow.asserts == again.asserts != calder.asserts


async def test_the_false_memo_of_the_example_is_noticed(memory: LongTermMemory) -> None:
    assert (await memory.ingest(SCOPE, read_documents(str(EXAMPLE / "documents")))).contradictions == 0
    assert (await memory.contradictions.sweep(SCOPE)).found == 0
    assert (await memory.ingest(SCOPE, read_documents(str(EXAMPLE / "false-memo.md")))).contradictions == 1
    [weighed], _ = await memory.contradictions.page(SCOPE)
    assert (weighed.conflict.slot, weighed.conflict.ours, weighed.conflict.theirs) == ("number", "45", "10")
    assert (weighed.other.text, weighed.other.subject) == (DESK, "Corvane Freight's claims desk")
    assert any(f'"{DESK}", about Corvane Freight' in line for line in lines(weighed))


async def test_the_same_words_about_two_things_exclude_nothing_and_are_no_duplicates(memory: LongTermMemory) -> None:
    other = Document(LINE.uri, LINE.title, LINE.text.replace("10", "45"))
    assert (await memory.ingest(SCOPE, [FREIGHT, other])).contradictions == 0
    assert (await memory.ingest(SCOPE, [Document("file:/c.md", "C", LINE.text)])).contradictions == 1
    assert (await Consolidator(memory.graph).run(SCOPE, actor="ann")).duplicates == []


async def test_a_correction_that_names_nothing_is_about_what_was_asked(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [FREIGHT])
    said = Feedback("run", "thread", "ann", correction="It answers within 12 working days.")
    await keep_feedback(memory, SCOPE, said, question="How fast does Corvane Freight answer?")
    assert list(await saying(memory, said.correction)) == ["Corvane Freight"]
