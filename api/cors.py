"""Which web pages may call this server: the settings' origins and the project's, in one value.

Decides what a browser may send and read. Both the CORS answers and the check of foreign Origins go by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stemma.api.settings import ApiSettings
from stemma.graphs.projects.model import Cors

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SENT = ("authorization", "content-type", "idempotency-key", "last-event-id", "prefer", "x-api-key", "x-auth-scheme")
"""Request headers that the SDKs send."""
READ = ("Content-Location", "Location", "X-Pagination-Next", "X-Pagination-Total")
"""Answer headers that the SDKs read."""


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """What foreign pages may do."""

    origins: frozenset[str]
    """As browsers write them, without a slash at the end; `*` is any."""
    pattern: re.Pattern[str] | None
    options: dict[str, Any]
    """The arguments of Starlette's CORSMiddleware."""

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin may call."""
        if "*" in self.origins or origin in self.origins:
            return True
        return self.pattern is not None and self.pattern.fullmatch(origin) is not None


def cross_origin(settings: ApiSettings, cors: Cors | None = None) -> CrossOrigin:
    """The settings' origins, and what the project adds."""
    cors = cors or Cors()
    origins = [*settings.cors_origins, *cors.allow_origins]
    patterns = [f"(?:{one})" for one in (settings.cors_pattern, cors.allow_origin_regex) if one]
    pattern = "|".join(patterns) or None
    options: dict[str, Any] = {
        "allow_origins": origins,
        "allow_origin_regex": pattern,
        "allow_methods": cors.allow_methods or METHODS,
        "allow_headers": [*SENT, *(name for name in cors.allow_headers if name.lower() not in SENT)],
        "expose_headers": [*READ, *(name for name in cors.expose_headers if name not in READ)],
        "allow_credentials": cors.allow_credentials,
    }
    if cors.max_age is not None:
        options["max_age"] = cors.max_age
    shown = frozenset(origin.rstrip("/").lower() for origin in origins)
    return CrossOrigin(shown, re.compile(pattern) if pattern else None, options)
