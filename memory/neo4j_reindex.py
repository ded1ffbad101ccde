"""Another embedder takes a Neo4j database over: vectors in the free slot, then one switch."""

from __future__ import annotations


class Neo4jReindex:
    pass
