"""How an evaluation ends, as the exit code of its command. The numbers are part of the command's contract."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script or a scheduler may branch on."""

    PASS = 0
    REGRESSION = 1
    """Worse than it has to be: below the baseline, or a promise that always holds was broken."""
    USAGE = 2
    """Wrong usage or configuration; nothing was measured."""
    INCONCLUSIVE = 3
    """Too few pairs, or too few rows with a score, to say either."""
    EXECUTION = 4
    """Something that had to be measured could not be: there are failure rows."""
    INTERRUPTED = 130
    """Stopped by the person; what was done until then is written."""
