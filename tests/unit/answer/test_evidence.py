"""The rules of `grade` and `rewrite`."""

from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.answer.evidence import cover
from stemma.graphs.answer.grade import by_rule
from stemma.graphs.answer.rewriting import bridge_names, rewrite_query
from stemma.graphs.models.question import analyse
from stemma.memory.text import content_terms

QUESTION = "Which port did the carrier Northwind Lines reach on 4 March 2024?"


def passage(n: int, title: str, text: str) -> dict[str, object]:
    return {"n": n, "title": title, "text": text, "relevant": True}


def test_an_unrelated_corpus_is_not_enough() -> None:
    coverage = cover(analyse(QUESTION), ["Bread rises when the dough is warm.", "Owls hunt at night; no port is safe."])
    assert not coverage.enough
    assert "northwind" in coverage.missing


def test_one_passage_that_holds_the_names_is_enough() -> None:
    coverage = cover(analyse(QUESTION), ["Northwind Lines reached the port of Valparaíso on 4 March 2024.", "Owls."])
    assert coverage.sufficient
    assert coverage.each[1] == 0.0


def test_words_scattered_over_passages_are_not_enough() -> None:
    texts = ["the north port", "two lines", "on 4 days", "in March", "of 2024", "a carrier"]
    assert not cover(analyse(QUESTION), texts).enough


def test_somebody_elses_harbour_master_is_not_enough() -> None:
    question = analyse("Who is the harbour master of Port Calder?")
    about, other = "Port Calder has a single container terminal.", "Port Merrow. Its harbour master is Tomas Reyl."
    assert not cover(question, [about, other]).enough
    assert cover(question, [about, "Port Calder. Its harbour master is Ida Vole."]).enough


def test_grades_say_why() -> None:
    passages, evidence = by_rule(QUESTION, [passage(1, "Northwind Lines", "A carrier. It went to a port in 2024.")])
    assert passages[0]["relevant"]
    assert "%" in passages[0]["why"]
    assert set(evidence) == {"best", "union", "enough", "sufficient", "missing"}


def test_no_passage_is_no_evidence() -> None:
    assert by_rule(QUESTION, [])[1]["enough"] is False


def test_rewriting_keeps_names_and_adds_what_is_missing() -> None:
    query = rewrite_query("How deep is the channel of the port of Merrow?", [], ["channel"], ["how deep"])
    assert query == "Merrow channel"


def test_rewriting_bridges_over_names_that_the_passages_bring() -> None:
    read = [passage(1, "Jumbo Vase", "The vase was made by Anna Lund in the pottery of Gullberg.")]
    question = "In which town was the maker of the Jumbo Vase born?"
    assert bridge_names(analyse(question), read) == ["Anna Lund", "Gullberg"]
    query = rewrite_query(question, read, ["town", "born"], [question, "Jumbo Vase town born"])
    assert query == "town born Anna Lund Gullberg"


def test_rewriting_ends() -> None:
    tried: list[str] = []
    while query := rewrite_query(QUESTION, [], ["reach"], tried):
        tried.append(query)
        assert len(tried) < 10
    assert len({frozenset(content_terms(query)) for query in tried}) == len(tried)


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=5))
def test_coverage_is_a_share(question: str, texts: list[str]) -> None:
    coverage = cover(analyse(question), texts)
    assert len(coverage.each) == len(texts)
    assert all(0 <= share <= 1 for share in (*coverage.each, coverage.best, coverage.union))
    assert coverage.enough or not coverage.sufficient
    assert set(coverage.missing) <= set(analyse(question).weights)
