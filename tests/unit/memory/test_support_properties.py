"""Truth maintenance against its definition, on random graphs with circles, corrections and versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from tests.contracts.naive_truth import antecedents, dependents, naive_statuses

cases = settings(max_examples=2_000, deadline=None)
T = TypeVar("T")


def graph(seed: int, size: int) -> Facts:
    """A random memory with `size` claims: any may rest on any, itself included, in up to three justifications."""
    chance = Random(seed)
    sources, passages = [f"s{n}" for n in range(3)], [f"p{n}" for n in range(4)]
    claims, answers = [f"c{n}" for n in range(size)], [f"a{n}" for n in range(3)]
    sets: defaultdict[str, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for _ in range(chance.randrange(3 * size + 1)):
        among = chance.choices((passages, claims, answers), (5, 5, 1))[0]
        sets[chance.choice(claims)][chance.randrange(3)].add(chance.choice(among))
    for _ in range(chance.randrange(7)):
        sets[chance.choice(answers)][0].add(chance.choice(passages + claims))
    for passage in passages:
        sets[passage][0] = {chance.choice(sources)}
    superseded_by: defaultdict[str, set[str]] = defaultdict(set)
    for items, often in ((claims, 5), (sources, 3)):
        for _ in range(chance.randrange(often) if len(items) > 1 else 0):
            older, newer = sorted(chance.sample(items, 2))
            superseded_by[older].add(newer)
    nodes = {
        item: node
        for node, items in zip(
            (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER), (sources, passages, claims, answers), strict=True
        )
        for item in items
    }
    justifications = {
        item: list(sets[item].values()) if node is Node.CLAIM else [sets[item][0]] for item, node in nodes.items()
    }
    taken_back = set(chance.sample(sources + claims, chance.randrange(min(4, size + 3))))
    return Facts(nodes, justifications, taken_back, superseded_by)


def graphs() -> st.SearchStrategy[Facts]:
    """From a seed: drawing every edge would cost more than all that is tested with them."""
    return st.builds(graph, st.integers(0, 2**32), st.integers(1, 10))


@cases
@given(graphs())
def test_flags_are_those_of_the_definition(facts: Facts) -> None:
    assert statuses(facts) == naive_statuses(facts)


@cases
@given(graphs(), st.integers(0, 2**32))
def test_order_does_not_matter(facts: Facts, seed: int) -> None:
    assert statuses(_shuffled(facts, Random(seed))) == statuses(facts)


def _shuffled(facts: Facts, chance: Random) -> Facts:
    def mixed(items: Collection[T]) -> list[T]:
        return chance.sample(list(items), len(items))

    def mixed_keys(rows: Mapping[str, Collection[T]]) -> dict[str, list[T]]:
        return {name: mixed(rows[name]) for name in mixed(rows.keys())}

    justifications = {item: [mixed(one) for one in sets] for item, sets in mixed_keys(facts.justifications).items()}
    return Facts(
        nodes={item: facts.nodes[item] for item in mixed(facts.nodes.keys())},
        justifications=justifications,
        taken_back=mixed(facts.taken_back),
        superseded_by=mixed_keys(facts.superseded_by),
    )


@cases
@given(graphs())
def test_taking_back_only_takes_support_and_giving_back_only_gives(facts: Facts) -> None:
    """Decision by decision, up and down again: at each step the flags are those that they were on the way."""
    way = [statuses(replace(facts, taken_back=()))]
    taken = sorted(facts.taken_back)
    for n in range(1, len(taken) + 1):
        way.append(statuses(replace(facts, taken_back=taken[:n])))
        assert _supported(way[n]) <= _supported(way[n - 1]) - {taken[n - 1]}
    for n in reversed(range(len(taken))):
        assert statuses(replace(facts, taken_back=set(taken[:n]))) == way[n]


@cases
@given(graphs())
def test_what_has_an_untouched_justification_stays_supported(facts: Facts) -> None:
    before, after = statuses(replace(facts, taken_back=())), statuses(facts)
    taken = set(facts.taken_back)
    for item in _supported(before) - taken:
        for justification in facts.justifications[item]:
            below = {one for antecedent in justification for one in antecedents(facts, antecedent)}
            if not below & taken and all(before[one].supported for one in justification):
                assert after[item].supported


@cases
@given(graphs())
def test_what_rests_on_taken_back_sources_alone_is_out(facts: Facts) -> None:
    """Whatever the paths: when all that they end in is taken back, nothing on the way stays supported."""
    found, taken = statuses(facts), set(facts.taken_back)
    for item in facts.nodes:
        ends = {one for one in antecedents(facts, item) if any(not known for known in facts.justifications[one])}
        if ends <= taken:
            assert not found[item].supported


@cases
@given(graphs(), st.integers(0, 2**32))
def test_a_region_gives_what_the_whole_gives(facts: Facts, seed: int) -> None:
    """After some decisions changed, only what depends on their items has to be worked out again."""
    toggled = set(Random(seed).sample([item for item in facts.nodes if item[0] in "sc"], 2))
    before = statuses(facts)
    decided = replace(facts, taken_back=set(facts.taken_back) ^ toggled)
    region = dependents(facts, toggled)
    inside = Facts(
        nodes={item: facts.nodes[item] for item in region},
        justifications={item: facts.justifications[item] for item in region},
        taken_back=set(decided.taken_back) & region,
        superseded_by={item: newer for item, newer in facts.superseded_by.items() if item in region},
        around={item: status for item, status in before.items() if item not in region},
    )
    assert {**before, **statuses(inside)} == statuses(decided) == naive_statuses(decided)


def _supported(found: Mapping[str, Status]) -> set[str]:
    return {item for item, status in found.items() if status.supported}
