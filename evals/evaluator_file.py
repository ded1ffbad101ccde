"""Evaluators from a user's file: `stemma eval run --evaluator path.py`.

Decides which objects of the file are evaluators: those in its list `EVALUATORS` if it has one, otherwise every function
marked with `@evaluator`, in the order of the file. The file is code and runs with the rights of whoever named it on
their own command line; nothing else ever names one: no setting, no data set, no request.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from stemma.evals.errors import InvalidEvaluator
from stemma.evals.evaluator import Evaluator, FunctionEvaluator

_METRIC = re.compile(r"[a-z][a-z0-9_]*")
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    SystemExit,
    TypeError,
    ValueError,
)
"""What running a module may raise."""


def load_evaluators(files: Sequence[Path], taken: Collection[str] = ()) -> tuple[Evaluator, ...]:
    """The evaluators of all files, in order; `taken` are the names of metrics that exist already.

    Raises `InvalidEvaluator` for a file that cannot be run or holds none, and for a name that is no metric's or is used
    twice.
    """
    found: list[Evaluator] = []
    names = set(taken)
    for file in files:
        for each in _of(_module(file), file):
            if not _METRIC.fullmatch(str(each.metric)):
                message = f"{file}: {each.metric!r} is no name for a metric"
                raise InvalidEvaluator(message, hint="lower-case letters, digits and underscores: short_enough")
            if each.metric in names:
                message = f"{file}: there is a metric {each.metric} already"
                raise InvalidEvaluator(message, hint="name it otherwise: @evaluator(name='…')")
            names.add(each.metric)
            found.append(each)
    return tuple(found)


def _module(file: Path) -> ModuleType:
    name = f"stemma_evaluators_{re.sub(r'[^0-9a-zA-Z_]', '_', file.stem)}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise InvalidEvaluator(f"{file} is no Python file", hint="--evaluator takes a file: my_checks.py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except _BROKEN as problem:
        raise InvalidEvaluator(f"{file} cannot be run: {type(problem).__name__}: {problem}") from problem
    return module


def _of(module: ModuleType, file: Path) -> Sequence[Evaluator]:
    listed = getattr(module, "EVALUATORS", None)
    found = list(vars(module).values()) if listed is None else list(listed)
    if listed is None:
        found = [each for each in found if isinstance(each, FunctionEvaluator)]
        found = list({id(each): each for each in found}.values())
    for each in found:
        if not callable(getattr(each, "evaluate", None)) or not hasattr(each, "metric"):
            message = f"{file}: EVALUATORS holds {each!r}, which has no `metric` and `evaluate`"
            raise InvalidEvaluator(message, hint="mark a function with @evaluator, or give it both")
    if not found:
        raise InvalidEvaluator(f"{file} holds no evaluator", hint="from stemma.evals import evaluator; @evaluator")
    return found
