"""What a project's auth handlers refuse with, as failures that any route knows how to show.

Decides that the text of an exception which a handler did not mean to raise stays inside: it may repeat a credential.
"""

from __future__ import annotations

from collections.abc import Mapping

from stemma.graphs.errors import Forbidden, GraphFailure


class Refusal(Forbidden):
    """The server's own handlers refuse this."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


class HandlerFailure(GraphFailure):
    """An auth handler of this server failed, so nothing was done; the server's log says where"""
