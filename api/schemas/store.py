"""/store on the wire: what the SDKs' `store` clients send and take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from stemma.api.schemas.values import Body, Limit, Mapped, Offset

Label = Annotated[str, Field(max_length=256)]
Labels = Annotated[list[Label], Field(max_length=64)]
Key = Annotated[str, Field(max_length=1_024)]
RefreshTtl = Annotated[
    bool | None, Field(description="Whether reading puts off the end of what lives for a time; null: as configured")
]


class ItemPut(Body):
    """Put a value at a place; what stood there becomes an older version in memory's lineage."""

    namespace: Annotated[Labels, Field(description="The path to the item; no label is empty or holds a period")]
    key: Key
    value: Mapped
    index: Annotated[
        Literal[False] | Annotated[list[Label], Field(max_length=64)] | None,
        Field(description="Paths of the fields to search by meaning; false: none; null: those that are configured"),
    ] = None
    ttl: Annotated[
        float | None, Field(gt=0, le=500_000_000, description="Minutes that it lives; null: as configured")
    ] = None

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "namespace": ["ports", "north"],
                    "key": "merrow",
                    "value": {"cranes": 4},
                    "index": ["cranes"],
                    "ttl": 60,
                }
            ]
        },
    )


class ItemDelete(Body):
    """Delete an item: its source is withdrawn, and stays to be read in memory's lineage."""

    namespace: Labels
    key: Key

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"namespace": ["ports", "north"], "key": "merrow"}]}
    )


class ItemSearch(Body):
    """Look for items in a namespace and below it."""

    namespace_prefix: Labels
    filter: Annotated[
        Mapped | None, Field(description="Field of the value -> what it is, or {$eq, $ne, $gt, $gte, $lt, $lte: value}")
    ] = None
    limit: Limit = 10
    offset: Offset = 0
    query: Annotated[
        str | None, Field(max_length=32_000, description="Nearest in meaning first; items without an index come last")
    ] = None
    refresh_ttl: RefreshTtl = None

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"namespace_prefix": ["ports"], "filter": {"cranes": {"$gte": 2}}, "limit": 5}]
        },
    )


class NamespaceList(Body):
    """List the namespaces that hold items; `*` stands for any one label."""

    prefix: Labels | None = None
    suffix: Labels | None = None
    max_depth: Annotated[int | None, Field(ge=1, le=64, description="Cut namespaces after so many labels")] = None
    limit: Limit = 100
    offset: Offset = 0

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"prefix": ["ports", "*"], "max_depth": 2}]}
    )


class ItemBody(TypedDict):
    """An item."""

    namespace: list[str]
    key: str
    value: dict[str, Any]
    created_at: str
    updated_at: str


class FoundItemBody(ItemBody):
    """An item that a search found; `score` is a cosine similarity, null without a query or an index."""

    score: float | None


class FoundItemsBody(TypedDict):
    """The items that a search found, best or last updated first."""

    items: list[FoundItemBody]


class NamespacesBody(TypedDict):
    """Namespaces in order, each as its labels."""

    namespaces: list[list[str]]
