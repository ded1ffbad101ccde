"""What a project changes in the OpenAPI document: its own routes, what it switched off, its prefix, its security."""

from __future__ import annotations

from typing import Any

from stemma.api.custom_app import merge_document
from stemma.api.mounting import PATHS, withheld
from stemma.api.project import ServedProject


def with_project(document: dict[str, Any], project: ServedProject | None) -> dict[str, Any]:
    """The document as the project's clients should see it."""
    if project is None:
        return document
    http, security = project.http, project.loaded.project.auth.openapi
    patterns = [PATHS[part] for part in http.disabled if part in PATHS]
    document["paths"] = {path: one for path, one in document["paths"].items() if not withheld(path, patterns)}
    merge_document(document, project.app)
    if http.mount_prefix:
        document["servers"] = [{"url": http.mount_prefix}]
    document["components"]["securitySchemes"] |= security.get("securitySchemes", {})
    if "security" in security:
        document["security"] = security["security"]
    for path, methods in security.get("paths", {}).items():
        for method, needed in methods.items():
            operation = document["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                operation["security"] = needed
    return document
