"""What the settings say about who asks: a project's auth file, an issuer of tokens, keys.

Decides what goes together: keys and tokens do; a project that authenticates does so alone, so that a credential which
its handlers never saw cannot get past them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from stemma.api.auth.settings import JwtSettings
from stemma.api.failures import UnusableAuth
from stemma.api.settings import ApiSettings

if TYPE_CHECKING:
    from stemma.api.auth.bearer import Bearer
    from stemma.api.auth.project import ProjectAuth
    from stemma.api.project import ServedProject


class Sources(TypedDict):
    """Besides keys, which every server has."""

    project: ProjectAuth | None
    bearer: Bearer | None


def who_asks(settings: ApiSettings, served: ServedProject | None = None, tokens: JwtSettings | None = None) -> Sources:
    """The settings' auth file, or else that of the project. Raises `UnusableAuth`, `CannotImport`."""
    tokens = tokens or JwtSettings()
    project, bearer = None, None
    said = served.loaded.project if served else None
    if path := settings.auth_path or (said.auth.path if said else None):
        from stemma.api.auth.project import load_auth

        folder = Path.cwd() if settings.auth_path or said is None else said.folder
        studio = settings.auth_studio and not (said and said.auth.disable_studio_auth)
        limit, field = settings.max_body_bytes, settings.auth_tenant_field
        project = load_auth(folder, path, studio=studio, max_body_bytes=limit, tenant_field=field)
    if tokens.configured:
        if project is not None and project.authenticates:
            raise UnusableAuth(
                "API_JWT_JWKS and an authenticate handler both say who asks",
                hint="leave out API_JWT_JWKS, or take @auth.authenticate from the project's auth file",
            )
        if find_spec("jwt") is None:
            raise UnusableAuth("tokens need PyJWT", hint="pip install 'stemma-agents[jwt]'")
        from stemma.api.auth.bearer import Bearer

        bearer = Bearer(tokens)
    return {"project": project, "bearer": bearer}
