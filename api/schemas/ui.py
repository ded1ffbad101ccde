"""Pieces of a project's interface, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stemma.api.schemas.values import Body


class ComponentAsked(Body):
    """Which component of the graph's."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
