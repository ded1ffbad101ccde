"""`ErasureStore` over the in-memory stores: the fake beside sqlite_erasure.py, held by the same contract suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from stemma.graphs.assistants.memory_assistants import MemoryAssistants
from stemma.graphs.assistants.model import AssistantQuery
from stemma.graphs.crons.memory_crons import MemoryCrons
from stemma.graphs.crons.model import CronQuery
from stemma.graphs.erasure.ports import MARKS, Holdings
from stemma.graphs.errors import UnknownThread
from stemma.graphs.keys.memory_keys import MemoryKeys
from stemma.graphs.runs.memory_runs import MemoryRuns
from stemma.graphs.runs.rows import to_json

_ALL = 1_000_000


class MemoryErasure:
    """See `ErasureStore`. `delete_thread` is the store's own."""

    def __init__(
        self,
        runs: MemoryRuns,
        assistants: MemoryAssistants,
        keys: MemoryKeys,
        crons: MemoryCrons,
        delete_thread: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._runs, self._assistants, self._keys, self._crons = runs, assistants, keys, crons
        self._delete_thread = delete_thread

    async def holdings(self, tenant: str, user: str) -> Holdings:
        mine = [run for run in self._runs.runs.values() if run.tenant == tenant and user in ("", run.user)]
        ran = {run.thread_id for run in mine}
        threads = sorted(
            thread.thread_id
            for thread in self._runs.threads.values()
            if thread.tenant == tenant
            and (thread.thread_id in ran or thread.user == user or _names(thread.metadata, user))
        )
        others = {run.thread_id for run in self._runs.runs.values() if run.user != user} if user else set()
        counts = Counter(
            {"threads": len(threads), "runs": sum(run.thread_id in threads for run in self._runs.runs.values())}
        )
        counts["crons"] = len([cron for cron in await self._crons_of(tenant) if user in ("", cron.user)])
        counts["api_keys"] = len([k for k in await self._keys.keys() if k.tenant == tenant and user in ("", k.user)])
        counts["assistants"] = len(await self._assistants_of(tenant, user))
        return Holdings(
            threads=threads,
            shared=[thread_id for thread_id in threads if thread_id in others],
            active=[run.run_id for run in mine if not run.status.ended],
            counts={name: count for name, count in counts.items() if count},
            ids=sorted({*threads, *(run.run_id for run in mine)}),
            texts=[to_json(run.request.input).decode() for run in mine],
        )

    async def others(self, tenant: str, user: str, needles: Sequence[bytes]) -> frozenset[bytes]:
        mine = (await self.holdings(tenant, user)).threads
        said = [run.request.input for run in self._runs.runs.values() if run.thread_id not in mine]
        return frozenset(needle for needle in needles if needle in to_json(said))

    async def erase_thread(self, tenant: str, thread_id: str) -> None:
        runs = [run.run_id for run in self._runs.runs.values() if run.thread_id == thread_id and run.tenant == tenant]
        with suppress(UnknownThread):
            await self._delete_thread(tenant, thread_id)
            for run_id in runs:
                self._runs.webhooks.forget_run(run_id)

    async def erase_person(self, tenant: str, user: str) -> None:
        for cron in await self._crons_of(tenant):
            if user in ("", cron.user):
                await self._crons.delete(tenant, cron.cron_id)
        self._keys.drop(tenant, user)
        for assistant_id in await self._assistants_of(tenant, user):
            await self._assistants.delete(tenant, assistant_id)

    async def _crons_of(self, tenant: str) -> list[Any]:
        return await self._crons.search(CronQuery(tenant, limit=_ALL))

    async def _assistants_of(self, tenant: str, user: str) -> list[str]:
        found = await self._assistants.search(AssistantQuery(tenant, limit=_ALL))
        return [one.assistant_id for one in found if _names(one.metadata, user)]


def _names(metadata: Mapping[str, Any], user: str) -> bool:
    return not user or any(metadata.get(mark) == user for mark in MARKS)
