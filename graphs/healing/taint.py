"""Which answers a retraction tainted, and which turns built on an answer. Pure.

Decides that taint passes from one unsupported item to the next: what has other support stops it, so that an answer
which only another decision tainted is none of this one's.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from stemma.graphs.runs.grafts import Place
from stemma.memory.lineage.model import Lineage
from stemma.memory.model import Answer, Relation

RESTS_ON = frozenset({Relation.PART_OF, Relation.DERIVED_FROM, Relation.USED, Relation.ASSERTS})
"""What support follows. A newer version and what it replaces support nothing of each other."""


def tainted_answers(lineage: Lineage) -> list[Answer]:
    """The answers that the root of a downstream lineage taints, newest first; none while the root is supported."""
    dependents: dict[str, list[str]] = defaultdict(list)
    for edge in lineage.edges:
        if edge.relation in RESTS_ON:
            dependents[edge.antecedent].append(edge.dependent)
    reached: set[str] = set()
    waiting = deque([lineage.root])
    while waiting:
        item_id = waiting.popleft()
        item = lineage.items.get(item_id)
        if item is None or item_id in reached or item.supported:
            continue
        reached.add(item_id)
        waiting.extend(dependents[item_id])
    answers = [item for item in lineage.items.values() if isinstance(item, Answer) and item.id in reached]
    return sorted(answers, key=lambda answer: (answer.recorded_at, answer.id), reverse=True)


def later_runs(places: Iterable[Place], run_id: str) -> list[str]:
    """The runs that went on from a run's last checkpoint, in the order they began.

    `places`: a thread's checkpoints, newest first. A branch from before the run's end did not build on what it said.
    """
    oldest_first = list(places)[::-1]
    own = [place.checkpoint_id for place in oldest_first if place.run_id == run_id]
    after, runs = set(own[-1:]), dict[str, None]()
    for place in oldest_first:  # a checkpoint is newer than what it follows
        if place.parent_id in after:
            after.add(place.checkpoint_id)
            if place.run_id and place.run_id != run_id:
                runs[place.run_id] = None
    return list(runs)


def ends_in(places: Sequence[Place], run_id: str) -> bool:
    """Whether the head of a thread, whose checkpoints these are, newest first, is the run's."""
    return bool(places) and places[0].run_id == run_id
