"""Documents are prepared by a process of their own as they would be here, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from stemma.memory.ingest.bundling import Step, prepared, steps_of
from stemma.memory.ingest.preparation import Preparation
from stemma.memory.model import Document, Scope

TEXT = """# Harbour

The World Health Organization (WHO) opened an office in Port Merrow in 1990. Ann Berg leads the WHO office.

## Berths

Port Merrow has 12 berths. It closed berth 4 in 2019. Port Merow is a slip of the pen, and Port Merrow is not."""


@pytest.fixture
def steps() -> list[Step]:
    documents = [
        (Document("a", "Harbour", TEXT, markdown=True, metadata={"valid_from": "2020-01-01"}), "1"),
        (Document("b", "", "Émile Zola wrote Germinal in 1885. \U0001f409"), "2"),
        (Document("c", "Nothing", " \n"), "3"),
    ]
    return steps_of(Scope("t", "u"), documents, {})


def children() -> Iterator[psutil.Process]:
    for child in psutil.Process().children():
        if any("preparation_process" in word for word in child.cmdline()):
            yield child


@pytest.mark.parametrize("by_rules", [True, False])
async def test_another_process_prepares_what_this_one_would(steps: list[Step], by_rules: bool) -> None:
    async with Preparation(by_rules=by_rules, few=0) as preparation:
        made = await preparation.prepare(steps)
        assert len(list(children())) == 1
        assert await preparation.prepare([]) == []
    assert not list(children())
    assert made == [prepared(step, by_rules=by_rules) for step in steps]
    assert [item.bundle is not None for item in made] == [by_rules] * 3


async def test_few_documents_need_no_process(steps: list[Step]) -> None:
    async with Preparation(by_rules=True, few=sum(len(step.document.text) for step in steps)) as preparation:
        await preparation.prepare(steps)
        assert not list(children())
        await preparation.prepare(steps)
        assert len(list(children())) == 1


async def test_a_process_that_was_killed_costs_nothing_but_time(steps: list[Step]) -> None:
    async with Preparation(by_rules=True, few=0) as preparation:
        made = await preparation.prepare(steps)
        for child in children():
            child.kill()
            child.wait()
        assert await preparation.prepare(steps) == made
        assert await preparation.prepare(steps) == made
        assert not [child for child in children() if child.status() != psutil.STATUS_ZOMBIE]
