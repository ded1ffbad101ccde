"""What ingestion writes besides passages: claims with their evidence, and what a person says; fake and SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.memory.errors import InvalidSetting, UnreadableDocument
from stemma.memory.identifiers import claim_id
from stemma.memory.ingest.claims import READING
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ingest.ports import Excerpt, Extraction, Statement
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Entity, Node, Scope, SourceKind
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
MASTER = "The harbour master of Port Merrow is Tomas Reyl."
PORT = Document("file:/port.md", "Port Merrow", f"Port Merrow lies on the coast of Ostra. {MASTER} It closes at night.")
NEWS = Document("file:/news.md", "News", f"Cranes were replaced. {MASTER}")


@pytest.fixture(params=["fake", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"


@pytest.fixture
async def memory(url: str) -> AsyncIterator[LongTermMemory]:
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as opened:
        yield opened


async def claims(memory: LongTermMemory, scope: Scope = SCOPE) -> dict[str, Claim]:
    page = await memory.items(scope, Node.CLAIM, limit=100)
    return {item.text: item for item in page.items if isinstance(item, Claim)}


def answer(run: str = "run-1", scope: Scope = SCOPE) -> Answer:
    return Answer("", scope, MASTER, run, "t", "c", "Who is the master?", datetime.now(UTC))


async def test_statements_become_claims_with_quote_and_span(memory: LongTermMemory) -> None:
    report = await memory.ingest(SCOPE, [PORT])
    assert report.claims == 2
    found = await claims(memory)
    assert set(found) == {"Port Merrow lies on the coast of Ostra.", MASTER}
    master = found[MASTER]
    assert (master.subject, master.predicate, master.object) == (
        "The harbour master of Port Merrow",
        "is",
        "Tomas Reyl",
    )
    assert master.confidence == pytest.approx(READING)
    assert (master.searched, master.recallable, master.supported) == (False, True, True)
    (row,) = await memory.graph.derivations(SCOPE, [master.id])
    (passage,) = await memory.graph.passages(SCOPE, [row.antecedent_id])
    assert passage.text[row.start : row.end] == row.quote == MASTER
    assert row.extractor == "rule:statements"


async def test_extracted_claims_are_not_searched_beside_their_passage(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    for recipe in ("lexical", "dense", "hybrid"):
        hits = await memory.recall(SCOPE, "Who is the harbour master?", k=10, recipe=recipe)
        assert [hit.kind for hit in hits] == [Node.PASSAGE], recipe


async def test_one_statement_in_two_documents_is_one_claim_with_two_reasons(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    report = await memory.ingest(SCOPE, [NEWS])
    master = (await claims(memory))[MASTER]
    rows = await memory.graph.derivations(SCOPE, [master.id])
    assert len({row.justification for row in rows}) == len({row.antecedent_id for row in rows}) == 2
    await memory.retract(SCOPE, report.source_ids[0], reason="wrong", actor="ann")
    assert (await claims(memory))[MASTER].supported
    assert report.claims == 1


async def test_ingesting_again_changes_nothing(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    before = await memory.statistics(SCOPE)
    await memory.ingest(SCOPE, [PORT])
    assert await memory.statistics(SCOPE) == before


async def test_a_claim_that_an_answer_made_gains_the_document_as_a_reason(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [replace(PORT, text="Tomas Reyl runs the port, says the sign at the Port Merrow gate.")])
    passage = (await memory.recall(SCOPE, "port", k=1))[0].id
    await memory.learn(SCOPE, answer(), [LearnedClaim(MASTER, [Antecedent(passage, "Tomas Reyl", 0, 10)], 0.4)])
    before = (await claims(memory))[MASTER]
    await memory.ingest(SCOPE, [NEWS])
    after = (await claims(memory))[MASTER]
    assert after == before
    rows = await memory.graph.derivations(SCOPE, [after.id])
    assert {row.run_id for row in rows} == {"run-1", ""}


async def test_what_a_user_is_told_from_a_shared_document_is_not_copied_for_them(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [PORT])
    ann = Scope("acme", "ann")
    passage = (await memory.recall(ann, "harbour master", k=1))[0].id
    start = PORT.text.index(MASTER)
    said = LearnedClaim(MASTER, [Antecedent(passage, MASTER, start, start + len(MASTER))])
    stored = await memory.learn(ann, answer(scope=ann), [said])
    assert stored.asserts == (claim_id(SCOPE, MASTER),)
    assert [text for text in await claims(memory, ann) if text == MASTER] == [MASTER]
    assert (await memory.items(ann, Node.CLAIM)).total == 2


async def test_trust_in_a_source_bounds_what_is_believed_of_it(memory: LongTermMemory) -> None:
    source = await memory.remember(SCOPE, MASTER + " We met Port Merrow.", by="Ann", trust=0.5)
    assert (source.kind, source.trust, source.metadata["by"]) == (SourceKind.PERSON, 0.5, "Ann")
    assert source.uri.startswith("person:Ann/")
    assert (await claims(memory))[MASTER].confidence == pytest.approx(READING * 0.5)


async def test_the_same_words_of_the_same_person_are_one_source(memory: LongTermMemory) -> None:
    first = await memory.remember(SCOPE, MASTER, by="Ann")
    before = await memory.statistics(SCOPE)
    assert await memory.remember(SCOPE, MASTER, by="Ann") == first
    assert await memory.statistics(SCOPE) == before
    others = [
        await memory.remember(SCOPE, MASTER, by="Ben"),
        await memory.remember(SCOPE, MASTER, by="Ann", kind=SourceKind.TOOL),
        await memory.remember(Scope("acme", "ann"), MASTER, by="Ann"),
    ]
    assert len({first.id, *(source.id for source in others)}) == 4
    hits = await memory.recall(SCOPE, "harbour master", k=5)
    assert {hit.uri for hit in hits} == {first.uri, others[0].uri, others[1].uri}


async def test_what_is_taken_back_stays_so_when_it_is_said_again(memory: LongTermMemory) -> None:
    source = await memory.remember(SCOPE, MASTER, by="Ann")
    await memory.retract(SCOPE, source.id, reason="a mistake", actor="Ann")
    assert not (await memory.remember(SCOPE, MASTER, by="Ann")).supported
    assert await memory.recall(SCOPE, "harbour master") == []


@pytest.mark.parametrize(("text", "by", "trust"), [(" \n", "Ann", 1.0), (MASTER, " ", 1.0), (MASTER, "Ann", 1.5)])
async def test_what_cannot_be_remembered_changes_nothing(
    memory: LongTermMemory, text: str, by: str, trust: float
) -> None:
    with pytest.raises((UnreadableDocument, ValueError)):
        await memory.remember(SCOPE, text, by=by, trust=trust)
    assert (await memory.statistics(SCOPE)).by_node[Node.SOURCE] == 0


class Liar:
    """An extractor whose quotes are not all there, and which fails on one passage."""

    name = "test:liar"

    async def extract(self, excerpts: Sequence[Excerpt]) -> list[Extraction]:
        made = [
            Statement("Tomas Reyl is the harbour master of Port Merrow.", MASTER, 0),
            Statement("The harbour master is Ada Quill.", "The harbour master is Ada Quill."),
            Statement("Ada Quill owns 7 ships.", MASTER),
        ]
        return [
            Extraction(made, dropped=1) if MASTER in excerpt.text else Extraction(failure="it hung")
            for excerpt in excerpts
        ]


async def test_an_extractor_is_not_believed(url: str) -> None:
    settings = MemorySettings(embedder="hashing")
    async with await open_memory(settings, url=url, embedder=HashingEmbedder(), extractor=Liar()) as memory:
        report = await memory.ingest(SCOPE, [PORT, Document("file:/empty.md", "Empty", "Nothing to see.")])
        assert (report.added, report.claims, report.claims_dropped) == (2, 1, 3)
        assert report.unextracted == [("file:/empty.md", "it hung")]
        (claim,) = (await claims(memory)).values()
        (row,) = await memory.graph.derivations(SCOPE, [claim.id])
        assert (claim.text, row.quote) == ("Tomas Reyl is the harbour master of Port Merrow.", MASTER)
        assert PORT.text[row.start : row.end] == MASTER


async def test_extraction_can_be_switched_off_and_a_wrong_name_is_refused(url: str) -> None:
    async with await open_memory(MemorySettings(embedder="hashing", extract="off"), url=url) as memory:
        assert (await memory.ingest(SCOPE, [PORT])).claims == 0
    with pytest.raises(InvalidSetting, match="MEMORY_EXTRACT"):
        await open_memory(MemorySettings(embedder="hashing", extract="magic"), url="memory:")


# --- entities --------------------------------------------------------------------------------------------------------

HEALTH = Document("file:/who.md", "Health", "The World Health Organization (WHO) has its seat in Geneva.")
LATER = Document("file:/later.md", "Later", "In May the WHO sent masks to Acme Corp. Acme Corporation paid for them.")


async def entities(memory: LongTermMemory, scope: Scope) -> dict[str, Entity]:
    page = await memory.items(scope, Node.ENTITY, limit=100)
    return {item.name: item for item in page.items if isinstance(item, Entity)}


async def mentioning(memory: LongTermMemory, scope: Scope, name: str) -> set[str]:
    """The titles of the passages that mention an entity of this name."""
    changed = await memory.graph.changed_items(scope, 0, 100)
    return {item.title for item in changed for mention in item.mentions if mention.name == name}


async def test_an_alias_of_one_document_is_understood_in_the_next(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [HEALTH])
    await memory.ingest(SCOPE, [LATER])
    known = await entities(memory, SCOPE)
    assert known["World Health Organization"].aliases == ("WHO",)
    assert known["Acme Corporation"].aliases == ("Acme Corp",)
    assert not {"WHO", "Acme Corp"} & known.keys()
    assert await mentioning(memory, SCOPE, "World Health Organization") == {"Health", "Later"}
    before = await memory.statistics(SCOPE)
    await memory.ingest(SCOPE, [HEALTH, LATER])
    assert await memory.statistics(SCOPE) == before


async def test_an_alias_learned_in_private_stays_private(memory: LongTermMemory) -> None:
    ann, ben = Scope("acme", "ann"), Scope("acme", "ben")
    await memory.ingest(ann, [HEALTH])
    for scope in (SCOPE, ben, Scope("other")):
        await memory.ingest(scope, [LATER])
        assert "World Health Organization" not in await entities(memory, scope)
    await memory.ingest(ann, [LATER])
    assert await mentioning(memory, ann, "World Health Organization") == {"Health", "Later"}
    assert ann not in {entity.scope for entity in (await entities(memory, ben)).values()}


async def test_a_document_that_declares_its_own_alias_is_believed_first(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, [HEALTH])
    own = "The Western Harbour Office (WHO) opens at nine. Then the WHO closes."
    await memory.ingest(SCOPE, [Document("file:/own.md", "Own", own)])
    await memory.ingest(SCOPE, [LATER])  # two names claim it now: it is nobody's
    assert await mentioning(memory, SCOPE, "Western Harbour Office") == {"Own"}
    assert await mentioning(memory, SCOPE, "World Health Organization") == {"Health"}


async def test_a_slip_of_the_pen_is_the_name_it_means_where_the_vectors_agree(memory: LongTermMemory) -> None:
    text = "We saw Port Merrow. They left Port Merrow. She likes Port Merrow. He came to Port Merow."
    await memory.ingest(SCOPE, [Document("file:/slip.md", "Slip", text)])
    assert {"Port Merrow", "Port Merow"} <= set(await entities(memory, SCOPE))  # hashing sees no likeness
    agreeing = LongTermMemory(memory.graph, Agreeing())
    await agreeing.ingest(Scope("other"), [Document("file:/slip.md", "Slip", text)])
    found = await entities(memory, Scope("other"))
    assert {name: entity.aliases for name, entity in found.items()} == {"Port Merrow": ("Port Merow",)}


class Agreeing(HashingEmbedder):
    """To it, names that differ by one letter are the same."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return await super().embed([text.replace("Merow", "Merrow") for text in texts])
