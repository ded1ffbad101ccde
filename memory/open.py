"""From a URL to an open memory.

Decides which adapter a URL means, and which schemes there are. It refuses an unknown scheme by naming the known ones,
and imports an adapter's driver only when that adapter is asked for.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from stemma.memory.contradictions.ports import ContradictionJudge
from stemma.memory.errors import InvalidSetting, MemoryUnavailable
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.long_term import LongTermMemory
from stemma.memory.neo4j_folder import USER, password_for
from stemma.memory.ports import Embedder, MemoryGraph
from stemma.memory.recall.ports import Decomposer, Reranker
from stemma.memory.recall.recipes import recipe_named
from stemma.memory.settings import MemorySettings
from stemma.memory.tuned import read_tuned, recipes_of

SCHEMES = {
    "sqlite": "sqlite:///relative/path.db or sqlite:////absolute/path.db",
    "bolt": "bolt://host:7687",
    "bolt+s": "bolt+s://host:7687",
    "bolt+ssc": "bolt+ssc://host:7687",
    "neo4j": "neo4j://host:7687",
    "neo4j+s": "neo4j+s://host:7687",
    "neo4j+ssc": "neo4j+ssc://host:7687",
    "memory": "memory: (lost at exit)",
}
"""Scheme -> how its URL looks."""


async def open_memory(
    settings: MemorySettings | None = None,
    *,
    url: str | None = None,
    embedder: Embedder | None = None,
    extractor: ClaimExtractor | None = None,
    reranker: Reranker | None = None,
    decomposer: Decomposer | None = None,
    judge: ContradictionJudge | None = None,
) -> LongTermMemory:
    """Open the memory that the settings (or `url`) name; close it with `async with` or `aclose()`.

    The embedder's model is not loaded until something is embedded; a reranker, a decomposer and a judge of
    contradictions are used if given.

    Raises `InvalidSetting`, `UnknownRecipe`,
    `EmbedderUnavailable`, `ExtractorUnavailable`, `MemoryUnavailable`, `MemoryBusy`, `MemoryTooNew`, `MemoryTooOld`,
    `MemoryCorrupt`.
    """
    settings = settings or MemorySettings()
    recipe_named(settings.recipe)
    recipes = recipes_of(read_tuned(settings.numbers))
    graph = graph_at(url or settings.url, settings)
    if embedder is None:
        from stemma.memory.ingest.embedders import chosen_embedder

        embedder = await chosen_embedder(settings)
    if extractor is None:
        from stemma.memory.ingest.extractors import chosen_extractor

        extractor = await chosen_extractor(settings)
    await graph.open()
    return LongTermMemory(
        graph,
        embedder,
        recipe=settings.recipe,
        recipes=recipes,
        extractor=extractor,
        reranker=reranker,
        decomposer=decomposer,
        contradictions=settings.contradictions,
        judge=judge,
    )


def graph_at(url: str, settings: MemorySettings) -> MemoryGraph:
    """The adapter for a URL, not yet open. Raises `InvalidSetting`, `MemoryUnavailable`."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        raise InvalidSetting(
            f"MEMORY_URL {url!r} names no kind of memory that Stemma knows",
            hint="use " + ", ".join(sorted(set(SCHEMES.values()))),
        )
    if scheme == "memory":
        from stemma.memory.memory_graph import InMemoryGraph

        return InMemoryGraph()
    if scheme == "sqlite":
        from stemma.memory.sqlite_graph import SqliteGraph

        return SqliteGraph(_path(url, rest))
    return _neo4j(url, settings)


def _path(url: str, rest: str) -> Path:
    path = unquote(rest.removeprefix("///"))
    if not rest.startswith("///") or not path or path.endswith("/"):
        raise InvalidSetting(f"MEMORY_URL {url!r} names no file", hint=f"use {SCHEMES['sqlite']}")
    return Path(path)


def _neo4j(url: str, settings: MemorySettings) -> MemoryGraph:
    if not urlsplit(url).hostname:
        raise InvalidSetting(f"MEMORY_URL {url!r} names no host", hint=f"use {SCHEMES['bolt']}")
    try:
        from stemma.memory.neo4j_graph import Neo4jGraph
    except ModuleNotFoundError as missing:
        raise MemoryUnavailable("the Neo4j driver is not installed", hint="pip install stemma-agents") from missing
    password = settings.password.get_secret_value()
    if not password and settings.user == USER:
        password = password_for(url, settings.neo4j_folder)
    return Neo4jGraph(url, user=settings.user, password=password, database=settings.database)
