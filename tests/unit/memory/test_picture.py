"""The picture of a lineage: well-formed, bounded, nothing lost unsaid, and nothing drawn over anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from xml.parsers import expat

from hypothesis import given

from stemma.memory.lineage.excerpt import MOST_FOLLOWING, MOST_ITEMS, MOST_LAYERS, excerpt
from stemma.memory.lineage.layers import layers, layout
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.lineage.picture import svg
from stemma.memory.model import Relation
from tests.unit.memory.lineages import answer, because, claim, lineage, lineages, passage, source, withdrawal

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


@dataclass
class Part:
    """An element, with its own text."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


def read(value: Lineage) -> list[Part]:
    """The elements of the picture in document order; fails on what is not well-formed."""
    parts: list[Part] = []
    inside: list[Part] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        inside.append(Part(tag, attributes))
        parts.append(inside[-1])

    def characters(text: str) -> None:
        inside[-1].text += text

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: inside.pop()
    parser.CharacterDataHandler = characters
    parser.Parse(svg(value), True)
    return parts


def tagged(picture: Sequence[Part], tag: str) -> list[Part]:
    return [part for part in picture if part.tag == tag]


def cards(picture: Sequence[Part]) -> list[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of each card."""
    found = []
    for box in tagged(picture, "rect"):
        if box.attributes.get("class") == "card":
            x, y, width, height = (float(box.attributes[name]) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


def texts(picture: Sequence[Part]) -> str:
    return "\n".join(part.text for part in tagged(picture, "text"))


@given(lineages(most=60))
def test_what_is_not_drawn_is_counted(value: Lineage) -> None:
    part, picture = excerpt(value), read(value)
    assert len(part.layers) + sum(part.more.values()) == len(value.items)
    assert len(cards(picture)) == len(part.layers) <= MOST_ITEMS
    assert part.layers[value.root] == 0
    assert max(part.layers.values()) < MOST_LAYERS
    assert {title.text.split()[-1].strip("()") for title in tagged(picture, "title")[1:]} == set(part.layers)


@given(lineages(most=60))
def test_cards_stand_apart_inside_the_picture(value: Lineage) -> None:
    picture = read(value)
    _, _, width, height = map(float, picture[0].attributes["viewBox"].split())
    boxes = cards(picture)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for (left, top, right, bottom), (other_left, other_top, other_right, other_bottom) in combinations(boxes, 2):
        assert right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top


@given(lineages())
def test_it_refers_to_nothing_outside_and_runs_nothing(value: Lineage) -> None:
    picture = read(value)
    allowed = {"title", "desc", "style", "rect", "text", "g", "path", "circle"}
    assert {part.tag for part in picture[1:]} <= allowed
    for part in picture:
        assert not any(name.startswith("on") or "href" in name for name in part.attributes)
    assert "url(" not in svg(value)


def test_hostile_text_stays_text() -> None:
    hostile = '</text><script>alert("1")</script>\x00\ufffe]]>'
    picture = read(lineage(UP, [claim("c", hostile)], []))
    assert "<script>alert(" in texts(picture)
    assert not tagged(picture, "script")


def test_it_says_for_whom_it_cannot_be_seen_what_it_shows() -> None:
    items = [source("s", "Memo", supported=False, withdrawn=True), passage("p", supported=False, recallable=False)]
    edges = [LineageEdge("p", "s", Relation.PART_OF)]
    picture = read(lineage(DOWN, items, edges, retractions=[withdrawal("s")], truncated=True))
    title, desc = tagged(picture, "title")[0], tagged(picture, "desc")[0]
    assert picture[0].attributes["aria-labelledby"].split() == [title.attributes["id"], desc.attributes["id"]]
    assert title.text == "What this source reached: Memo"
    assert desc.text == "1 passage; 1 withdrawn; 1 no longer supported; and more than was looked at"
    assert "withdrawn by maria" in texts(picture)


def test_antecedents_that_are_needed_together_meet_in_a_dot() -> None:
    items = [claim("c"), passage("p1"), passage("p2"), passage("p3")]
    together = because("c", "p1", "p2", justification="j")
    alone = because("c", "p3", justification="k")
    assert len(tagged(read(lineage(UP, items, together + alone)), "circle")) == 1
    assert not tagged(read(lineage(UP, [items[0], items[3]], alone)), "circle")


def test_what_was_taken_back_is_drawn_broken() -> None:
    items = [claim("c"), passage("gone", supported=False, recallable=False), passage("p")]
    edges = because("c", "gone", justification="j") + because("c", "p", justification="k")
    markup = svg(lineage(UP, items, edges))
    assert markup.count('class="link broken"') == 1
    assert markup.count('class="link "') == 1


def test_causes_stand_on_the_left_of_what_rests_on_them_both_ways() -> None:
    items = [answer("a"), claim("c"), passage("p"), source("s")]
    edges = [
        LineageEdge("a", "c", Relation.ASSERTS),
        *because("c", "p", justification="j"),
        LineageEdge("p", "s", Relation.PART_OF),
    ]
    lefts = [left for left, *_ in cards(read(lineage(UP, items, edges)))]
    assert lefts == sorted(lefts, reverse=True)
    lefts = [left for left, *_ in cards(read(lineage(DOWN, items[::-1], edges)))]
    assert lefts == sorted(lefts)


def test_ten_thousand_claims_are_a_bounded_picture() -> None:
    items = [source("s"), passage("p"), *(claim(f"c{number}") for number in range(10_000))]
    edges = [LineageEdge("p", "s", Relation.PART_OF)]
    edges += [edge for item in items[2:] for edge in because(item.id, "p", justification="j")]
    part = excerpt(lineage(DOWN, items, edges))
    assert part.more == {"p": 10_000 - MOST_FOLLOWING}
    assert len(svg(lineage(DOWN, items, edges))) < 100_000
    assert "… 9,993 more" in texts(read(lineage(DOWN, items, edges)))


def test_what_was_said_is_drawn_before_what_was_not() -> None:
    items = [source("s"), passage("p"), *(claim(f"c{number}") for number in range(100)), answer("a")]
    edges = [LineageEdge("p", "s", Relation.PART_OF), LineageEdge("a", "c99", Relation.ASSERTS)]
    edges += [edge for item in items[2:-1] for edge in because(item.id, "p", justification="j")]
    assert {"c99", "a"} <= excerpt(lineage(DOWN, items, edges)).layers.keys()


def test_a_chain_of_claims_is_cut_where_it_gets_too_wide() -> None:
    chain = [claim(f"c{number}") for number in range(5_000)]
    edges = [edge for older, newer in pairwise(chain) for edge in because(newer.id, older.id, justification="j")]
    part = excerpt(lineage(DOWN, chain, edges))
    assert list(part.layers.values()) == list(range(MOST_LAYERS))
    assert part.more == {f"c{MOST_LAYERS - 1}": 5_000 - MOST_LAYERS}


def test_layers_count_the_longest_way_and_leave_out_what_closes_a_cycle() -> None:
    links = [("r", "a"), ("a", "b"), ("r", "b"), ("b", "a"), ("b", "r")]
    assert layers("r", links) == {"r": 0, "a": 1, "b": 2}


def test_a_long_link_has_room_in_every_layer_it_passes() -> None:
    depths = {"r": 0, "a": 1, "b": 2, "c": 3}
    links = [("r", "a"), ("a", "b"), ("b", "c"), ("r", "c")]
    found = layout(depths, links, dict.fromkeys(depths, 50.0), gap=10.0)
    assert len(found.routes["r", "c"]) == 2
    for way_point, node in zip(found.routes["r", "c"], "ab", strict=True):
        assert abs(way_point - found.middles[node]) >= 30
    assert found.routes["r", "a"] == []
