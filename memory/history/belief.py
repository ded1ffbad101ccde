"""What was believed at a moment, and of which moment in the world: from a dated region to the flags of then. Pure.

Decides which facts count. The rule that makes flags of facts is `lineage/support.py`'s, for the past as for today.

*Known at T* (transaction time): what was recorded, derived, superseded or decided after T does not exist, and a
decision lifted after T still holds. What happened at T itself counts.

*As of W* (valid time): what holds at W, by the belief that is asked for.

1. A claim holds from its `valid_from` on and before its `valid_to`. One that does not state its start has always held.
2. A claim that supersedes counts from its `valid_from` on: until then the older one still holds. Without a start it is
   a correction: what it corrects never held.
3. A version of a source holds from its metadata's `valid_from` on and before its `valid_to`. One that does not state
   its start holds from its `added_at` on, but the oldest version that is supported has always held: nothing is known
   of before it. From its start on it stands in the place of the older versions.
4. A passage holds as long as its source, whatever its text says.
5. What is stated and cannot be read as a date counts as not stated.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from stemma.memory.consolidation.standing import hidden
from stemma.memory.history.model import DatedDuplicates, DatedItem, DatedRegion, Past, Sight, SourceVersion
from stemma.memory.lineage.model import Retraction, Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SEARCHED = (Node.PASSAGE, Node.CLAIM)
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


def read_moment(text: str) -> datetime | None:
    """A stated date or time as its first instant, in UTC where no zone is given; None for anything else.

    ISO 8601 in its long form: 2026-03-01, or that with a time behind it.
    """
    try:
        found = datetime.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def past(region: DatedRegion, known_at: datetime | None, as_of: datetime | None) -> Past:
    """What a look back sees. The region is one that was asked for with these moments, or with wider ones."""
    facts = facts_at(region, known_at, as_of)
    then = statuses(facts)
    unknown = frozenset(region.items.keys() - then.keys())
    searched = [item for item in region.items.values() if item.node in _SEARCHED and item.searched]
    seen = {item.id for item in searched if item.id in then and then[item.id].current}
    today = {item.id for item in searched if item.now.current}
    sight = Sight(frozenset(today - seen), frozenset(seen - today))
    hidden_then, sight = _without_duplicates(region.duplicates, known_at, then, unknown, sight)
    later = frozenset(
        (one.dependent, one.justification, one.antecedent)
        for one in region.reasons
        if one.justification and not _known(one.at, known_at)
    )
    return Past(
        known_at,
        as_of,
        then,
        sight,
        later,
        unknown=unknown,
        superseded_later=frozenset(
            (newer, older) for newer, older, at in region.supersessions if not _known(at, known_at)
        ),
        also=Counter(hidden_then.values()),
        replaced=frozenset(
            item_id
            for item_id in then
            if region.items[item_id].node is Node.SOURCE and facts.superseded_by.get(item_id)
        ),
        in_force=_in_force(region, known_at),
    )


def facts_at(region: DatedRegion, known_at: datetime | None, as_of: datetime | None) -> Facts:
    """The facts that count at these moments; None is today."""
    known = {item.id: item for item in region.items.values() if _known(item.recorded_at, known_at)}
    taken_back = _in_force(region, known_at).keys()
    starts = _starts(known, taken_back)
    superseded_by = _superseded_claims(region, known_at, as_of, starts)
    superseded_by.update(_replaced_sources(known, taken_back, as_of, starts))
    return Facts(
        nodes={item_id: item.node for item_id, item in known.items()},
        justifications=_justifications(region, known, known_at),
        taken_back=taken_back,
        superseded_by=superseded_by,
        around=region.around,
        not_holding=set() if as_of is None else _not_holding(known, starts, as_of),
    )


def _without_duplicates(
    found: DatedDuplicates,
    known_at: datetime | None,
    then: Mapping[str, Status],
    unknown: Collection[str],
    sight: Sight,
) -> tuple[dict[str, str], Sight]:
    """What was hidden then, with what was shown in its place, and the sight of both: of what says the same, what a
    search finds follows from what was current and known to say the same, then as today."""
    if not found.edges:
        return {}, sight
    places = {item_id: place for item_id, place in found.places.items() if item_id not in unknown}
    current = {one for one in places if (then[one].current if one in then else one in found.current)}
    edges = [(one.id, one.canonical) for one in found.edges]
    hidden_now = hidden(edges, found.places, found.current)
    known = [pair for pair, one in zip(edges, found.edges, strict=True) if _known(one.at, known_at)]
    hidden_then = hidden(known, places, current)
    today = _searched(found, (one for one in found.current if one not in hidden_now))
    seen = _searched(found, (one for one in current if one not in hidden_then))
    concerned = _searched(found, found.places)
    return hidden_then, Sight((sight.hidden - concerned) | (today - seen), (sight.shown - concerned) | (seen - today))


def _searched(found: DatedDuplicates, ids: Iterable[str]) -> frozenset[str]:
    return frozenset(item_id for one in ids for item_id in found.searched.get(one, ()))


def _in_force(region: DatedRegion, known_at: datetime | None) -> dict[str, list[Retraction]]:
    """By item, the decisions that hold it."""
    found: dict[str, list[Retraction]] = {}
    for one in region.decisions:
        if _known(one.at, known_at) and (one.lifted_at is None or not _known(one.lifted_at, known_at)):
            found.setdefault(one.withdraws, []).append(one)
    return found


def _known(at: datetime, known_at: datetime | None) -> bool:
    return known_at is None or at <= known_at


def _justifications(
    region: DatedRegion, known: Mapping[str, DatedItem], known_at: datetime | None
) -> dict[str, list[Collection[str]]]:
    sets: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in region.reasons:
        if one.dependent in known and _known(one.at, known_at):
            sets[one.dependent][one.justification].append(one.antecedent)
    return {
        item_id: list(sets[item_id].values()) if item.node is Node.CLAIM else [sets[item_id][""]]
        for item_id, item in known.items()
    }


def _superseded_claims(
    region: DatedRegion, known_at: datetime | None, as_of: datetime | None, starts: Mapping[str, datetime]
) -> dict[str, list[str]]:
    """By older claim, the newer ones that count. One of outside counts: it would be inside if it began later."""
    found: dict[str, list[str]] = {}
    for newer, older, at in region.supersessions:
        if _known(at, known_at) and (as_of is None or starts.get(newer, _ALWAYS) <= as_of):
            found.setdefault(older, []).append(newer)
    return found


def _replaced_sources(
    known: Mapping[str, DatedItem],
    taken_back: Collection[str],
    as_of: datetime | None,
    starts: Mapping[str, datetime],
) -> dict[str, list[str]]:
    """By older version, the newest one that is supported and has begun; a region holds all that can be it."""
    found: dict[str, list[str]] = {}
    for versions in _versions(known).values():
        newest = ""
        for source in versions:
            if newest:
                found[source.id] = [newest]
            elif source.id not in taken_back and (as_of is None or starts[source.id] <= as_of):
                newest = source.id
    return found


def _starts(known: Mapping[str, DatedItem], taken_back: Collection[str]) -> dict[str, datetime]:
    """Since when every claim and source holds in the world."""
    starts = {item.id: read_moment(item.valid_from) or _ALWAYS for item in known.values() if item.node is Node.CLAIM}
    for versions in _versions(known).values():
        first = True
        for source in reversed(versions):
            stated = read_moment(source.valid_from)
            starts[source.id] = stated or (_ALWAYS if first else source.recorded_at)
            first = first and source.id in taken_back
    return starts


def _versions(known: Mapping[str, DatedItem]) -> dict[tuple[str, str], list[DatedItem]]:
    """The versions of each source, the newest first."""
    found: defaultdict[tuple[str, str], list[DatedItem]] = defaultdict(list)
    for item in known.values():
        if item.node is Node.SOURCE:
            found[item.audience, item.uri].append(item)
    return {place: sorted(some, key=lambda item: -item.version) for place, some in found.items()}


def _not_holding(known: Mapping[str, DatedItem], starts: Mapping[str, datetime], as_of: datetime) -> set[str]:
    return {
        item_id
        for item_id, start in starts.items()
        if as_of < start or (read_moment(known[item_id].valid_to) or _NEVER) <= as_of
    }


def anchors(versions: Iterable[SourceVersion], moved: Collection[str]) -> set[str]:
    """Of each source, the newest version that is supported, now as at the moments that are asked for.

    `moved` are the versions that may have stood otherwise. What is older than an anchor was current at none of these
    moments and is not today, so a region need not hold it.
    """
    found: dict[tuple[str, str], SourceVersion] = {}
    for one in versions:
        known = found.get((one.audience, one.uri))
        if one.supported and one.id not in moved and (known is None or known.version < one.version):
            found[one.audience, one.uri] = one
    return {one.id for one in found.values()}
