"""The password of a local Neo4j: made once, kept beside the data, and in force before the server first listens.

Decides where it lies (a file that only its owner may read) and that Neo4j's own offline tool sets it, so there is no
moment at which the server takes none, or the well-known first one. It refuses to start over a store whose password is
not there. The password is never an argument of a process, which others of this machine could list, and never printed.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from stemma.memory.errors import LocalServerFailed
from stemma.memory.neo4j_folder import LOGIN_FILE, password_in

ADMIN_CLASS = "org.neo4j.cli.AdminTool"
TOOL_SECONDS = 120.0
INITIAL = Path("data", "dbms", "auth.ini")
"""Where Neo4j takes the first user from (name, salted hash), when it makes its system database."""
SYSTEM = (Path("data", "databases", "system"), Path("data", "transactions", "system"))
"""The database of users. Neo4j makes it anew when it is not there, and takes the other databases up as they are."""


def require_password(folder: Path, *, class_path: str, program: Path) -> None:
    """See to it that a server started over the folder takes the folder's password and no other.

    For a new folder this makes the password and runs a tool for about two seconds; later it only looks. Two processes
    may do it at once: they use one password. Raises `LocalServerFailed` when the password is lost or cannot be set.
    """
    if (folder / SYSTEM[0]).exists():
        if not password_in(folder):
            raise LocalServerFailed(
                f"The password of the Neo4j in {folder} is lost: {folder / LOGIN_FILE} holds none.",
                hint=f"put it back; or delete {SYSTEM[0]} and {SYSTEM[1]} there: a new one is made, memories stay",
            )
        return
    if not password_in(folder):
        _make(folder)
    _set_initial(folder, class_path, program)


def _make(folder: Path) -> None:
    # Whole or not at all, and the first one stays; a temporary file is its owner's only from the start.
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="password-")
    try:
        with open(descriptor, "w", encoding="ascii") as made:
            made.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            os.link(name, folder / LOGIN_FILE)
    finally:
        os.unlink(name)


def _set_initial(folder: Path, class_path: str, program: Path) -> None:
    # In a home of its own and then moved: a server that another process starts never sees half a file, or none.
    with tempfile.TemporaryDirectory(dir=folder, prefix="initial-") as scratch:
        home = Path(scratch)
        command = [
            *(str(program), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", class_path, ADMIN_CLASS),
            *("dbms", "set-initial-password", "--", f"@{folder / LOGIN_FILE}"),
        ]
        try:
            subprocess.run(  # noqa: S603 - fixed arguments, no shell
                command,
                env={"NEO4J_HOME": scratch, "NEO4J_CONF": scratch},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TOOL_SECONDS,
                check=True,
            )
            (folder / INITIAL).parent.mkdir(parents=True, exist_ok=True)
            (home / INITIAL).replace(folder / INITIAL)
        except (subprocess.SubprocessError, OSError) as error:
            raise LocalServerFailed(
                f"Neo4j's tool could not set the password ({type(error).__name__}).",
                hint=f"delete {folder / LOGIN_FILE} and try again",
            ) from error
