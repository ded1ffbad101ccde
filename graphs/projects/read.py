"""A `langgraph.json` on disk -> a checked project whose variables are set. Light: nothing of LangGraph is imported."""

from __future__ import annotations

from pathlib import Path

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.model import Project
from stemma.graphs.projects.parse import parse

FILE = "langgraph.json"


def read_project(file: Path) -> Project:
    """The project of a file, or of the folder that holds it. Nothing is imported. Raises `InvalidProject`."""
    file = (file / FILE if file.is_dir() else file).absolute()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidProject(f"there is no {file}", hint="stemma init --template own .") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProject(f"{file} cannot be read") from error
    return parse(text, file)
