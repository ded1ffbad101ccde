"""Which of a batch of source versions are taken. Pure, so that every store decides alike.

Decides nothing about locks: the caller holds the newest versions still, from reading them until it has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemma.memory.bundles import SourceBundle
from stemma.memory.model import Scope

Place = tuple[Scope, str]
"""Where the versions of one source stand: scope and uri."""


def place(bundle: SourceBundle) -> Place:
    return bundle.source.scope, bundle.source.uri


def next_versions(bundles: Sequence[SourceBundle], newest: Mapping[Place, tuple[int, str]]) -> list[bool]:
    """Whether each bundle is the next version of its source, as if they came one after another.

    `newest` has the version number and source id that a place has now; a place without one is left out.
    """
    reached = dict(newest)
    taken: list[bool] = []
    for bundle in bundles:
        version, source_id = reached.get(place(bundle), (0, None))
        fits = (bundle.source.version, bundle.replaces) == (version + 1, source_id)
        if fits:
            reached[place(bundle)] = (bundle.source.version, bundle.source.id)
        taken.append(fits)
    return taken
