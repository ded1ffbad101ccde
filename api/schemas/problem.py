"""What an error looks like on the wire: RFC 9457, with a `detail` that the SDKs show."""

from __future__ import annotations

from pydantic import BaseModel


class FieldProblem(BaseModel):
    """One part of a request that is wrong."""

    field: str
    problem: str


class Problem(BaseModel):
    """An error. `detail` says what happened; `hint`, when there is one, what to do about it."""

    type: str
    """The error's class."""
    status: int
    detail: str
    hint: str | None = None
    errors: list[FieldProblem] | None = None
    """One entry for each wrong field."""
