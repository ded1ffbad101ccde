"""The variables of a project: those of its `env`, put into this process's environment. Nobody else here touches it.

Decides who wins: what the process was started with. A value is never logged or shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from dotenv import dotenv_values

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.model import Project


def variables(project: Project) -> Mapping[str, str]:
    """What the project's `env` says. Raises `InvalidProject` for a file that cannot be read."""
    if not isinstance(project.env, str):
        return project.env
    file = project.folder / project.env
    try:
        with file.open(encoding="utf-8") as stream:
            found = dotenv_values(stream=stream)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProject(f"env: {project.env} cannot be read", hint=f"create {file}, or correct env") from error
    return {name: value for name, value in found.items() if value is not None}


def set_variables(values: Mapping[str, str]) -> list[str]:
    """Set those that the process does not have yet; returns their names."""
    fresh = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in fresh})
    return fresh


def variable(name: str) -> str | None:
    """A variable's value, None when it is not set."""
    return os.environ.get(name)
