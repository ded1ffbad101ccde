"""A run and the subgraphs it ran, as a tree. Pure.

Decides the status of a node: that of the last thing its subgraph said, and of the root, that of the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from stemma.graphs.protocol.event import path_of
from stemma.graphs.runs.events import EventName, RunEvent

_ROOT = {"pending": "started", "running": "running", "success": "completed", "interrupted": "interrupted"}


def agent_tree(rows: Iterable[RunEvent], graph_name: str, status: str) -> dict[str, Any]:
    """langchain_protocol's `AgentTreeNode` of a run. `rows`: its own, in order; `status`: the run's."""
    root: dict[str, Any] = {"namespace": [], "status": _ROOT.get(status, "failed"), "graph_name": graph_name}
    nodes: dict[tuple[str, ...], dict[str, Any]] = {(): root}
    for row in rows:
        if row.event == EventName.END and orjson.loads(row.data).get("interrupted"):
            root["status"] = "interrupted"
        elif row.event == EventName.LIFECYCLE:
            _place(nodes, path_of(row.namespace), orjson.loads(row.data))
    return root


def _place(nodes: dict[tuple[str, ...], dict[str, Any]], path: tuple[str, ...], said: dict[str, Any]) -> None:
    node = nodes.get(path)
    if node is None:
        node = nodes[path] = {"namespace": list(path), "graph_name": said.get("graph_name") or path[-1]}
        above = next(nodes[path[:cut]] for cut in range(len(path) - 1, -1, -1) if path[:cut] in nodes)
        above.setdefault("children", []).append(node)
    node["status"] = said["event"]
