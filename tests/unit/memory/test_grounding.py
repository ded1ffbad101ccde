"""The verdict on a sentence: what stands in the evidence passes, a changed number, name or negation does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.grounding.check import THRESHOLD, check
from stemma.memory.grounding.comparison import compare
from stemma.memory.text import sentences

NAMES = ["Kestrel Microsystems", "Tessaly Foundry", "Port Calder", "Ingrid Solheim", "HM-40"]
VERBS = ["delivered", "inspected", "rejected", "stored", "repaired"]
THINGS = ["castings", "controllers", "shaft seals", "containers", "pumps"]
FACTS = st.builds(
    "On {0} {1} 2025 the agents of {2} {3} {4} {5} in the warehouse.".format,
    st.integers(1, 28),
    st.sampled_from(["March", "May", "October"]),
    st.sampled_from(NAMES),
    st.sampled_from(VERBS),
    st.integers(100, 5000),
    st.sampled_from(THINGS),
)
EVIDENCE = st.lists(FACTS, min_size=1, max_size=5)


@given(st.lists(st.text(), max_size=4), st.text())
def test_every_sentence_of_the_evidence_is_supported(evidence: list[str], question: str) -> None:
    for text in evidence:
        for sentence in sentences(text):
            verdict = check(sentence.text, evidence, question=question)
            assert verdict.supported
            assert (verdict.score, verdict.reasons, verdict.unsupported) == (1.0, (), 0)


@given(EVIDENCE, st.integers(6000, 9000))
def test_a_changed_number_is_not_supported(evidence: list[str], number: int) -> None:
    words = evidence[0].split()
    changed = " ".join(str(number) if word.isdigit() and index > 4 else word for index, word in enumerate(words))
    verdict = check(changed, evidence)
    assert not verdict.supported
    assert any(str(number) in reason for reason in verdict.reasons)


@given(EVIDENCE, st.sampled_from(["Norrland Seals", "Jonas Adeyemi", "NS-12"]))
def test_a_changed_name_is_not_supported(evidence: list[str], other: str) -> None:
    changed = evidence[0]
    for name in NAMES:
        changed = changed.replace(name, other)
    verdict = check(changed, evidence)
    assert not verdict.supported
    assert f"the name {other} is not in the evidence" in verdict.reasons


@given(EVIDENCE)
def test_a_changed_negation_is_not_supported(evidence: list[str]) -> None:
    negated = [fact.replace(" in the warehouse", " but not in the warehouse") for fact in evidence]
    for stated, known in ((negated[0], evidence), (evidence[0], negated)):
        verdict = check(stated, known)
        assert not verdict.supported
        assert "the evidence says it with the opposite negation" in verdict.reasons


@given(st.text(), st.lists(st.text(), max_size=3), st.text(), st.text())
def test_more_evidence_never_lowers_coverage(sentence: str, evidence: list[str], more: str, question: str) -> None:
    before, after = (compare(sentence, known, question=question) for known in (evidence, [*evidence, more]))
    assert after.coverage >= before.coverage
    assert set(after.quantities) <= set(before.quantities)
    assert set(after.names) <= set(before.names)
    assert after.verbatim >= before.verbatim


@given(st.text(), st.lists(st.text(), max_size=3), st.text())
def test_score_is_a_fraction_that_decides(sentence: str, evidence: list[str], question: str) -> None:
    verdict = check(sentence, evidence, question=question)
    assert 0.0 <= verdict.score <= 1.0
    assert verdict.supported == (verdict.score >= THRESHOLD)
    assert bool(verdict.reasons) == (verdict.score < 1.0)


@pytest.mark.parametrize(
    ("sentence", "evidence", "supported"),
    [
        ("Port Merrow is closed.", "Port Merrow is closed on Sundays.", True),
        ("port merrow IS closed [1].", "Port  Merrow is\nclosed.", True),
        ("The crane broke in 2024.", "On 3 May 2024 the crane broke.", True),
        ("Five percent of the cranes broke.", "5 % of the cranes broke.", True),
        ("The contract takes 112 days.", "The contract takes 112 weeks.", False),
        ("The port is open.", "No port is open.", False),
        ("The port isn't open.", "The port is open.", False),
        ("Bananas ripen quickly.", "The port is open.", False),
        ("Bananas.", "The port is open.", False),
        ("According to the passage, the port is open.", "The port is open.", True),
    ],
)
def test_verdicts(sentence: str, evidence: str, supported: bool) -> None:
    assert check(sentence, [evidence]).supported is supported


def test_what_the_question_says_counts_as_known_but_without_evidence_nothing_is_verbatim() -> None:
    assert check("The harbour master is Tomas Reyl.", ["Tomas Reyl."], question="Who is the harbour master?").supported
    assert not check("Tomas Reyl retired.", []).supported


def test_support_may_come_from_several_texts() -> None:
    evidence = ["Port Merrow has 3 cranes.", "Its harbour master is Tomas Reyl."]
    assert check("Tomas Reyl is harbour master of Port Merrow, which has three cranes.", evidence).supported
    assert not check("Tomas Reyl is harbour master of Port Merrow, which has four cranes.", evidence).supported
