"""/memory: what agents know beyond one thread. Ingest, recall, look at items and where they came from.

Whose memory it is stands in the signature (`MemoryRead`, `MemoryWrite`); taking back stands in `memory_decisions.py`.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from stemma.api.auth.access import MemoryAccess, MemoryRead, MemoryWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.memory_decisions import LineageBody, show_lineage
from stemma.api.schemas.memory_history import Moment
from stemma.api.schemas.memory_hits import RecallBody, show_hit
from stemma.api.schemas.memory_items import (
    AnyItem,
    ItemPageBody,
    Label,
    RelatedEntity,
    SourceItem,
    StandingName,
    StatisticsBody,
    show_item,
    show_statistics,
)
from stemma.api.schemas.memory_writes import Question, Statement, StoredPageBody, TextSource, show_stored
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.api.uploads import read_body
from stemma.memory.errors import UnknownItem
from stemma.memory.identifiers import content_hash
from stemma.memory.ingest.load import upload_reader
from stemma.memory.ingest.pipeline import Documents
from stemma.memory.lineage.model import Direction, Standing
from stemma.memory.lineage.picture import svg
from stemma.memory.model import Claim, Document, Entity, Node

router = APIRouter(prefix="/memory", tags=["memory"], route_class=JsonRoute)

ItemId = Annotated[str, Path(max_length=256, description="As any other route gave it")]
Narrowed = Annotated[StandingName | None, Query(description="Only what has this standing")]
KnownAt = Annotated[
    Moment | None, Query(description="As it was known then, whatever came or was decided since; with its zone")
]

UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TextSource.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "additionalProperties": False,
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                        }
                    },
                }
            },
        },
    }
}

PICTURE = {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}
INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""For a page made of documents' text: it may look like something and do nothing."""


@router.post(
    "/sources", response_model=StoredPageBody, responses=documented(404, 408, 413, 415, 507), openapi_extra=UPLOAD
)
async def add_sources(request: Request, asked: MemoryWrite) -> Response:
    """Ingest uploaded files (parts named `files`), or one text as JSON. Each has a result; an unreadable one is named,
    and the others are stored. The same content again changes nothing; changed content is a new version."""
    settings = asked.served.settings
    with asked.served.uploads.one(settings.max_uploads):
        body = await read_body(request, settings)
        if isinstance(body, TextSource):
            results = [await _store(asked, body.title or body.uri or "text", [_document(body)])]
        else:
            with upload_reader() as read:
                results = [await _store(asked, file.name, read(file.name, file.data)) for file in body]
    return Json({"results": results})


async def _store(asked: MemoryAccess, name: str, documents: Documents) -> dict[str, object]:
    return show_stored(name, await asked.memory.ingest(asked.scope, documents))


def _document(body: TextSource) -> Document:
    named = body.uri or f"text:{content_hash(body.title, body.text)[:16]}"
    return Document(uri=named, title=body.title, text=body.text)


@router.post("/statements", response_model=SourceItem, responses=documented(404, 507))
async def add_statement(body: Statement, asked: MemoryWrite) -> Response:
    """Keep what a person says as a source of its own, signed with who the credential says they are."""
    with asked.served.statements.one(asked.served.settings.max_statements):
        source = await asked.memory.remember(asked.scope, body.text, by=asked.actor.signature, title=body.title)
    return Json(show_item(source))


@router.get("/sources", response_model=ItemPageBody, responses=documented(404))
async def list_sources(
    asked: MemoryRead, standing: Narrowed = None, limit: QueryLimit = 20, offset: QueryOffset = 0
) -> Response:
    """Sources, newest first; `standing=stale` gives those that a newer version replaced."""
    return await _page(asked, Node.SOURCE, standing, limit, offset)


@router.get("/entities", response_model=ItemPageBody, responses=documented(404))
async def list_entities(asked: MemoryRead, limit: QueryLimit = 20, offset: QueryOffset = 0) -> Response:
    """Things that passages and claims mention, with the names they go by."""
    return await _page(asked, Node.ENTITY, None, limit, offset)


@router.get("/entities/{item_id}", response_model=RelatedEntity, responses=documented(404))
async def get_entity(item_id: ItemId, asked: MemoryRead, limit: QueryLimit = 20, offset: QueryOffset = 0) -> Response:
    """One thing, and a page of what supported claims relate it to, each with the claim that says so."""
    item = await asked.memory.item(asked.scope, item_id)
    if not isinstance(item, Entity):
        raise UnknownItem(f"{item_id!r} is a {type(item).__name__.lower()}, not an entity")
    related = await asked.memory.relations(asked.scope, item_id, limit=limit, offset=offset)
    headers = page_headers(len(related.relations), related.total, offset)
    return Json(show_item(item, related=related), headers=headers)


@router.get("/tainted", response_model=ItemPageBody, responses=documented(404))
async def list_tainted(
    asked: MemoryRead,
    stale: Annotated[bool, Query(description="Those that rest on replaced versions instead")] = False,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """Answers that used or state something that was taken back since, with their runs and threads."""
    return await _page(asked, Node.ANSWER, "stale" if stale else "unsupported", limit, offset)


@router.get("/items", response_model=ItemPageBody, responses=documented(404))
async def list_items(
    asked: MemoryRead,
    label: Annotated[Label, Query(description="Which kind of item")] = "Source",
    standing: Narrowed = None,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """Items of one label, newest first. X-Pagination-Next names the next offset while there are more."""
    return await _page(asked, Node(label), standing, limit, offset)


async def _page(asked: MemoryAccess, node: Node, standing: StandingName | None, limit: int, offset: int) -> Response:
    page = await asked.memory.items(
        asked.scope, node, limit=limit, offset=offset, standing=Standing(standing) if standing else None
    )
    headers = page_headers(len(page.items), page.total, offset)
    return Json({"items": [show_item(item) for item in page.items], "total": page.total}, headers=headers)


def page_headers(shown: int, total: int, offset: int) -> dict[str, str]:
    """How many there are in all, and where the next page begins while there is one."""
    following = {"X-Pagination-Next": str(offset + shown)} if shown and offset + shown < total else {}
    return {"X-Pagination-Total": str(total), **following}


@router.get("/items/{item_id}", response_model=AnyItem, responses=documented(404))
async def get_item(item_id: ItemId, asked: MemoryRead, known_at: KnownAt = None) -> Response:
    """One source, passage, entity, claim or answer; of a claim also what it was derived from."""
    history = asked.memory.history
    item = await history.item(asked.scope, item_id, known_at=known_at)
    is_claim = isinstance(item, Claim)
    derivations = await history.derivations(asked.scope, item_id, known_at=known_at) if is_claim else None
    return Json(show_item(item, derivations))


@router.get("/items/{item_id}/lineage", response_model=LineageBody, responses={**documented(404), 200: PICTURE})
async def get_lineage(
    item_id: ItemId,
    asked: MemoryRead,
    direction: Literal["upstream", "downstream"] = "upstream",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    picture: Annotated[Literal["json", "svg"], Query(alias="format")] = "json",
    known_at: KnownAt = None,
) -> Response:
    """Upstream: why this is believed, down to quote and page. Downstream: what it reached, with runs and threads.

    `format=svg` draws it.
    """
    lineage = await asked.memory.history.lineage(
        asked.scope, item_id, Direction(direction), limit=limit, known_at=known_at
    )
    if picture == "svg":
        return Response(await asyncio.to_thread(svg, lineage), media_type="image/svg+xml", headers=INERT)
    return Json(show_lineage(lineage))


@router.post("/recall", response_model=RecallBody, responses=documented(404))
async def recall(body: Question, asked: MemoryRead) -> Response:
    """The best passages and claims for a question, each with why it is there and where it came from; of today, or of a
    moment that is looked back at."""
    hits = await asked.memory.recall(
        asked.scope,
        body.query,
        k=body.k,
        recipe=body.recipe,
        budget=body.budget,
        as_of=body.as_of,
        known_at=body.known_at,
    )
    recipe = body.recipe or asked.memory.recipe
    return Json({"query": body.query, "recipe": recipe, "hits": [show_hit(hit) for hit in hits]})


@router.get("/statistics", response_model=StatisticsBody, responses=documented(404))
async def statistics(asked: MemoryRead) -> Response:
    """How much the asker can see."""
    return Json(show_statistics(await asked.memory.statistics(asked.scope)))
