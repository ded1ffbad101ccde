"""The endpoints of the Agent Server protocol by number, and which calls of which SDK reached them.

A call counts for an endpoint when it succeeded and one of its requests went there and was answered without an error.
What an answer should look like is not known here: that is for the tests of each route.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_TABLE = """
1 POST /assistants
2 GET /assistants/{assistant_id}
3 PATCH /assistants/{assistant_id}
4 DELETE /assistants/{assistant_id}
5 POST /assistants/search
6 POST /assistants/count
7 GET /assistants/{assistant_id}/graph
8 GET /assistants/{assistant_id}/schemas
9 GET /assistants/{assistant_id}/subgraphs
10 GET /assistants/{assistant_id}/subgraphs/{namespace}
11 POST /assistants/{assistant_id}/versions
12 POST /assistants/{assistant_id}/latest
13 POST /threads
14 GET /threads/{thread_id}
15 PATCH /threads/{thread_id}
16 DELETE /threads/{thread_id}
17 POST /threads/search
18 POST /threads/count
19 POST /threads/{thread_id}/copy
20 POST /threads/prune
21 GET /threads/{thread_id}/state
22 GET /threads/{thread_id}/state/{checkpoint_id}
23 POST /threads/{thread_id}/state/checkpoint
24 POST /threads/{thread_id}/state
25 POST /threads/{thread_id}/history
26 GET /threads/{thread_id}/stream
27 POST /threads/{thread_id}/runs
28 POST /threads/{thread_id}/runs/stream
29 POST /threads/{thread_id}/runs/wait
30 GET /threads/{thread_id}/runs
31 GET /threads/{thread_id}/runs/{run_id}
32 DELETE /threads/{thread_id}/runs/{run_id}
33 POST /threads/{thread_id}/runs/{run_id}/cancel
34 GET /threads/{thread_id}/runs/{run_id}/join
35 GET /threads/{thread_id}/runs/{run_id}/stream
36 POST /runs
37 POST /runs/stream
38 POST /runs/wait
39 POST /runs/batch
40 POST /runs/cancel
41 POST /runs/crons
42 POST /threads/{thread_id}/runs/crons
43 PATCH /runs/crons/{cron_id}
44 DELETE /runs/crons/{cron_id}
45 POST /runs/crons/search
46 POST /runs/crons/count
47 PUT /store/items
48 GET /store/items
49 DELETE /store/items
50 POST /store/items/search
51 POST /store/namespaces
52 POST /threads/{thread_id}/commands
53 POST /threads/{thread_id}/stream/events
54 GET /threads/{thread_id}/stream/events
55 POST /ui/{assistant_id}
56 GET /runs/{run_id}/stream
57 PATCH /threads/{thread_id}/state
"""


@dataclass(frozen=True)
class Endpoint:
    """One of the 57; a WebSocket is a GET, as it is on the wire."""

    number: int
    method: str
    path: str

    def takes(self, method: str, target: str) -> bool:
        """Whether a request went here."""
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, urlsplit(target).path) is not None


def _endpoints() -> dict[int, Endpoint]:
    rows = (line.split() for line in _TABLE.strip().splitlines())
    return {int(number): Endpoint(int(number), method, path) for number, method, path in rows}


ENDPOINTS: Mapping[int, Endpoint] = _endpoints()


@dataclass(frozen=True)
class Called:
    """What one SDK call did: its name, its requests as (method, target, status), and its failure."""

    call: str
    requests: list[tuple[str, str, int]]
    error: str | None = None

    def served(self, number: int) -> bool:
        """Whether this call shows that the endpoint works."""
        reached = any(
            ENDPOINTS[number].takes(method, target) and status < 400 for method, target, status in self.requests
        )
        return self.error is None and reached

    def told(self) -> str:
        """Why it does not count."""
        return f"{self.call}: {self.error or 'went elsewhere'} {self.requests[-3:]}"


def green(calls: Mapping[int, Called]) -> dict[int, Called]:
    """Those that show that their endpoint works."""
    return {number: done for number, done in calls.items() if done.served(number)}


def document(python: Mapping[int, Called], javascript: Mapping[int, Called]) -> str:
    """The page of the documentation: one row for each endpoint that the SDKs reached."""
    rows = []
    for number, endpoint in ENDPOINTS.items():
        if number not in python and number not in javascript:
            continue
        calls = [f"`{done.call}`" if done else "" for done in (python.get(number), javascript.get(number))]
        method = "WebSocket" if number == 54 else endpoint.method
        rows.append(f"| {number} | {method} | `{endpoint.path}` | {' | '.join(calls)} |")
    return "\n".join([*_HEAD, *rows, ""])


_HEAD = (
    "# Endpoints",
    "",
    "The endpoints of the Agent Server protocol, each with the call of the official SDKs that was seen to reach it and",
    "was answered. Written and checked by `tests/clients/test_endpoints.py`; `python -m tests.clients.table` writes it",
    "anew. An empty cell: that SDK has no such call.",
    "",
    "| # | method | path | Python | JavaScript |",
    "|---|---|---|---|---|",
)
