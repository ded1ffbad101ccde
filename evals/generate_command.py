"""`stemma eval generate`: what it takes and prints."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stemma.memory.model import Document

_PAGE = 500


def generate(
    out: Annotated[Path, typer.Option("--out", help="A new folder for the data set.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder with corpus.jsonl or documents; it needs no questions.")
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Ask of the passages that memory recalls now.")] = False,
    kinds: Annotated[
        str, typer.Option("--kinds", help="bridge,comparison,temporal,unanswerable,contradicted: some of them.")
    ] = "",
    count: Annotated[int, typer.Option("--count", min=1, help="Questions of each kind, at most.")] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Which questions are drawn where there are more.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Make questions with right answers and gold documents from a corpus, by rule. No model."""
    from stemma.evals.corpus import read_corpus
    from stemma.evals.errors import InvalidDataset
    from stemma.evals.generator.questions import KINDS
    from stemma.evals.generator.writing import Recipe, licence_of
    from stemma.evals.generator.writing import generate as make

    chosen = [kind.strip() for kind in kinds.split(",")] if kinds else list(KINDS)
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise InvalidDataset(f"there is no kind {unknown[0]!r}", hint=f"--kinds takes some of: {', '.join(KINDS)}")
    if (data is None) is not memory:
        raise InvalidDataset("say what to make questions of", hint="either --data DIR or --memory")
    documents = read_corpus(data, data.resolve().name) if data else asyncio.run(_passages())
    origin = f"questions of {data.resolve().name}" if data else "questions of a memory"
    licence = licence_of(data) if data else ""
    done = make(documents, Recipe(tuple(dict.fromkeys(chosen)), count, seed), out, origin=origin, licence=licence)
    counts = ", ".join(f"{number} {kind}" for kind, number in done.by_kind.items())
    typer.echo(f"{out}: {sum(done.by_kind.values())} questions ({counts})", err=as_json)
    typer.echo(
        f"of {done.facts} plain facts in {done.documents} documents; read some before you rely on them", err=as_json
    )
    typer.echo(f"try: stemma eval run --data {out}", err=as_json)
    if as_json:
        typer.echo(json.dumps({**asdict(done), "out": str(out)}, ensure_ascii=False))


async def _passages() -> tuple[Document, ...]:
    """The passages that can be recalled, each a document of its own. Raises `InvalidDataset` where there is none."""
    from stemma.evals.errors import InvalidDataset
    from stemma.memory.model import DEFAULT_TENANT, Document, Node, Passage, Scope
    from stemma.memory.open import open_memory

    scope = Scope(DEFAULT_TENANT)
    found: dict[str, Document] = {}
    async with await open_memory() as memory:
        offset, total = 0, 1
        while offset < total:
            page = await memory.items(scope, Node.PASSAGE, limit=_PAGE, offset=offset)
            for item in page.items:
                if isinstance(item, Passage) and item.recallable:
                    found[item.id] = Document(
                        item.id, item.title, item.text, whole=True, metadata={"id": f"memory/{item.id}"}
                    )
            offset, total = offset + _PAGE, page.total
    if not found:
        raise InvalidDataset("memory holds no passage", hint="stemma ingest DIR")
    return tuple(found[item_id] for item_id in sorted(found))
