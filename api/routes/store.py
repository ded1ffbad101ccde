"""/store: items by namespace and key, shared with the `store` of every graph that is served.

Whose items they are stands in the credential; what an item is, and what deleting one leaves, stands in memory/store/.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from stemma.api.auth.access import StoreRead, StoreWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.store import (
    FoundItemsBody,
    ItemBody,
    ItemDelete,
    ItemPut,
    ItemSearch,
    NamespaceList,
    NamespacesBody,
)

router = APIRouter(prefix="/store", tags=["store"], route_class=JsonRoute)


@router.put("/items", status_code=204, responses=documented(507))
async def put_item(body: ItemPut, store: StoreWrite) -> Response:
    """Put a value at a place."""
    await store.put(body.namespace, body.key, body.value, body.index, body.ttl)
    return Response(status_code=204)


@router.get("/items", response_model=ItemBody | None, responses=documented())
async def get_item(
    store: StoreRead,
    key: Annotated[str, Query(max_length=1_024)],
    namespace: Annotated[str, Query(max_length=1_088, description="The labels, joined by periods")],
    refresh_ttl: Annotated[bool | None, Query(description="Whether this puts off the item's end")] = None,
) -> Response:
    """One item, or null when there is none."""
    return Json(await store.get(namespace.split("."), key, refresh_ttl))


@router.delete("/items", status_code=204, responses=documented(507))
async def delete_item(body: ItemDelete, store: StoreWrite) -> Response:
    """Delete an item. One that is not there is harmless."""
    await store.delete(body.namespace, body.key)
    return Response(status_code=204)


@router.post("/items/search", response_model=FoundItemsBody, responses=documented())
async def search_items(body: ItemSearch, store: StoreRead) -> Response:
    """Items in a namespace and below it, by their fields, by meaning, or the last updated first."""
    found = await store.search(
        body.namespace_prefix,
        refresh_ttl=body.refresh_ttl,
        filter=body.filter,
        query=body.query,
        limit=body.limit,
        offset=body.offset,
    )
    return Json({"items": found})


@router.post("/namespaces", response_model=NamespacesBody, responses=documented())
async def list_namespaces(body: NamespaceList, store: StoreRead) -> Response:
    """The namespaces that hold items."""
    found = await store.namespaces(
        body.prefix, body.suffix, max_depth=body.max_depth, limit=body.limit, offset=body.offset
    )
    return Json({"namespaces": found})
