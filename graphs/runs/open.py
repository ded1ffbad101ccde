"""Opens a runtime from settings. Decides which store a database address means."""

from __future__ import annotations

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import InvalidSetting
from stemma.graphs.runs.execute import Executor
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.runs.sqlite_store import SqliteStore
from stemma.graphs.runs.sweep import Sweeper
from stemma.graphs.runs.tail import Tails
from stemma.graphs.runs.worker import Worker
from stemma.graphs.settings import GraphSettings
from stemma.graphs.store.stores import Stores
from stemma.memory.long_term import LongTermMemory

PREFIX = "sqlite:///"


async def open_runtime(
    catalog: Catalog,
    settings: GraphSettings | None = None,
    *,
    worker: bool = True,
    store: RunStore | None = None,
    memory: LongTermMemory | None = None,
) -> Runtime:
    """A runtime over `settings.database_url`, or over a given store; close it with `aclose` or `async with`.

    With a memory, which stays the caller's to close, graphs get a store that is kept there.

    Raises `InvalidSetting`, `StoreTooNew`, `StoreBusy`, `StoreCorrupt`, `StoreUnavailable`.
    """
    settings = settings or GraphSettings()
    store = store if store is not None else open_store(settings.database_url)
    tails = Tails()
    store.on_commit = tails.publish
    stores = Stores(memory, settings) if memory is not None else None
    graphs = BoundGraphs(catalog, store, stores)
    taker = Worker(Executor(store, graphs, settings), tails) if worker else None
    sweeper = Sweeper(store, graphs.saver, settings) if worker else None
    runtime = Runtime(catalog, store, tails, graphs, taker, sweeper, stores)
    if taker is not None and sweeper is not None:
        taker.start()
        sweeper.start()
        runtime.scheduler.start()
        if stores is not None:
            stores.start()
    return runtime


def open_store(url: str) -> RunStore:
    """The store an address means: sqlite:///relative/path or sqlite:////absolute/path. Raises `InvalidSetting`."""
    if not url.startswith(PREFIX) or len(url) == len(PREFIX):
        raise InvalidSetting(f"GRAPHS_DATABASE_URL={url} names no store", hint="for example sqlite:///.stemma/runs.db")
    return SqliteStore(url[len(PREFIX) :])
