"""What a client brings to memory: a text, files, a statement, a question; and what became of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from stemma.api.schemas.memory_history import Moment
from stemma.api.schemas.values import Body
from stemma.memory.ingest.decoding import clean
from stemma.memory.ingest.pipeline import IngestReport


def _readable(text: str) -> str:
    text = clean(text)
    if not text.strip():
        raise ValueError("holds no text")
    return text


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


Text = Annotated[str, Field(min_length=1), AfterValidator(_readable)]
Title = Annotated[str, Field(max_length=1_000), AfterValidator(_one_line)]


class TextSource(Body):
    """One text. `uri` is only a name: nothing is fetched. The same name with another text is a new version of it."""

    text: Text
    title: Title = ""
    uri: Annotated[
        str, Field(max_length=2_000, description="Without one, the text's own hash names it"), AfterValidator(_one_line)
    ] = ""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "Port Merrow", "text": "The harbour master of Port Merrow is Tomas Reyl."}]
        },
    )


class Question(Body):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_readable)]
    k: Annotated[int, Field(ge=1, le=200, description="How many hits")] = 5
    recipe: Annotated[str, Field(max_length=64, description="Without one, the server's default")] | None = None
    budget: (
        Annotated[int, Field(ge=1, le=1_000_000, description="Only the best hits whose texts fit into so many tokens")]
        | None
    ) = None
    as_of: Annotated[
        Moment | None, Field(description="What held in the world then, as far as claims and sources say when they do")
    ] = None
    known_at: Annotated[
        Moment | None, Field(description="What memory held then, whatever came or was decided since")
    ] = None

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"query": "Who is the harbour master of Port Merrow?", "k": 3}]},
    )


class Statement(Body):
    """What a person says. Who said it is the credential's to tell; said again, it is the same source."""

    text: Annotated[str, Field(min_length=1, max_length=100_000), AfterValidator(_readable)]
    title: Title = ""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "The harbour master of Port Merrow retired in May."}]},
    )


class FailureBody(TypedDict):
    """A document that could not be read, and why."""

    uri: str
    reason: str


class StoredBody(TypedDict):
    """What became of one file or text. `unreadable` when nothing of it could be read; `failures` names each part."""

    name: str
    status: Literal["added", "updated", "unchanged", "unreadable"]
    source_ids: list[str]
    passages: int
    failures: list[FailureBody]


class StoredPageBody(TypedDict):
    """One entry for each file or text, in the order they came."""

    results: list[StoredBody]


def show_stored(name: str, report: IngestReport) -> dict[str, Any]:
    """What became of one file or text."""
    status = "unreadable"
    if report.source_ids:
        status = "added" if report.added else "updated" if report.updated else "unchanged"
    return {
        "name": name,
        "status": status,
        "source_ids": list(report.source_ids),
        "passages": report.passages,
        "failures": [{"uri": uri, "reason": reason} for uri, reason in report.failures],
    }
