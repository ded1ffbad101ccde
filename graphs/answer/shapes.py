"""The shapes that a language model answers the steps in. Their docstrings and descriptions are read by the model."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Grade(BaseModel):
    """Whether one passage helps to answer the question."""

    n: int = Field(description="the passage's number, without brackets")
    relevant: bool
    why: str = Field(default="", description="at most ten words")


class Grades(BaseModel):
    """A grade for every passage, and whether the relevant ones together answer the question."""

    grades: list[Grade]
    sufficient: bool = Field(description="the relevant passages together answer the whole question")
    missing: str = Field(default="", description="what is still to be found, if anything")


class Rewritten(BaseModel):
    """A better search query for what the passages do not answer yet."""

    query: str = Field(min_length=1, description="one search query, other words than the queries tried")


class Stated(BaseModel):
    """One sentence of the answer."""

    text: str = Field(min_length=1, description="one sentence, without citation marks")
    cites: list[int] = Field(description="numbers of the passages that state it; never empty")


class Drafted(BaseModel):
    """An answer that rests on the passages only; no sentences when they do not answer the question."""

    sentences: list[Stated]
    short_answer: str = Field(default="", description="the answer alone: a name, a date, a number, yes or no")
