"""What people say about a run, on the wire."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from stemma.api.schemas.memory_items import FlagName
from stemma.api.schemas.values import Body
from stemma.graphs.feedback import THUMBS, Opinion
from stemma.memory.ingest.decoding import clean


def _said(text: str) -> str:
    return clean(text).strip()


class FeedbackCreate(Body):
    """An opinion on a run: a score, a correction, a comment, or several. Who says it is the credential's to tell."""

    score: (
        Annotated[float, Field(ge=0, le=1, description="1 is the best; thumbs are up (1) and down (0)")]
        | Literal["up", "down"]
        | None
    ) = None
    correction: Annotated[
        str,
        Field(max_length=20_000, description="What is true instead, in full sentences: later answers may cite it"),
        AfterValidator(_said),
    ] = ""
    comment: Annotated[
        str, Field(max_length=10_000, description="Anything else; never recalled"), AfterValidator(_said)
    ] = ""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"score": "down", "correction": "The harbour master of Port Merrow is Mira Holt."}]
        },
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.score is None and not self.correction and not self.comment:
            raise ValueError("give a score, a correction or a comment")
        return self

    def opinion(self, key: str = "") -> Opinion:
        """As graphs/ takes it; the key, if there is one, begins the comment."""
        score = THUMBS[self.score] if isinstance(self.score, str) else self.score
        comment = ": ".join(part for part in (_said(key), self.comment) if part)
        return Opinion(score, self.correction, comment)


class FeedbackBody(TypedDict):
    """Feedback as it is kept. `source_id` names it in memory: what is said there can be looked at and taken back.

    `flags` say whether it was; `superseded` are the claims of the run in whose place the correction stands, and only
    the answer to a POST knows them.
    """

    source_id: str
    run_id: str
    thread_id: str
    score: float | None
    correction: str
    comment: str
    by: str
    created_at: str
    flags: list[FlagName]
    superseded: list[str]


class FeedbackPageBody(TypedDict):
    """A page of feedback on one run, newest first, and how much there is in all."""

    items: list[FeedbackBody]
    total: int
