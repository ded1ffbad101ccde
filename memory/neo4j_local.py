"""A real Neo4j on this machine without Docker: started, found again and ended by its process id.

Decides where its files lie (data, configuration, log and state below one folder), that it listens on loopback only
without HTTP and with a password (`neo4j_password.py`), and when it counts as up: when Bolt answers a query. It refuses
to serve other machines, and to end a process that it did not start. The program files are `neo4j_jars.py`'s.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from types import TracebackType

from stemma.memory.errors import LocalServerFailed, LocalServerRuns, PortTaken
from stemma.memory.neo4j_folder import HOST, STATE_FILE, USER, LocalServer, password_in, running_server
from stemma.memory.neo4j_jars import EXTRA_HINT, NEWEST, Progress, Release, class_path, install, java
from stemma.memory.neo4j_password import require_password
from stemma.memory.neo4j_swap import finish_swap

HEAP_MB = 2_048
"""At most. Taking back a source with 100,000 descendants is one transaction, too much for half of this."""
START_SECONDS = 150.0
STOP_SECONDS = 60.0
RELEASE_FILE = "release"

# Without the java.nio openings the building of a vector index stalls just before its end.
_OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
_BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
# G1 kept the heap small and marked it again and again, on a processor that the queries wanted; a full code cache made a
# full collection.
_LASTING = ("-XX:+UseParallelGC", "-XX:ReservedCodeCacheSize=512m")


class _Detached(subprocess.Popen[bytes]):
    """A process that is meant to outlive this one: Python's warning about one still running is not for it."""

    def __del__(self) -> None:
        return


class LocalNeo4j:
    """The server of one folder. Synchronous: it waits for processes; call it from a thread where a loop runs.

    Port 0 takes a free one. `brief` is for a life of minutes, such as a test's: half the processor time until warm,
    less speed after. As a context manager it starts on entry and ends on exit, whatever happens in between.
    """

    def __init__(
        self,
        folder: Path,
        *,
        jars: Path,
        port: int = 0,
        heap_mb: int = HEAP_MB,
        brief: bool = False,
        release: Release = NEWEST,
    ) -> None:
        self.folder = folder.resolve()
        self.release = release
        self.port = port
        self._jars = jars
        self._options = [f"-Xmx{heap_mb}m", *(_BRIEF if brief else (f"-Xms{heap_mb // 2}m", *_LASTING))]
        self._state = self.folder / STATE_FILE

    def __enter__(self) -> LocalServer:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def status(self) -> LocalServer | None:
        """The server that runs over this folder, or None (also after a crash, whatever state file is left)."""
        return running_server(self.folder)

    def start(self, on_progress: Progress | None = None) -> LocalServer:
        """Fetch the program files if needed, start, and return once Bolt answers.

        Raises `LocalServerRuns`, `PortTaken`, `LocalServerFailed` when the start itself fails, and
        `MemoryUnavailable` without Java or the jars; nothing is left running then.
        """
        self._refuse_second()
        finish_swap(self.folder)
        program = java()
        install(self._jars, self.release, on_progress)
        self._refuse_other_release()
        port = _free_port(self.port)
        self._configure(port)
        require_password(self.folder, class_path=class_path(self._jars, self.release), program=program)
        process = self._launch(program)
        server = LocalServer(process.pid, _created(process.pid), port, self.release.version, str(self.folder))
        try:
            self._claim(server)
            self._wait_until_up(process, server)
        except BaseException:
            process.kill()
            process.wait()
            if self.status() is None:
                self._state.unlink(missing_ok=True)
            raise
        return server

    def stop(self) -> bool:
        """End the server cleanly and wait for it; False when none runs. Killed when it does not end in a minute."""
        server = self.status()
        if server is not None:
            _end(server.pid)
        self._state.unlink(missing_ok=True)
        return server is not None

    def _refuse_second(self) -> None:
        running = self.status()
        if running is not None:
            raise LocalServerRuns(
                f"Neo4j runs already over {self.folder} (pid {running.pid}).",
                hint=f"export MEMORY_URL={running.url}, or stemma neo4j stop",
            )
        self._state.unlink(missing_ok=True)

    def _refuse_other_release(self) -> None:
        """A store is of the line that made it: an older server cannot read it, a newer one would change it for good."""
        mark = self.folder / RELEASE_FILE
        made_by = mark.read_text(encoding="utf-8").strip() if mark.is_file() else ""
        if made_by and made_by.split(".")[:2] != self.release.version.split(".")[:2]:
            raise LocalServerFailed(
                f"The data in {self.folder} is of Neo4j {made_by}, not of {self.release.version}.",
                hint=f"stemma neo4j start --version {made_by}, or another --folder",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(f"{self.release.version}\n", encoding="utf-8")

    def _configure(self, port: int) -> None:
        for name in ("conf", "data", "logs", "import", "plugins", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "server.default_listen_address": HOST,
            "server.bolt.enabled": "true",
            "server.bolt.listen_address": f"{HOST}:{port}",
            "server.bolt.advertised_address": f"{HOST}:{port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "dbms.usage_report.enabled": "false",
            "dbms.security.auth_enabled": "true",
            "server.memory.pagecache.size": "512m",
            "db.tx_log.rotation.retention_policy": "100M size",
            "db.tx_log.rotation.size": "16m",
            "db.shutdown_transaction_end_timeout": "2s",
            "internal.server.bolt.connection_shutdown_wait_time": "1s",
            "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
        }
        lines = [f"{key}={value}\n" for key, value in settings.items()]
        (self.folder / "conf" / "neo4j.conf").write_text("".join(lines), encoding="utf-8")

    def _launch(self, program: Path) -> subprocess.Popen[bytes]:
        command = [
            str(program),
            *self._options,
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-cp",
            class_path(self._jars, self.release),
            self.release.main_class,
            f"--home-dir={self.folder}",
            f"--config-dir={self.folder / 'conf'}",
            "--console-mode",
        ]
        with (self.folder / "logs" / "console.log").open("wb") as log:
            return _Detached(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _claim(self, server: LocalServer) -> None:
        # Exclusive creation is the lock between two starts over one folder.
        try:
            with self._state.open("x", encoding="utf-8") as state:
                json.dump(asdict(server), state)
        except FileExistsError as error:
            raise LocalServerRuns(
                f"Another start over {self.folder} is under way.", hint="stemma neo4j status"
            ) from error

    def _wait_until_up(self, process: subprocess.Popen[bytes], server: LocalServer) -> None:
        deadline = monotonic() + START_SECONDS
        password = password_in(self.folder)
        while not _answers(server, password):
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=0.2)
                raise LocalServerFailed(
                    f"Neo4j ended while starting (code {code}): {self._last_words()}",
                    hint=f"see {self.folder / 'logs'}",
                )
            if monotonic() > deadline:
                raise LocalServerFailed(
                    f"Neo4j did not answer within {START_SECONDS:.0f} s.", hint=f"see {self.folder / 'logs'}"
                )

    def _last_words(self) -> str:
        lines = (self.folder / "logs" / "console.log").read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if "ERROR" in line or "Caused by" in line] or lines
        return " ".join(told[-1].split()) if told else "it said nothing"


def _answers(server: LocalServer, password: str) -> bool:
    from neo4j import GraphDatabase
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    with closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((HOST, server.port)) != 0:
            return False
    login = (USER, password)
    driver = GraphDatabase.driver(server.url, auth=login, connection_timeout=5, telemetry_disabled=True)
    try:
        driver.execute_query("RETURN 1", database_="neo4j")
    except AuthError as error:
        raise LocalServerFailed(
            f"Neo4j refuses the password in {server.password_file}.", hint="write the one you gave it into that file"
        ) from error
    except (DriverError, Neo4jError):
        return False
    finally:
        driver.close()
    return True


def _free_port(wanted: int) -> int:
    # Below the range that outgoing connections take their ports from, so that none of them slips in before the start.
    choices = [wanted] if wanted else random.sample(range(17000, 32000), 50)
    for port in choices:
        with closing(socket.socket()) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                return port
    raise PortTaken(f"Port {wanted or 'any'} on {HOST} is taken.", hint="stemma neo4j start --port 0 takes a free one")


def _created(pid: int) -> float:
    try:
        import psutil
    except ImportError as error:
        raise LocalServerFailed("A local Neo4j needs the extra local-neo4j.", hint=EXTRA_HINT) from error
    return float(psutil.Process(pid).create_time())


def _end(pid: int) -> None:
    import psutil

    try:
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
