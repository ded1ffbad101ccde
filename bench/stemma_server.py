"""Stemma with the same graph: run row, event log of all recordable modes, lease, checkpoints, durability sync."""

from __future__ import annotations

from bench.three_steps import build
from stemma.api import create_app

app = create_app(graphs={"bench": build().compile()})
