"""Commands typed at a memory that holds two documents and two answers; `conftest.py` fills it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from typer.testing import CliRunner, Result

from stemma.memory.commands import app, memory_app
from stemma.memory.errors import MemoryFailure
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.model import Answer, Document, Scope, Use
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("default")
MEMO = Document("file:/memo.md", "Harbour memo", "Pier 4 is shut until May, the harbour office writes.")
RATES = Document("file:/rates.md", "Rates", "The berth fee of Port Merrow is 2,400 euros a day.")


class Filled(NamedTuple):
    """Ids of what the memory holds."""

    memo: str
    passage: str
    claim: str
    answer: str
    clean: str
    """An answer that rests on the rates alone."""


async def fill() -> Filled:
    async with await open_memory(MemorySettings()) as memory:
        report = await memory.ingest(SCOPE, [MEMO, RATES])
        found = {hit.source_id: hit.id for hit in await memory.recall(SCOPE, "pier berth", k=9, recipe="lexical")}
        memo, rates = report.source_ids
        said = [
            ("a", "Is pier 4 shut?", MEMO, "Pier 4 is shut until May", found[memo]),
            ("b", "What is the fee?", RATES, "The berth fee of Port Merrow is 2,400 euros a day.", found[rates]),
        ]
        answers = []
        for name, question, document, text, passage in said:
            start = document.text.index(text)
            claim = LearnedClaim(text, [Antecedent(passage, text, start, start + len(text))])
            answer = Answer(
                "", SCOPE, f"{text} [1].", f"run-{name}", f"thread-{name}", "c", question, datetime.now(UTC),
                used=(Use(passage, 1, 0.5),),
            )  # fmt: skip
            answers.append(await memory.learn(SCOPE, answer, [claim]))
        return Filled(memo, found[memo], answers[0].asserts[0], answers[0].id, answers[1].id)


def typed(*arguments: str, code: int = 0) -> str:
    """What a command prints on standard output."""
    ran = run(*arguments)
    assert ran.exit_code == code, ran.output
    return ran.stdout


def run(*arguments: str) -> Result:
    group = memory_app if arguments[0] == "memory" else app
    return CliRunner().invoke(group, list(arguments[1:] if group is memory_app else arguments), catch_exceptions=True)


def parsed(*arguments: str) -> Any:
    return json.loads(typed(*arguments, "--json"))


def refused(*arguments: str) -> MemoryFailure:
    failure = run(*arguments).exception
    assert isinstance(failure, MemoryFailure), failure
    return failure
