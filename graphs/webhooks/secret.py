"""The secret that signs webhooks where nobody set one: made once, kept in a file beside the run store.

Decides that it is readable by its owner alone, and that processes which make it at the same moment agree on one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from base64 import b64encode
from pathlib import Path

from stemma.graphs.errors import InvalidSetting
from stemma.graphs.webhooks.signature import PREFIX

NAME = "webhook-secret"
BYTES = 32


def beside(database_url: str) -> Path:
    """Where it is kept for a run store."""
    return Path(database_url.removeprefix("sqlite:///")).parent / NAME


def kept_secret(path: Path) -> str:
    """The secret of this file, made if there is none. Raises `InvalidSetting` when it can be neither read nor made."""
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        hint = "set GRAPHS_WEBHOOK_SECRET, or let this process write there"
        raise InvalidSetting(f"the secret for webhooks in {path} can be neither read nor made", hint=hint) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(PREFIX + b64encode(secrets.token_bytes(BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret it is
            os.link(draft, path)
    finally:
        draft.unlink()
