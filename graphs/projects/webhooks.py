"""A project's `webhooks` section -> the settings of webhooks.

Decides which variables a header may name: those that begin with `env_prefix`, so that a file cannot send others away.
A header's value is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr, ValidationError

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.model import Project
from stemma.graphs.projects.settings import variable
from stemma.graphs.webhooks.settings import WebhookSettings

PREFIX = "LG_WEBHOOK_"
_TEMPLATE = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}")
_NAMES = ("require_https", "allowed_domains", "allowed_ports", "max_url_length")
"""Keys of `webhooks.url` that the settings have under the same names."""


def webhook_settings(project: Project) -> WebhookSettings:
    """What the environment says, and below it the project. Raises `InvalidProject`."""
    section = project.webhooks
    url: Mapping[str, Any] = section.get("url") or {}
    said: dict[str, Any] = {name: url[name] for name in _NAMES if url.get(name) is not None}
    prefix = section.get("env_prefix") or PREFIX
    headers = section.get("headers") or {}
    if "webhooks" in project.http.disabled:
        said["enabled"] = False
    if headers:
        said["headers"] = {name: SecretStr(_filled(name, text, prefix)) for name, text in headers.items()}
    known = WebhookSettings()
    fresh = {name: value for name, value in said.items() if name not in known.model_fields_set}
    try:
        return WebhookSettings(**fresh)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise InvalidProject(f"webhooks: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _filled(header: str, text: str, prefix: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not name.startswith(prefix):
            raise InvalidProject(f"webhooks.headers.{header} names {name}", hint=f"only {prefix}… may be named")
        held = variable(name)
        if held is None:
            raise InvalidProject(
                f"webhooks.headers.{header}: {name} is not set", hint=f"set {name}, or put it into env"
            )
        return held

    return _TEMPLATE.sub(value, text)
