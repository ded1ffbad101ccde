"""Which names a passage answers to, and where texts say them."""

from __future__ import annotations

import pytest

from stemma.memory.recall.gazetteer import Gazetteer, containers, longest
from stemma.memory.recall.passage_names import ALIAS, FIRST_AND_LAST, name_key, passage_names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Hague (city)", "hague"),
        ("Ångström's", "angstrom"),
        ("1,200 Guineas", "1200 guineas"),
        ("(2019)", "2019"),
        ("A", "a"),
        ("…", ""),
    ],
)
def test_one_spelling(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("title", "text", "names"),
    [
        ("Springfield, Illinois", "Springfield is a city.", {"springfield illinois": 1.0}),
        ("Port Merrow, Norfolk", "It has a quay.", {"port merrow norfolk": 1.0, "port merrow": 1.0}),
        ("Handbook > Berths", "Ships wait.", {"handbook berths": 1.0, "handbook": 1.0, "berths": 1.0}),
        (
            "",
            "Ada Augusta Byron (born 1815) was a mathematician.",
            {"ada augusta byron": 1.0, "ada byron": FIRST_AND_LAST},
        ),
        ("", "The Port Merrow Office (PMO) is a house.", {"port merrow office": 1.0, "pmo": ALIAS}),
        ("", "Laytime: the time that a charterer has.", {"laytime": 1.0}),
        ("", "Haymo, also known as Haymo of Faversham, was a friar.", {"haymo": 1.0, "haymo of faversham": ALIAS}),
        ("Chapter 3", "Ada Byron was born in London.", {"chapter 3": 1.0, "ada byron": 1.0}),
        ("", "In 1998 the port was closed.", {}),
        ("", "It is closed.", {}),
        ("", "1998 was a year.", {}),
    ],
)
def test_titles_and_definitions(title: str, text: str, names: dict[str, float]) -> None:
    assert passage_names(title, text, "") == names


def test_a_name_that_opens_the_text_stands_in_for_a_definition() -> None:
    assert passage_names("", "Ada Byron met Haymo", "Ada Byron") == {"ada byron": 1.0}


def test_every_occurrence_is_found_and_the_longest_can_be_chosen() -> None:
    gazetteer = Gazetteer()
    for number, key in enumerate(("york", "new york", "new york harbour", "harbour master")):
        gazetteer.add(key, number)
    found = gazetteer.find(["old", "york", "and", "new", "york", "harbour", "master"])
    assert [(one.start, one.end, one.name) for one in found] == [(1, 2, 0), (3, 5, 1), (3, 6, 2), (4, 5, 0), (5, 7, 3)]
    assert [(one.start, one.name) for one in longest(found)] == [(1, 0), (3, 2), (5, 3)]
    assert sorted(containers(found)[3]) == [1, 2]
    assert gazetteer.find(["newer", "york"])[0].name == 0
    assert gazetteer.find([]) == []
