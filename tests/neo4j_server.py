"""Real Neo4js for a whole test session, one of each line, shared by all pytest processes, and gone when the session is.

The first test that asks starts one; the others, in this or another worker process, find it. It ends twice over: the
session's main process stops it, and a guardian (`python -m tests.neo4j_server FOLDER OWNER`) stops it when that process
is gone, however it went. Its password is found as a person's is, through MEMORY_NEO4J_FOLDER, set for the session.
`NEO4J_URI`, or a MEMORY_URL that is Neo4j's, names a server to use instead: an empty one, its password MEMORY_PASSWORD.
The server of the long-term line (5.26) is always the session's own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from stemma.memory.neo4j_folder import LocalServer, password_for
from stemma.memory.neo4j_jars import LTS, NEWEST, RELEASES, Release
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.settings import MemorySettings

ROOT_VARIABLE = "STEMMA_TEST_NEO4J"


def jars() -> Path:
    """Where the program files are, the same place as for `stemma neo4j install`."""
    return MemorySettings().model_folder / "neo4j"


def announce() -> None:
    """Called in the session's main process before any worker starts: where the server will be, should it start."""
    os.environ.setdefault(
        ROOT_VARIABLE, str(Path(tempfile.gettempdir()) / f"stemma-test-neo4j-{os.getuid()}-{os.getpid()}")
    )
    if not given_url():
        os.environ["MEMORY_NEO4J_FOLDER"] = str(_folder(Path(os.environ[ROOT_VARIABLE])))


def given_url() -> str:
    """A server named by the environment, or nothing."""
    url = os.environ.get("NEO4J_URI", "") or os.environ.get("MEMORY_URL", "")
    return url if url.startswith(("bolt", "neo4j")) else ""


def shared_url() -> str:
    """The session's server, started by whoever comes first. Raises `MemoryFailure` when it does not start."""
    if given := given_url():
        return given
    return _started(NEWEST).url


def lts_server() -> LocalServer:
    """The session's server of the long-term line. Raises `MemoryFailure` when it does not start."""
    return _started(LTS)


def _started(release: Release) -> LocalServer:
    root = Path(os.environ[ROOT_VARIABLE])
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / "lock"):
        server = _server(root, release)
        running = server.status()
        if running is None:
            running = server.start()
        if not (root / "guarded").exists():
            (root / "guarded").touch()
            gone = subprocess.DEVNULL
            owner = root.name.rsplit("-", 1)[1]
            command = [sys.executable, "-m", "tests.neo4j_server", str(root)]
            subprocess.run(
                [*command, owner], cwd=Path(__file__).parent.parent, check=True, stdin=gone, stdout=gone, stderr=gone
            )
    return running


def login(url: str) -> tuple[str, str] | None:
    """What a driver of a test's own needs at the session's server; None where it takes no password."""
    settings = MemorySettings()
    password = settings.password.get_secret_value() or password_for(url, settings.neo4j_folder)
    return (settings.user, password) if password else None


def end_shared() -> None:
    """Stop the session's server, if this process announced it, and remove its files."""
    root = Path(os.environ.get(ROOT_VARIABLE, ""))
    if root.name.endswith(f"-{os.getpid()}"):
        _end(root)


def _end(root: Path) -> None:
    if root.is_dir():
        with _locked(root / "lock"):
            for release in RELEASES:
                _server(root, release).stop()
        shutil.rmtree(root, ignore_errors=True)


def _server(root: Path, release: Release) -> LocalNeo4j:
    return LocalNeo4j(_folder(root, release), jars=jars(), heap_mb=512, brief=True, release=release)


def _folder(root: Path, release: Release = NEWEST) -> Path:
    return root / "neo4j" if release is NEWEST else root / f"neo4j-{release.version}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def guard(root: Path, owner: int) -> None:
    """Wait until the owner is gone, then stop what it left."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(owner).wait()
    _end(root)


if __name__ == "__main__" and os.fork() == 0:
    os.setsid()
    guard(Path(sys.argv[1]), int(sys.argv[2]))
