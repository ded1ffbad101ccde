"""What a project's `dependencies` mean on this machine: folders on `sys.path`, packages that are there or missing.

Decides nothing about installing: it names what is missing, with the line that installs it.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.model import Project

REPLACED = frozenset({"langgraph-api", "langgraph-cli", "langgraph-runtime-inmem"})
"""The official server and its parts: projects list them, and Stemma stands in for them."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What was found."""

    folders: tuple[Path, ...]
    missing: tuple[str, ...]
    """Requirements that no installed package fulfils, as they are written."""

    @property
    def hint(self) -> str:
        """The line that installs what is missing."""
        return f"pip install {' '.join(repr(one) for one in self.missing)}" if self.missing else ""


def resolve(project: Project) -> Dependencies:
    """Look at every dependency; nothing is changed. Raises `InvalidProject` for a folder that does not exist."""
    folders: list[Path] = [project.folder]
    missing: list[str] = []
    for entry in project.dependencies:
        folder = _folder(project, entry)
        if folder is None:
            missing += _missing(entry)
            continue
        folders += [place for place in (folder / "src", folder) if place.is_dir() and not _is_package(place)]
        for requirement in _required_by(folder):
            missing += _missing(requirement)
    return Dependencies(tuple(dict.fromkeys(folders)), tuple(dict.fromkeys(missing)))


def put_on_path(folders: tuple[Path, ...]) -> None:
    """Before everything else, so that a project's own `memory` or `api` is what its code imports."""
    for folder in reversed(folders):
        if (entry := str(folder)) not in sys.path:
            sys.path.insert(0, entry)


def _folder(project: Project, entry: str) -> Path | None:
    """The local folder that an entry names, None for a package."""
    written = entry.removeprefix("-e").strip()
    folder = (project.folder / written).resolve()
    if written.startswith((".", "/", "~")):
        if not folder.is_dir():
            raise InvalidProject(f"dependencies: there is no folder {entry}", hint=f"create {folder}")
        return folder
    return folder if "/" in written and folder.is_dir() else None


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _required_by(folder: Path) -> Iterator[str]:
    """What a local folder's own files ask for."""
    pyproject, requirements = folder / "pyproject.toml", folder / "requirements.txt"
    if pyproject.is_file():
        try:
            asked = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
        except tomllib.TOMLDecodeError as error:
            raise InvalidProject(f"{pyproject}: {error}", hint="correct that file") from error
        yield from asked.get("dependencies", ())
    if requirements.is_file():
        for line in requirements.read_text(encoding="utf-8").splitlines():
            text = line.partition(" #")[0].strip()
            if text and not text.startswith(("#", "-", ".", "/")):
                yield text


def _missing(entry: str) -> Iterator[str]:
    """The entry, if it is a requirement by name that is not fulfilled here. An address cannot be looked up."""
    # Most projects name folders alone, and a server without a project names nothing.
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(entry)
    except InvalidRequirement:
        return
    if canonicalize_name(requirement.name) in REPLACED or (requirement.marker and not requirement.marker.evaluate()):
        return
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        yield entry
        return
    if not requirement.specifier.contains(found, prereleases=True):
        yield entry
