"""Generated questions: on a made corpus, every answer and every gold document is right, and nothing else is asked."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemma.evals.commands import eval_app
from stemma.evals.corpus import read_corpus
from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDataset, InvalidResults, NothingToScore
from stemma.evals.generator.facts import Fact, facts_of
from stemma.evals.generator.questions import KINDS, Question, questions_of
from stemma.evals.generator.stock import stock_of
from stemma.evals.generator.writing import Recipe, generate
from stemma.memory.model import Document

PLACES = ("Veldmark", "Hallin", "Lowmoor", "Ostra", "Saltrey", "Bergen")
FIRST, LAST = ("Mira", "Tomas", "Ingrid", "Jon", "Ada", "Karl"), ("Reyl", "Holt", "Solheim", "Brandt", "Quist", "Voss")


def document(number: int, title: str, text: str) -> Document:
    return Document(f"d{number}", title, text, whole=True, metadata={"id": f"set/d{number}"})


class Ports:
    """Ports with harbour masters, who were born somewhere, and suppliers with lead times; all names differ."""

    def __init__(self, seed: int) -> None:
        drawn = random.Random(seed)
        people = [f"{first} {last}" for first, last in zip(FIRST, drawn.sample(LAST, len(LAST)), strict=True)]
        self.masters = {f"Port {place}": person for place, person in zip(PLACES, people, strict=True)}
        self.born = {person: (drawn.choice(PLACES), drawn.randrange(1940, 1990)) for person in people}
        self.days = {f"{name} Works": drawn.randrange(5, 90) for name in LAST}
        texts = [(port, f"The harbour master of {port} is {person}.") for port, person in self.masters.items()]
        texts += [(each, f"{each} was born in {place} in {year}.") for each, (place, year) in self.born.items()]
        texts += [(each, f"{each} makes seals. Its lead time is {days} days.") for each, days in self.days.items()]
        self.documents = [document(number, *text) for number, text in enumerate(texts)]
        self.holder = {each.title: each.metadata["id"] for each in self.documents}

    def check(self, question: Question) -> None:
        """Work the answer out from the tables, not from the texts."""
        answer, gold = getattr(self, question.kind)(question.text)
        assert answer in question.answers
        assert set(question.gold) == {self.holder[name] for name in gold}

    def bridge(self, text: str) -> tuple[str, list[str]]:
        port = next(port for port in self.masters if port in text)
        place, year = self.born[self.masters[port]]
        return (place if text.startswith("Where") else str(year)), [port, self.masters[port]]

    def comparison(self, text: str) -> tuple[str, list[str]]:
        if match := re.search(r"Which has the (greater|smaller) lead time: (.*) or (.*)\?", text):
            chosen = (max if match[1] == "greater" else min)(match[2], match[3], key=self.days.__getitem__)
            return chosen, [match[2], match[3]]
        if match := re.search(r"Do (.*) and (.*) have the same harbour master", text):
            return "no", [match[1], match[2]]
        match = re.search(r"Were (.*) and (.*) born in the same place", text)
        assert match
        alike = self.born[match[1]][0] == self.born[match[2]][0]
        return ("yes" if alike else "no"), [match[1], match[2]]

    def temporal(self, text: str) -> tuple[str, list[str]]:
        match = re.search(r"Who was born (first|last): (.*) or (.*)\?", text)
        assert match
        chosen = (min if match[1] == "first" else max)(match[2], match[3], key=lambda person: self.born[person][1])
        return chosen, [match[2], match[3]]


@pytest.mark.parametrize("seed", range(8))
def test_every_answer_and_gold_is_right(seed: int) -> None:
    world = Ports(seed)
    found = questions_of(stock_of(world.documents), ["bridge", "comparison", "temporal"], 500, seed)
    assert {question.kind for question in found} == {"bridge", "comparison", "temporal"}
    assert sum(question.kind == "bridge" for question in found) >= 10  # "Port Ostra" would give "in Ostra" away
    for question in found:
        world.check(question)


def test_what_nobody_wrote_is_unanswerable_and_nothing_else_is() -> None:
    world = Ports(1)
    dropped, *rest = [each for each in world.documents if "lead time" in each.text]
    silent = document(90, dropped.title, f"{dropped.title} makes seals. {dropped.title} was founded in 1950.")
    hinted = document(91, "Quay Works", "Quay Works was founded in 1960. What it makes arrives in 12 days.")
    others = [each for each in world.documents if "lead time" not in each.text]
    founded = document(92, rest[0].title, f"{rest[0].title} was founded in 1970. Its lead time is 9 days.")
    found = questions_of(stock_of([*others, *rest[1:], silent, hinted, founded]), ["unanswerable"], 500, 1)
    asked = {question.text for question in found}
    assert f"What is the lead time of {dropped.title}?" in asked
    assert not any("Quay Works" in text and "lead time" in text for text in asked)
    for question in found:
        assert (question.answers, question.gold) == ((), ())
        subject = question.text.removesuffix("?")
        assert not any(subject.endswith(f" lead time of {name.title}") for name in (*rest[1:], founded))


def test_documents_that_disagree_are_contradicted_and_asked_nothing_else() -> None:
    world = Ports(2)
    port, person = next(iter(world.masters.items()))
    world.documents.append(document(80, "A memo", f"The harbour master of {port} is Otto Krell."))
    stock = stock_of(world.documents)
    (question,) = questions_of(stock, ["contradicted"], 10, 1)
    assert question.text == f"Who is the harbour master of {port}?"
    assert set(question.answers) == {person, "Otto Krell"}
    assert set(question.gold) == {world.holder[port], "set/d80"}
    assert not any(port in each.text for each in questions_of(stock, ["bridge", "comparison"], 500, 1))


def test_what_is_said_otherwise_in_any_form_is_asked_nothing() -> None:
    world = Ports(4)
    name = next(iter(world.days))
    memo = f"They told us by telephone that the lead time of {name} will be 112 days."
    found = questions_of(stock_of([*world.documents, document(81, "A memo", memo)]), list(KINDS), 500, 1)
    assert any(question.kind == "comparison" for question in found)
    assert not any(name in question.text and "lead time" in question.text for question in found)


@pytest.mark.parametrize(
    "text",
    [
        "The lead time of Reyl Works is about 35 days.",
        "The lead time of Reyl Works is at least 35 days.",
        "The lead time of Reyl Works is not 35 days.",
        "The lead time of Reyl Works is 35 days for orders above 100 pieces, and 20 days otherwise.",
        "The lead time of Reyl Works is 35 days or 20 days.",
        "The former director of Reyl Works is Mira Holt.",
        "The directors of Reyl Works are Mira Holt and Jon Voss.",
        "The director of Reyl Works is Mira Holt's brother.",
        "The director of Reyl Works is Mira Holt or Jon Voss.",
        "If the director of Reyl Works is Mira Holt, call her.",
        "Is the director of Reyl Works Mira Holt?",
        "Mira Holt is a member of Reyl Works.",
        "Mira Holt was the director of Reyl Works and of Voss Works.",
        "Boston, the capital of Massachusetts, is New England's largest city.",
        "Reyl Works is a firm in a town founded in 1804.",
        "Reyl Works was founded around 1804.",
        "Heart was directed by Mira Holt and Jon Voss.",
        "Its lead time is 35 days.",
        "The lead time is 35 days.",
    ],
)
def test_what_is_qualified_or_of_another_form_states_nothing(text: str) -> None:
    assert facts_of([document(1, "what else there is", text)]) == []


@pytest.mark.parametrize(
    ("title", "text", "owner", "value"),
    [
        ("", "The lead time of the KM-7 is 84 days because the plant is small.", "the KM-7", "84 days"),
        ("", "Reyl Works's director is Mira Holt.", "Reyl Works", "Mira Holt"),
        ("", "Mira Holt is the director of Reyl Works, and likes it.", "Reyl Works", "Mira Holt"),
        ("Reyl Works", "Reyl Works makes seals. Its price is 38 euros.", "Reyl Works", "38 euros"),
        ("Mira Holt", "Mira Anna Holt (born 3 May 1970) is a captain.", "Mira Holt", "3 May 1970"),
        ("Heart (film)", "Heart is a 1987 film directed by Mira Holt.", "Heart (film)", "Mira Holt"),
        ("Reyl Works: prices", "The contact is Mira Holt.", "Reyl Works", "Mira Holt"),
        ("Reyl Works", "- **Lead time**: 35 days", "Reyl Works", "35 days"),
        ("Aster", "The Aster is a container ship built in 2009.", "the Aster", "2009"),
    ],
)
def test_plain_forms(title: str, text: str, owner: str, value: str) -> None:
    facts: list[Fact] = facts_of([document(1, title, text)])
    assert [(fact.owner, fact.value) for fact in facts] == [(owner, value)]


def test_one_name_for_two_things_is_asked_nothing() -> None:
    documents = [
        document(1, "Heart (1987 film)", "Heart is a 1987 film directed by Mira Holt."),
        document(2, "Heart (2001 film)", "Heart is a 2001 film directed by Jon Voss."),
        document(3, "Mira Holt", "Mira Holt (born 3 May 1995) is a footballer."),
    ]
    assert questions_of(stock_of(documents), ["bridge", "contradicted"], 10, 1) == []


def test_the_folder_is_a_data_set_of_its_own(tmp_path: Path) -> None:
    world = Ports(3)
    done = generate(world.documents, Recipe(count=5, seed=7), tmp_path / "one", origin="ports", licence="CC0")
    generate(world.documents, Recipe(count=5, seed=7), tmp_path / "two", origin="ports", licence="CC0")
    assert done.by_kind == {"bridge": 5, "comparison": 5, "temporal": 5, "unanswerable": 5, "contradicted": 0}
    dataset = read_dataset([tmp_path / "one"])
    assert (dataset.hash, dataset.cards["one"].generated, dataset.cards["one"].licence) == (done.hash, True, "CC0")
    assert {case.kind for case in dataset.cases} == set(KINDS) - {"contradicted"}
    assert all(case.answerable is (case.kind != "unanswerable") for case in dataset.cases)
    for name in ("queries.jsonl", "corpus.jsonl", "card.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with pytest.raises(InvalidResults, match="holds a data set already"):
        generate(world.documents, Recipe(), tmp_path / "one", origin="ports")
    with pytest.raises(NothingToScore):
        generate([document(1, "Bread", "Knead the dough.")], Recipe(), tmp_path / "three", origin="bread")


def test_rows_of_one_file_are_documents_of_their_own(tmp_path: Path) -> None:
    texts = [f"The lead time of {name} Works is {number + 5} days." for number, name in enumerate(LAST)]
    lead_times = [document(1, "", text) for text in texts]
    done = generate(lead_times, Recipe(["comparison"]), tmp_path / "out", origin="a file")
    assert done.by_kind == {"comparison": 15}
    assert {len(case.gold) for case in read_dataset([tmp_path / "out"]).cases} == {2}


def test_the_command(tmp_path: Path) -> None:
    data = Path(__file__).resolve().parents[2] / "data" / "harbour"
    arguments = ["generate", "--data", str(data), "--out", str(tmp_path / "out"), "--kinds", "bridge", "--json"]
    done = CliRunner().invoke(eval_app, arguments, catch_exceptions=False)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["by_kind"] == {"bridge": 2}
    case = read_dataset([tmp_path / "out"]).cases[0]
    assert {each.partition("/")[2] for each in case.gold} == {"merrow", "reyl"}
    assert len(read_corpus(tmp_path / "out", "x")) == 12
    with pytest.raises(InvalidDataset, match="no kind 'riddle'"):
        CliRunner().invoke(eval_app, [*arguments[:5], "--kinds", "riddle"], catch_exceptions=False)
