"""Opens a runtime from settings. Decides which store a database address means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import InvalidSetting
from stemma.graphs.healing.graph import register_healing
from stemma.graphs.runs.events import EventName, RunEvent
from stemma.graphs.runs.execute import Executor
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.model import ThreadTtl
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.runs.sqlite_store import SqliteStore
from stemma.graphs.runs.sweep import Sweeper
from stemma.graphs.runs.tail import Tails
from stemma.graphs.runs.worker import Worker
from stemma.graphs.settings import GraphSettings
from stemma.graphs.store.stores import Stores
from stemma.graphs.webhooks.deliver import Deliverer
from stemma.graphs.webhooks.secret import beside
from stemma.graphs.webhooks.settings import WebhookSettings
from stemma.memory.long_term import LongTermMemory

PREFIX = "sqlite:///"


async def open_runtime(
    catalog: Catalog,
    settings: GraphSettings | None = None,
    *,
    worker: bool = True,
    store: RunStore | None = None,
    memory: LongTermMemory | None = None,
    webhooks: WebhookSettings | None = None,
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
    if memory is not None:
        register_healing(catalog, memory, lambda: runtime)
    graphs = BoundGraphs(catalog, store, stores)
    taker = Worker(Executor(store, graphs, settings), tails) if worker else None
    sweeper = Sweeper(store, graphs.saver, settings) if worker else None
    runtime = Runtime(
        catalog,
        store,
        tails,
        graphs,
        taker,
        sweeper,
        stores,
        webhooks=webhooks or WebhookSettings(),
        webhook_secret=beside(settings.database_url),
        thread_ttl=ThreadTtl(settings.thread_minutes, settings.thread_strategy) if settings.thread_minutes else None,
    )
    if taker is not None and sweeper is not None:
        taker.start()
        sweeper.start()
        runtime.scheduler.start()
        runtime.deliverer.start()
        store.on_commit = partial(_committed, tails, runtime.deliverer)
        if stores is not None:
            stores.start()
    return runtime


def _committed(tails: Tails, deliverer: Deliverer, events: Sequence[RunEvent]) -> None:
    tails.publish(events)
    if any(event.event == EventName.END for event in events):
        deliverer.look()


def open_store(url: str) -> RunStore:
    """The store an address means: sqlite:///relative/path or sqlite:////absolute/path. Raises `InvalidSetting`."""
    if not url.startswith(PREFIX) or len(url) == len(PREFIX):
        raise InvalidSetting(f"GRAPHS_DATABASE_URL={url} names no store", hint="for example sqlite:///.stemma/runs.db")
    return SqliteStore(url[len(PREFIX) :])
