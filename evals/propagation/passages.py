"""A world of real passages: sections of documents that a person wrote, some of their facts replaced in copies.

Decides which of the questions are poisoned, by seed; the passages, the questions and the false values stand in
`passages.jsonl`. They are sections of `examples/supply_chain/documents`, which were written for this project. Only
faults that need no rewording are here: a sentence is kept as it is, but for its value.
"""

from __future__ import annotations

import json
from importlib.resources import files
from random import Random

from stemma.evals.propagation.world import Fact, Fault, Page, Poisoned, World

FAULTS = (Fault.FALSE_DOCUMENT, Fault.FALSE_UPDATE, Fault.FALSE_TOOL)


def passages_world(seed: int, *, per_fault: int = 3, faults: tuple[Fault, ...] = FAULTS) -> World:
    """`per_fault` of the questions are poisoned for each class. Raises ValueError for classes that are not here."""
    if wrong := set(faults) - set(FAULTS):
        raise ValueError(f"real passages cannot be reworded for {sorted(wrong)}")
    lines = (files("stemma.evals.propagation") / "passages.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    pages = {each["passage"]: Page(each["passage"], each["title"], each["text"]) for each in records if "text" in each}
    false_values = {_fact(each, pages): str(each["false"]) for each in records if "question" in each}
    chosen = Random(seed).sample(list(false_values), per_fault * len(faults))
    poisoned = tuple(
        Poisoned(fact, fault, false_values[fact])
        for fact, fault in zip(chosen, [fault for fault in faults for _ in range(per_fault)], strict=True)
    )
    return World(seed, tuple(false_values), poisoned, tuple(pages.values()))


def _fact(record: dict[str, str], pages: dict[str, Page]) -> Fact:
    page = pages[record["stands_in"]]
    return Fact(page.title.partition(":")[0], "", record["value"], record["question"], record["sentence"], page)
