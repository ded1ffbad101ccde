"""The layers that a project puts around the routes: before a request's credential is looked at, and after."""

from __future__ import annotations

from starlette.middleware import Middleware

from stemma.api.custom_app import inside, outside
from stemma.api.mounting import Prefix, RunHeaders, Withheld
from stemma.api.project import ServedProject


def before_credentials(project: ServedProject | None) -> list[Middleware]:
    """The prefix, then what of the project's application is open to everybody; outermost first."""
    if project is None:
        return []
    prefix = project.http.mount_prefix
    return [*([Middleware(Prefix, prefix=prefix)] if prefix else []), *outside(project.app, project.http)]


def after_credentials(project: ServedProject | None) -> list[Middleware]:
    """What of the project's application is not, what is switched off, and the headers that runs get."""
    if project is None:
        return []
    http = project.http
    return [
        *inside(project.app, http),
        *([Middleware(Withheld, parts=http.disabled)] if http.disabled else []),
        *([Middleware(RunHeaders, choice=http.headers)] if http.headers.includes else []),
    ]
