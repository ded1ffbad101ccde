"""Step `recall`: look the query up in memory and add what is new to the passages of this turn.

Decides that passages keep their number over the rounds, that what a source says comes before what an agent learned,
and that a learned claim which only repeats a recalled passage is left out. It refuses nothing: no hit is an answer too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from stemma.graphs.answer.context import AnswerContext, tell
from stemma.graphs.answer.state import AnswerState
from stemma.memory.identifiers import statement_key
from stemma.memory.model import Hit, Node

_SHOWN = 3


async def recall(state: AnswerState, runtime: Runtime[AnswerContext]) -> AnswerState:
    """One round of recall. A question that was edited in the checkpoint is looked up itself."""
    edited = state["question"] != state.get("asked")
    query = state["question"] if edited else state["query"]
    context = runtime.context
    # Twice as many, because claims that repeat a passage are dropped.
    hits = await context.memory.recall(context.scope, query, k=2 * context.k, recipe=context.recipe)
    known = [] if edited else state["passages"]
    chosen = without_echoes(hits)[: context.k]
    passages = merge(known, chosen, len(state["queries"]) + 1)
    new = passages[len(known) :]
    listed = "; ".join(f"{p['title'] or p['uri']} ({p['score']:.3f})" for p in new[:_SHOWN])
    said = f"read {len(chosen)} passages for “{query}”, {len(new)} of them new" + (f": {listed}" if listed else "")
    data = [{"n": p["n"], "title": p["title"], "score": p["score"], "parts": p["parts"]} for p in new]
    entry = tell(runtime, "recall", said, query=query, passages=data)
    return AnswerState(
        asked=state["question"],
        query=query,
        queries=[*state["queries"], query],
        passages=passages,
        steps=[*state["steps"], entry],
    )


def without_echoes(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without claims that say what a recalled passage says; passages first, each kind in its order."""
    passages = [hit for hit in hits if hit.kind is Node.PASSAGE]
    said = [f" {statement_key(hit.text)} " for hit in passages]
    claims = [hit for hit in hits if hit.kind is not Node.PASSAGE]
    return passages + [claim for claim in claims if not any(f" {statement_key(claim.text)} " in text for text in said)]


def merge(known: Sequence[dict[str, Any]], hits: Sequence[Hit], round_: int) -> list[dict[str, Any]]:
    """The known passages, then the new ones; numbered from 1, each once."""
    seen = {passage["id"] for passage in known}
    merged = list(known)
    for hit in hits:
        if hit.id not in seen:
            seen.add(hit.id)
            merged.append(_plain(hit, len(merged) + 1, round_))
    return merged


def _plain(hit: Hit, n: int, round_: int) -> dict[str, Any]:
    return {
        "n": n,
        "id": hit.id,
        "kind": hit.kind.value,
        "title": hit.title,
        "text": hit.text,
        "score": float(hit.score),
        "parts": {name: float(value) for name, value in hit.parts.items()},
        "rank": hit.rank,
        "uri": hit.uri,
        "page": hit.position.page if hit.position else None,
        "sheet": hit.position.sheet if hit.position else "",
        "source_id": hit.source_id,
        "document_id": hit.document_id,
        "round": round_,
    }
