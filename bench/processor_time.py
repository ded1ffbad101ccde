"""Processor time of a measurement: of this process and of the children that ended in it.

Decides what counts as spent: an ingestion's child works for it. A server that goes on is measured by its own id.
"""

from __future__ import annotations

import os


def spent() -> float:
    """Seconds so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
