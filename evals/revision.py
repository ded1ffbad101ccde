"""Which code was measured: the git revision of the checkout, or the package's version where there is none."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def revision() -> str:
    """`git describe --always --dirty` of the checkout that this file is tracked in, otherwise the version."""
    git = shutil.which("git")
    if git is None or not _output(git, "ls-files", "--error-unmatch", Path(__file__).name):
        return product_version()
    return _output(git, "describe", "--always", "--dirty", "--tags") or product_version()


def product_version() -> str:
    """The installed distribution's version, "unknown" when it runs from loose files."""
    try:
        return version("stemma-agents")
    except PackageNotFoundError:
        return "unknown"


def _output(git: str, *arguments: str) -> str:
    """What git prints, empty when it fails. A checkout that this package merely lies in is not its own."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [git, *arguments], cwd=_PACKAGE, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
