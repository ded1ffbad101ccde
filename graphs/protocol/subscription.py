"""What a subscriber wants of a thread: channels, and where in the tree of subgraphs. Pure.

Decides as the SDKs' own filters do: a namespace segment without `:` stands for every run of that node, `custom` stands
for every named custom channel, and no namespaces stands for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemma.graphs.protocol.event import ProtocolEvent

CHANNELS = ("values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom")
"""Every channel there is; besides, `custom:<name>`."""
WATCHED = ["lifecycle", "input"]
"""What both SDKs' watchers ask for, in their order; what a caller of theirs asks for comes sorted, or with more."""
NAMED = "custom:"


def is_channel(name: str) -> bool:
    return name in CHANNELS or (name.startswith(NAMED) and len(name) > len(NAMED))


@dataclass(frozen=True, slots=True)
class Subscription:
    """A filter on a thread's events, and from where on."""

    channels: frozenset[str]
    namespaces: Sequence[Sequence[str]] | None = None
    """Prefixes; none, or an empty list: everything."""
    depth: int | None = None
    """How far below a prefix; None: all the way down."""
    since: int = 0
    """Events with a higher number."""
    watches: bool = False
    """Whether this is an SDK's own stream beside those its callers read: told of a question last (`siblings.py`)."""

    @property
    def methods(self) -> frozenset[str]:
        """The channels without the names of custom ones: what has to be made at all."""
        return frozenset("custom" if name.startswith(NAMED) else name for name in self.channels)

    def wants(self, event: ProtocolEvent) -> bool:
        """Whether this event belongs to the subscription."""
        if event.seq <= self.since:
            return False
        named = event.name is not None and f"{NAMED}{event.name}" in self.channels
        return (named or event.channel in self.channels) and self._reaches(event.namespace)

    def _reaches(self, namespace: Sequence[str]) -> bool:
        if not self.namespaces:
            return True
        return any(
            _starts(namespace, prefix) and (self.depth is None or len(namespace) - len(prefix) <= self.depth)
            for prefix in self.namespaces
        )


def _starts(namespace: Sequence[str], prefix: Sequence[str]) -> bool:
    return len(prefix) <= len(namespace) and all(
        segment == wanted or (":" not in wanted and segment.partition(":")[0] == wanted)
        for segment, wanted in zip(namespace, prefix, strict=False)
    )
