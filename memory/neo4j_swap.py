"""The last step of a compaction: new data take the place of the old ones, whole or not at all.

Decides that a marker beside the data says which of the two counts. Every start of the server asks `finish_swap` first,
so that a crash in the middle never leaves a server over empty data. It needs no driver and no Java.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MARKER = "compaction-done"
WORK = "compaction"
"""Below the server's folder: exports, and the folder of the new server."""
_DATA, _OLD = "data", "data.old"


def new_folder(folder: Path) -> Path:
    """Where the new server builds its data."""
    return folder / WORK / "new"


def begin_swap(folder: Path) -> None:
    """From here on the new data count. Both servers are stopped."""
    (folder / MARKER).touch()


def finish_swap(folder: Path) -> bool:
    """Complete a swap that was begun; False when there is none. Doing it again is harmless."""
    if not (folder / MARKER).exists():
        return False
    data, old, new = folder / _DATA, folder / _OLD, new_folder(folder) / _DATA
    if new.exists():
        if data.exists() and not old.exists():
            data.rename(old)
        new.rename(data)
    for left in (old, folder / WORK):
        if left.exists():
            shutil.rmtree(left)
    (folder / MARKER).unlink()
    return True
