"""What the folder of a local Neo4j tells those who use the server: whether one runs over it, where, and its password.

Decides which server a password belongs to: the one that runs over the folder now, at its own address and no other. It
refuses to believe a state file on its word: the process must be the one that was started. It needs no driver and no
Java; starting and stopping are `neo4j_local.py`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HOST = "127.0.0.1"
DEFAULT_PORT = 7687
USER = "neo4j"
STATE_FILE = "server.json"
LOGIN_FILE = "password"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A running local server."""

    pid: int
    created: float
    """The process's start time (seconds since the epoch): with the pid it names the process beyond doubt."""
    port: int
    version: str
    folder: str

    @property
    def url(self) -> str:
        """What MEMORY_URL is set to."""
        return f"bolt://{HOST}:{self.port}"

    @property
    def password_file(self) -> Path:
        """Holds the password of the user neo4j; only the folder's owner may read it."""
        return Path(self.folder) / LOGIN_FILE


def running_server(folder: Path) -> LocalServer | None:
    """The server that runs over the folder, or None (also after a crash, whatever state file is left)."""
    folder = folder.resolve()
    try:
        server = LocalServer(**json.loads((folder / STATE_FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return server if _is_ours(server, folder) else None


def password_in(folder: Path) -> str:
    """The password of the folder's server, or "" where none can be read."""
    try:
        return (folder / LOGIN_FILE).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def password_for(url: str, folder: Path) -> str:
    """The password to use at a URL, when it is the address of the server that runs over the folder; otherwise ""."""
    parts = urlsplit(url)
    # Not localhost: that may be ::1 too, where the server does not listen but another program might.
    password = password_in(folder) if parts.scheme in ("bolt", "neo4j") and parts.hostname == HOST else ""
    server = running_server(folder) if password else None
    return password if server is not None and server.port == (parts.port or DEFAULT_PORT) else ""


def _is_ours(server: LocalServer, folder: Path) -> bool:
    import psutil

    try:
        process = psutil.Process(server.pid)
        same = abs(process.create_time() - server.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
        return same and f"--home-dir={folder}" in process.cmdline()
    except psutil.Error:
        return False
