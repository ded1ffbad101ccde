"""What happens to checkpoints inside a transaction of the run store: deleting, copying, pruning.

Decides which blobs nothing refers to any more: a checkpoint names the version of each of its channels, and a blob
whose (namespace, channel, version) no checkpoint of the thread names is deleted with the last one that did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ormsgpack

from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.sqlite_transaction import Transaction


def collect_blobs(tx: Transaction, thread_id: str) -> None:
    """Delete the thread's blobs that no checkpoint refers to."""
    keys = tx.all("blob_keys", (thread_id,))
    if not keys:
        return
    used: set[tuple[str, str, object]] = set()
    for ns, body in tx.all("checkpoint_bodies", (thread_id,)):
        versions = ormsgpack.unpackb(body, ext_hook=_opaque, option=ormsgpack.OPT_NON_STR_KEYS)["channel_versions"]
        used.update((ns, channel, version) for channel, version in versions.items())
    for key in keys:
        if tuple(key) not in used:
            tx.do("blob_delete", (thread_id, *key))


def _opaque(_code: int, _data: bytes) -> None:
    """Versions are numbers: nothing else of a checkpoint needs to be understood here, nor may it run."""
    return


def delete_thread(tx: Transaction, thread_id: str) -> None:
    for name in ("checkpoint_delete_thread", "blob_delete_thread", "write_delete_thread"):
        tx.do(name, (thread_id,))


def delete_runs(tx: Transaction, run_ids: Sequence[str]) -> None:
    ids = to_json(list(run_ids)).decode()
    threads = [thread_id for (thread_id,) in tx.all("checkpoint_runs_threads", (ids,))]
    tx.do("write_delete_runs", (ids,))
    tx.do("checkpoint_delete_runs", (ids,))
    for thread_id in threads:
        collect_blobs(tx, thread_id)


def copy(tx: Transaction, source: str, target: str) -> None:
    for name in ("checkpoint_copy", "blob_copy", "write_copy"):
        tx.do(name, (source, target))


def prune(tx: Transaction, thread_id: str, keep: Mapping[str, Sequence[str]]) -> None:
    """Keep only the named checkpoints (namespace -> ids)."""
    names = to_json([[ns, checkpoint_id] for ns, ids in keep.items() for checkpoint_id in ids]).decode()
    tx.do("checkpoint_prune", (thread_id, names))
    tx.do("write_prune", (thread_id, names))
    collect_blobs(tx, thread_id)
