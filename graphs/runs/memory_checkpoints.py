"""Checkpoints, blobs and writes of the in-memory store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import ormsgpack

from stemma.graphs.errors import StoreUnavailable
from stemma.graphs.runs.ports import CheckpointRow, WriteRow

Place = tuple[str, str, str]
"""(thread, namespace, checkpoint)."""


class MemoryCheckpoints:
    """See `RunStore`."""

    def __init__(self) -> None:
        self._rows: dict[Place, CheckpointRow] = {}
        self._blobs: dict[tuple[str, str, str, int], tuple[str, bytes]] = {}
        self._writes: dict[Place, dict[tuple[str, int], tuple[str, WriteRow, str | None]]] = {}

    def _put_checkpoint(self, row: CheckpointRow) -> None:
        self._rows[row.thread_id, row.ns, row.checkpoint_id] = row

    def _put_blob(self, thread_id: str, ns: str, channel: str, version: int, kind: str, value: bytes) -> None:
        self._blobs.setdefault((thread_id, ns, channel, version), (kind, value))

    def _put_write(
        self, place: Place, index: int, path: str, write: WriteRow, run_id: str | None, replace: bool
    ) -> None:
        known = self._writes.setdefault(place, {})
        if replace or (write.task_id, index) not in known:
            known[write.task_id, index] = (path, write, run_id)

    def checkpoint(self, thread_id: str, ns: str, checkpoint_id: str | None) -> CheckpointRow | None:
        found = self.checkpoints(thread_id, ns, checkpoint_id, None)
        return found[0] if found else None

    def checkpoints(
        self, thread_id: str | None, ns: str | None, checkpoint_id: str | None, before: str | None
    ) -> Sequence[CheckpointRow]:
        found = [
            row
            for row in self._rows.values()
            if thread_id in (None, row.thread_id)
            and ns in (None, row.ns)
            and (not checkpoint_id or row.checkpoint_id == checkpoint_id)
            and (before is None or row.checkpoint_id < before)
        ]
        return sorted(found, key=lambda row: row.checkpoint_id, reverse=True)

    def blobs(self, thread_id: str, ns: str, wanted: Sequence[tuple[str, int]]) -> list[tuple[str, str, bytes]]:
        found = [(channel, self._blobs.get((thread_id, ns, channel, version))) for channel, version in wanted]
        return [(channel, blob[0], blob[1]) for channel, blob in found if blob is not None]

    def writes(self, thread_id: str, ns: str, checkpoint_id: str) -> list[WriteRow]:
        known = self._writes.get((thread_id, ns, checkpoint_id), {})
        ordered = sorted(known.items(), key=lambda entry: (entry[1][0], entry[0]))
        return [write for _, (_, write, _) in ordered]

    async def backup(self, target: str) -> None:
        raise StoreUnavailable(f"a store in memory cannot be copied to {target}")

    async def delete_checkpoints(self, thread_id: str) -> None:
        self._keep(lambda place: place[0] != thread_id)

    async def copy_checkpoints(self, source: str, target: str) -> None:
        for (thread_id, ns, checkpoint_id), row in list(self._rows.items()):
            if thread_id == source:
                self._rows.setdefault(
                    (target, ns, checkpoint_id),
                    CheckpointRow(target, ns, checkpoint_id, row.parent_id, row.run_id, row.checkpoint, row.metadata),
                )
        for blob, content in list(self._blobs.items()):
            if blob[0] == source:
                self._blobs.setdefault((target, *blob[1:]), content)
        for place, known in list(self._writes.items()):
            if place[0] == source:
                self._writes.setdefault((target, *place[1:]), dict(known))

    async def prune(self, thread_id: str, keep: Mapping[str, Sequence[str]]) -> None:
        self._keep(lambda place: place[0] != thread_id or place[2] in keep.get(place[1], ()))

    def _disown(self, thread_id: str) -> None:
        """What the thread holds is no run's any more."""
        for place, row in self._rows.items():
            if place[0] == thread_id:
                self._rows[place] = replace(row, run_id=None)
        for place, known in self._writes.items():
            if place[0] == thread_id:
                self._writes[place] = {key: (path, write, None) for key, (path, write, _) in known.items()}

    def _delete_for_runs(self, run_ids: Sequence[str]) -> None:
        gone = {place for place, row in self._rows.items() if row.run_id in run_ids}
        for known in self._writes.values():
            for key in [key for key, (_, _, run_id) in known.items() if run_id in run_ids]:
                del known[key]
        self._keep(lambda place: place not in gone)

    def _keep(self, wanted: Callable[[Place], bool]) -> None:
        """Drop every checkpoint that is not wanted, its writes, and blobs that nothing refers to any more."""
        self._rows = {place: row for place, row in self._rows.items() if wanted(place)}
        self._writes = {place: known for place, known in self._writes.items() if wanted(place)}
        used = {
            (row.thread_id, row.ns, channel, version)
            for row in self._rows.values()
            for channel, version in _versions(row).items()
        }
        self._blobs = {key: blob for key, blob in self._blobs.items() if key in used}


def _versions(row: CheckpointRow) -> dict[str, int]:
    body = ormsgpack.unpackb(row.checkpoint, ext_hook=lambda _code, _data: None, option=ormsgpack.OPT_NON_STR_KEYS)
    versions: dict[str, int] = body["channel_versions"]
    return versions
