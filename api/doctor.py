"""Is everything there that a start needs? One check, one line; a check that fails says what to type.

It opens the stores as a server would and changes nothing in them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from stemma.api.failures import ApiFailure
from stemma.api.listening import bind
from stemma.api.project import open_project
from stemma.api.settings import ApiSettings
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import GraphFailure
from stemma.graphs.models.open import open_model
from stemma.graphs.projects.read import FILE, read_project
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.errors import MemoryFailure
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

LEAST_FREE_BYTES = 200 * 1024 * 1024
DISTRIBUTION = "stemma-agents"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    ok: bool
    finding: str
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON shows it."""
        return asdict(self)


async def examine(settings: ApiSettings) -> list[Check]:
    """Every check, in the order in which a start needs them."""
    memory, graphs = MemorySettings(), GraphSettings()
    return [
        _python(),
        _packages("packages", ""),
        *([_packages("packages for minilm", "minilm")] if memory.embedder == "minilm" else []),
        *(_folder(name, url) for name, url in (("memory folder", memory.url), ("runs folder", graphs.database_url))),
        await _opened("memory", _memory),
        await _opened("runs", _runs),
        await _opened("model", _model),
        *([await _opened("project", _project)] if has_project() else []),
        await _opened(f"port {settings.port}", lambda: _port(settings)),
    ]


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", sys.version_info >= (3, 11), found, "install Python 3.11 or newer")


def _packages(name: str, extra: str) -> Check:
    missing = [package for package in _required(extra) if not _installed(package)]
    if missing:
        wanted = f"{DISTRIBUTION}[{extra}]" if extra else DISTRIBUTION
        return Check(name, False, f"missing: {', '.join(missing)}", f"pip install '{wanted}'")
    return Check(name, True, f"{len(list(_required(extra)))} installed")


def _required(extra: str) -> Iterator[str]:
    for line in requires(DISTRIBUTION) or ():
        marker = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if (marker[1] if marker else "") == extra and "win32" not in line:
            yield re.split(r"[^\w.-]", line, maxsplit=1)[0]


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _folder(name: str, url: str) -> Check:
    if not url.startswith("sqlite:///"):
        return Check(name, True, "not on this machine's disk")
    folder = Path(url.removeprefix("sqlite:///")).absolute().parent
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Check(name, False, f"{existing} cannot be written", f"chown or chmod {existing}")
    free = shutil.disk_usage(existing).free
    finding = f"{folder}, {free / 1e9:.1f} GB free"
    return Check(name, free >= LEAST_FREE_BYTES, finding, f"make room in {existing}")


async def _opened(name: str, look: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name, True, await look())
    except (MemoryFailure, GraphFailure, ApiFailure) as failure:
        return Check(name, False, str(failure), failure.hint)


async def _memory() -> str:
    settings = MemorySettings()
    async with await open_memory(settings) as memory:
        filled_by = await memory.graph.embedder()
    shown = f"filled by {filled_by.name}" if filled_by else f"empty, for {settings.embedder}"
    return f"{settings.url.partition('://')[0]}, {shown}"


async def _runs() -> str:
    async with await open_runtime(Catalog(), GraphSettings(), worker=False) as runtime:
        await runtime.healthy()
    return "opens and answers"


async def _model() -> str:
    return open_model(GraphSettings()).name


def has_project() -> bool:
    """Whether a server started here would serve a project."""
    return Path(FILE).is_file()


async def _project() -> str:
    loaded = (await open_project(read_project(Path(FILE)))).loaded
    return f"{FILE}: {', '.join(graph.spec.graph_id for graph in loaded.graphs)}"


async def _port(settings: ApiSettings) -> str:
    bind(settings).close()
    return f"free on {settings.host}"
