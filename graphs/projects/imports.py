"""Imports what a path of `langgraph.json` names: "./file.py:name" or "package.module:name".

Decides under which module name a file is imported: the one by which the project's own code would import it, so that
nothing is loaded twice and classes keep one identity; only a file that has no such name gets one made up. Whatever a
project's module raises becomes one `CannotImport` that says where; nothing is swallowed.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from contextlib import AbstractContextManager
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from stemma.graphs.errors import CannotImport


def import_object(folder: Path, path: str) -> Any:
    """The object a path names; relative files begin at `folder`. Raises `CannotImport`."""
    place, _, name = path.rpartition(":")
    module = import_file(folder, place) if _is_file(place) else _import_name(folder, place)
    if not hasattr(module, name):
        public = [known for known in vars(module) if not known.startswith("_")]
        near = get_close_matches(name, public, 1)
        hint = f"did you mean {place}:{near[0]}?" if near else f"define {name} in {place}"
        raise CannotImport(f"{place} defines no {name}", hint=hint)
    return getattr(module, name)


def import_file(folder: Path, place: str) -> ModuleType:
    """The module of a file. Raises `CannotImport`."""
    file = (folder / place).resolve()
    if not file.is_file():
        raise CannotImport(f"{place}: there is no such file", hint=f"create {file}, or correct the path")
    with Guard(folder, place):
        for name in _names(file):
            if _leads_to(name, file):
                return import_module(name)
        return _load(file)


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _import_name(folder: Path, place: str) -> ModuleType:
    with Guard(folder, place):
        return import_module(place)


def _names(file: Path) -> list[str]:
    """The names by which the file may be known: through packages first, then through plain folders."""
    regular: list[str] = []
    plain: list[str] = []
    roots = {Path(entry).resolve() for entry in sys.path if entry}
    for root in sorted((root for root in roots if root in file.parents), key=lambda root: -len(root.parts)):
        parts = file.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if not parts or not all(part.isidentifier() for part in parts):
            continue
        parents = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
        packages = all((parent / "__init__.py").is_file() for parent in parents)
        (regular if packages else plain).append(".".join(parts))
    return [*sorted(regular, key=lambda name: -name.count(".")), *plain]


def _leads_to(name: str, file: Path) -> bool:
    """Whether importing the name would load this file, and no other of that name."""
    try:
        spec = find_spec(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):  # the folder above is another project's, or no package
            return False
        raise
    return spec is not None and bool(spec.origin) and Path(str(spec.origin)).resolve() == file


def _load(file: Path) -> ModuleType:
    """A module of its own, named after the whole path."""
    name = f"{file.stem}_{sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise CannotImport(f"{file.name} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    with contextlib.ExitStack() as undo:
        undo.callback(sys.modules.pop, name, None)
        spec.loader.exec_module(module)
        undo.pop_all()
    return module


class Guard(AbstractContextManager[None]):
    """Around code of the project: whatever it raises leaves as one `CannotImport` with the file and the line."""

    def __init__(self, folder: Path, place: str) -> None:
        self.folder, self.place = folder.resolve(), place

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception | SystemExit) and not isinstance(error, CannotImport):
            raise CannotImport(f"{self._where(error)}: {_said(error)}", hint=self._hint(error)) from error

    def _where(self, error: BaseException) -> str:
        if isinstance(error, SyntaxError) and error.filename:
            return f"{self._shown(error.filename)} line {error.lineno}"
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if self._own(frame.filename)]
        return f"{self._shown(frames[-1].filename)} line {frames[-1].lineno}" if frames else self.place

    def _own(self, filename: str) -> bool:
        # An environment inside the project's folder holds other people's code.
        path = Path(filename)
        return self.folder in path.parents and "site-packages" not in path.parts

    def _shown(self, filename: str) -> str:
        path = Path(filename)
        return str(path.relative_to(self.folder)) if self.folder in path.parents else filename

    def _hint(self, error: BaseException) -> str:
        if isinstance(error, SyntaxError):
            return f"correct that line: {(error.text or '').strip()}" if error.text else "correct that line"
        if isinstance(error, ModuleNotFoundError) and error.name:
            top = error.name.partition(".")[0]
            return f"pip install {top.replace('_', '-')}, or put the folder that holds {top} into dependencies"
        return "stemma --debug check shows the trace"


def _said(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(f"{type(error).__name__}: {said}".split())
