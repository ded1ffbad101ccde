"""The memory file's schema version, and how an older file becomes a current one.

Decides what a Stemma memory file is: its application id, its version, its migrations in order. It refuses a newer
file and a file that is not a memory, and changes neither.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from stemma.memory.errors import MemoryCorrupt, MemoryTooNew
from stemma.memory.queries import read_resource

APPLICATION_ID = 0x53544D4D
"""In the file's header ("STMM"): this file is a memory of Stemma."""
MIGRATIONS = (
    *("sql/schema_1.sql", "sql/schema_2.sql", "sql/schema_3.sql", "sql/schema_4.sql", "sql/schema_5.sql"),
    "sql/schema_6.sql",
    "sql/schema_7.sql",
    "sql/schema_8.sql",
    "sql/schema_9.sql",
    "sql/schema_10.sql",
    "sql/schema_11.sql",
    "sql/schema_12.sql",
)
"""The script at place n makes a file of version n into one of version n + 1. Scripts are never changed, only added."""


def check_or_migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the file to the current version; inside a write transaction. Raises `MemoryTooNew`, `MemoryCorrupt`."""
    version = readable_version(connection, path)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute(read_resource(script))
        connection.pragma("user_version", number)
    if version == 0:
        connection.pragma("application_id", APPLICATION_ID)


def readable_version(connection: apsw.Connection, path: Path) -> int:
    """The file's version, 0 for an empty file. Raises `MemoryTooNew`, `MemoryCorrupt`."""
    version = int(connection.pragma("user_version"))
    owner = int(connection.pragma("application_id"))
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if owner != APPLICATION_ID and (tables or version):
        hint = "point MEMORY_URL at another file; this one was left as it is"
        raise MemoryCorrupt(f"{path} is an SQLite file, but not a memory of Stemma", hint=hint)
    if version > len(MIGRATIONS):
        raise MemoryTooNew(
            f"{path} has schema {version}, and this version of Stemma knows {len(MIGRATIONS)}",
            hint="pip install --upgrade stemma-agents",
        )
    return version
