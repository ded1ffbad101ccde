"""Projects to begin with: `stemma init` copies one into a folder.

Decides that nothing is overwritten. What a template holds stands in the folder beside this file, as ordinary files that
run where they are.
"""

from __future__ import annotations

from pathlib import Path

from stemma.graphs.errors import InvalidProject

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = {
    "answer": "questions over your documents, answered with citations",
    "agent": "an agent with a tool, and a person who approves its use",
    "own": "the smallest graph, to replace with yours",
}
_LEFT_OUT = "__pycache__"


def write_template(name: str, target: Path) -> list[Path]:
    """Copy a template's files into a folder, which is made if need be; returns their paths below it.

    Raises `InvalidProject` for an unknown template, and when a file of the same name is there; then nothing is written.
    """
    if name not in TEMPLATES:
        raise InvalidProject(f"there is no template {name}", hint=f"one of {', '.join(TEMPLATES)}")
    source = FOLDER / name
    files = sorted(path for path in source.rglob("*") if path.is_file() and _LEFT_OUT not in path.parts)
    shown = [file.relative_to(source) for file in files]
    for file in shown:
        if (target / file).exists():
            raise InvalidProject(f"{target / file} is there already", hint="choose an empty folder")
    try:
        for file in shown:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).write_bytes((source / file).read_bytes())
    except OSError as error:
        raise InvalidProject(f"{target} cannot be written: {error.strerror}", hint="choose another folder") from error
    return shown
