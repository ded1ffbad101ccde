"""The guards on what is learned: no copy, no support by itself, no confidence gained on the way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stemma.memory.identifiers import claim_id
from stemma.memory.ingest.claims import READING
from stemma.memory.learning import Antecedent, LearnedClaim, bundle_of
from stemma.memory.linking import Known, linked
from stemma.memory.model import Answer, Claim, Scope

TENANT, ANN = Scope("t"), Scope("t", "ann")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAID = "The master of Port Merrow is Tomas Reyl."


def answer(scope: Scope = TENANT) -> Answer:
    return Answer("a", scope, "…", "run", "thread", "checkpoint", "Who is the master?", NOW)


def claim(scope: Scope = TENANT, text: str = SAID, confidence: float = 1.0) -> Claim:
    return Claim(claim_id(scope, text), scope, text, NOW, confidence=confidence)


def cited(*ids: str, quote: str = SAID) -> tuple[Antecedent, ...]:
    return tuple(Antecedent(item, quote, 0, len(quote)) for item in ids)


def known(*claims: Claim, justifications: dict[str, Sequence[set[str]]] | None = None, trust: float = 1.0) -> Known:
    return Known({item.id: item for item in claims}, justifications or {}, {"p": trust, "q": trust})


def test_a_sentence_that_repeats_what_it_cites_only_asserts_it() -> None:
    recalled = claim()
    said = LearnedClaim("the MASTER of Port Merrow is Tomas Reyl [1]", cited(recalled.id))
    found = linked(answer(), [said], known(recalled))
    assert (found.new, found.asserts) == ([], [recalled.id])
    assert bundle_of(answer(), [], [], found.asserts).answer.asserts == (recalled.id,)


def test_a_wider_claim_that_is_cited_is_asserted_and_not_copied_into_the_narrower_scope() -> None:
    recalled = claim(TENANT)
    found = linked(answer(ANN), [LearnedClaim(SAID, cited(recalled.id, "p"))], known(recalled))
    assert (found.new, found.asserts) == ([], [recalled.id])


def test_other_evidence_becomes_a_justification_without_the_claim_itself() -> None:
    recalled = claim()
    found = linked(answer(), [LearnedClaim(SAID, cited(recalled.id, "p"))], known(recalled))
    assert [[a.antecedent_id for a in item.antecedents] for item in found.new] == [["p"]]
    assert found.asserts == [recalled.id]


def test_other_evidence_that_does_not_bear_it_out_is_no_justification() -> None:
    recalled = claim()
    said = LearnedClaim(SAID, (*cited(recalled.id), *cited("p", quote="The berth fee is 2,400 euros.")))
    assert linked(answer(), [said], known(recalled)).new == []


def test_a_wider_claim_for_the_same_reason_is_not_copied() -> None:
    wide = claim(TENANT)
    found = linked(answer(ANN), [LearnedClaim(SAID, cited("p", "q"))], known(wide, justifications={wide.id: [{"p"}]}))
    assert (found.new, found.asserts) == ([], [wide.id])


def test_a_wider_claim_for_another_reason_stays_apart() -> None:
    wide = claim(TENANT)
    said = LearnedClaim(SAID, cited("p"))
    found = linked(answer(ANN), [said], known(wide, justifications={wide.id: [{"p", "other"}]}))
    assert ([item.text for item in found.new], found.asserts) == ([SAID], [])


@pytest.mark.parametrize(
    "wide", [replace(claim(TENANT), withdrawn=True), replace(claim(TENANT), quarantined=True)], ids=["out", "doubted"]
)
def test_a_statement_taken_back_in_a_wider_scope_is_not_made_anew_below_it(wide: Claim) -> None:
    found = linked(answer(ANN), [LearnedClaim(SAID, cited("p"))], known(wide))
    assert (found.new, found.asserts) == ([], [wide.id])


def test_a_sentence_that_failed_the_check_justifies_nothing_that_is_known() -> None:
    failed = LearnedClaim(SAID.upper(), cited("p"), quarantined=True)
    assert linked(answer(), [failed], known(claim())).new == []
    kept = LearnedClaim(SAID, cited("q"))
    assert [item.quarantined for item in linked(answer(), [kept, failed], known()).new] == [False]
    assert [item.quarantined for item in linked(answer(), [failed], known()).new] == [True]


def test_confidence_only_falls_along_a_chain() -> None:
    first = linked(answer(), [LearnedClaim(SAID, cited("p"), confidence=0.8)], known(trust=0.5)).new[0]
    assert first.confidence == pytest.approx(0.8 * READING * 0.5)
    held = claim(text="Reyl is master.", confidence=first.confidence)
    second = linked(answer(), [LearnedClaim(SAID, cited(held.id, "p"))], known(held)).new[0]
    assert second.confidence == pytest.approx(READING * first.confidence)
    assert linked(answer(), [LearnedClaim(SAID, cited("an answer"))], known()).new[0].confidence <= 0.5


def test_a_justification_that_holds_the_claim_itself_is_not_stored() -> None:
    own = claim_id(TENANT, SAID)
    bundle = bundle_of(answer(), [LearnedClaim(SAID, cited(own, "p"))], [[1.0]])
    assert bundle.derivations == []


def test_a_quote_that_an_earlier_version_holds_is_another_reason() -> None:
    (quote,), (old,) = cited("p"), cited("old")
    found = linked(answer(), [LearnedClaim(SAID, (quote,))], replace(known(), earlier={quote: [old]}))
    assert [item.antecedents for item in found.new] == [(quote,), (old,)]
    assert found.new[0].confidence == found.new[1].confidence
    bundle = bundle_of(answer(), found.new, [[0.0], [0.0]])
    assert len(bundle.claims) == 1
    assert len({row.justification for row in bundle.derivations}) == 2


def test_an_earlier_version_of_one_of_two_passages_supports_nothing_alone() -> None:
    quotes, (old,) = cited("p", "q"), cited("old")
    found = linked(answer(), [LearnedClaim(SAID, quotes)], replace(known(), earlier={quotes[0]: [old]}))
    assert [item.antecedents for item in found.new] == [quotes]
