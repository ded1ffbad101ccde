"""Write docs/reference/endpoints.md anew: `python -m tests.clients.table`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.clients.drive import drive_both
from tests.clients.endpoints import document, green

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "endpoints.md"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        python, javascript = asyncio.run(drive_both(Path(folder)))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(document(green(python), green(javascript)))


if __name__ == "__main__":
    main()
