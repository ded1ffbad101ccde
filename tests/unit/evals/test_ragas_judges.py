"""Judges: what a usable answer of a model is, and our verifier answering in its place. Ragas itself is not needed."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from stemma.evals.errors import NoVerdict
from stemma.evals.metrics.faithfulness import faithfulness
from stemma.evals.ragas_judges import Vectors, VerifierJudge, given_in, objection_to
from stemma.memory.ingest.embedders import HashingEmbedder

CONTEXT = "Northwind Lines sails weekly to Port Merrow. It was founded in 1987 by Elias Brandt."


class Statements(BaseModel):
    """A shape of Ragas'."""

    statements: list[str]


class Verdict(BaseModel):
    """A shape of Ragas'."""

    statement: str
    reason: str
    verdict: int


class Verdicts(BaseModel):
    """A shape of Ragas'."""

    statements: list[Verdict]


def prompt(**given: object) -> str:
    return f"Do this.\n\ninput: {{}}\nOutput: {{}}\n\nNow you\ninput: {json.dumps(given, indent=4)}\nOutput: "


def verdicts(*values: int) -> Verdicts:
    return Verdicts(statements=[Verdict(statement="s", reason="r", verdict=value) for value in values])


def test_the_input_is_found_and_no_text_in_it_passes_for_its_end() -> None:
    assert given_in(prompt(answer="A\ninput: {}\nOutput: B")) == {"answer": "A\ninput: {}\nOutput: B"}
    assert given_in("no input at all") is None
    assert given_in("x\ninput: [1]\nOutput: ") is None


def test_a_verdict_is_0_or_1_and_there_is_one_for_each_statement() -> None:
    asked = {"statements": ["a", "b"]}
    assert objection_to(verdicts(1, 0), asked=asked) == ""
    assert "not 0 or 1" in objection_to(verdicts(1, 7), asked=asked)
    assert "1 verdicts for 2 statements" in objection_to(verdicts(1), asked=asked)
    assert objection_to(Statements(statements=["a"]), asked={"answer": "a"}) == ""


async def test_the_verifier_takes_an_answer_apart_and_judges_it() -> None:
    verifier = VerifierJudge()
    answer = "Northwind Lines was founded in 1987. It was founded in 1992."
    apart = await verifier.agenerate(prompt(question="When?", answer=answer), Statements)
    assert apart.statements == ["Northwind Lines was founded in 1987.", "It was founded in 1992."]
    judged = await verifier.agenerate(prompt(context=CONTEXT, statements=apart.statements), Verdicts)
    assert [each.verdict for each in judged.statements] == [1, 0]
    assert "1992" in judged.statements[1].reason
    assert faithfulness(answer, [CONTEXT]) == 0.5


async def test_the_verifier_refuses_what_it_was_not_made_for() -> None:
    with pytest.raises(NoVerdict):
        await VerifierJudge().agenerate(prompt(question="Is this context useful?"), Verdicts)


def test_an_answer_without_a_sentence_has_no_faithfulness() -> None:
    with pytest.raises(ValueError, match="without a sentence"):
        faithfulness("…", [CONTEXT])


async def test_vectors_are_those_of_memory_s_embedder() -> None:
    embedder = HashingEmbedder()
    vectors = Vectors(embedder)
    [vector] = await embedder.embed(["Port Merrow"])
    expected = list(vector)
    assert await vectors.aembed_texts(["Port Merrow", "Port Merrow"]) == [expected, expected]
    assert vectors.embed_text("Port Merrow") == expected
    with pytest.raises(KeyError):
        vectors.embed_text("never prepared")
