"""What nodes and relations there are, in every store alike. Two closed sets: nothing of them ever comes from input."""

from __future__ import annotations

from enum import StrEnum


class Node(StrEnum):
    """The closed set of node labels. Labels never come from input."""

    SOURCE = "Source"
    PASSAGE = "Passage"
    ENTITY = "Entity"
    CLAIM = "Claim"
    ANSWER = "Answer"
    RETRACTION = "Retraction"


class Relation(StrEnum):
    """The closed set of relation types. Types never come from input."""

    PART_OF = "PART_OF"
    MENTIONS = "MENTIONS"
    RELATES_TO = "RELATES_TO"
    REPLACES = "REPLACES"
    DERIVED_FROM = "DERIVED_FROM"
    USED = "USED"
    ASSERTS = "ASSERTS"
    SUPERSEDES = "SUPERSEDES"
    CONTRADICTS = "CONTRADICTS"
    DUPLICATES = "DUPLICATES"
    WITHDRAWS = "WITHDRAWS"
