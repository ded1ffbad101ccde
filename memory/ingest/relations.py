"""Which things a claim relates to each other: `(Entity)-[:RELATES_TO]->(Entity)`, read off its parts and its mentions.

Decides when a claim's subject is one thing it mentions and its object another: the subject is the thing's name and
nothing else; the object begins with the other's name, or reaches it by a few words that end in a preposition ("is |
the capital | of | Norda"; after ReVerb's relation phrases, Fader et al. 2011, section 3.1). It refuses what only begins
like a name ("met Ann Berg's brother", "bought Acme shares"). At most one relation of each claim. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from stemma.memory.model import Claim, EntityRelation, Mention
from stemma.memory.text import normalise

_LONGEST_PREDICATE = 80
_MOST_WORDS = 5
"""So many words may stand between the verb and the name."""
_PREPOSITIONS = (
    "about|against|at|between|by|for|from|in|into|near|of|on|over|through|to|towards?|under|upon|with|within"
)
_GAP = re.compile(
    rf"((?:(?:[\w'’-]+\s+){{0,{_MOST_WORDS - 1}}}(?:{_PREPOSITIONS})\s+)?)(?:(?:the|an?)\s+)?", re.IGNORECASE
)
"""What stands before the name: words that belong to the predicate, and an article that does not."""
_OTHER_CLAUSE = re.compile(
    r"\b(?:and|but|not|or|that|what|when|where|whether|which|who|whom|whose|while)\b", re.IGNORECASE
)
_AFTER = re.compile(
    rf"\s*(?:\Z|[.,;:!?()\[\]–—]|(?:after|as|because|before|during|or|since|until|when|where|which|while|who"
    rf"|{_PREPOSITIONS})\b)",
    re.IGNORECASE,
)
"""What may follow a name that stands for itself."""


def relations(claims: Iterable[Claim], mentions: Iterable[Mention]) -> list[EntityRelation]:
    """One relation for each claim that relates two different things, in the order of the claims."""
    named: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        named[mention.item_id].append(mention)
    found = (_relation(claim, _spelled(claim, named[claim.id])) for claim in claims if claim.subject and claim.object)
    return [relation for relation in found if relation]


def _spelled(claim: Claim, mentions: Iterable[Mention]) -> dict[str, str]:
    """What the claim writes -> the thing it means."""
    return {claim.text[one.start : one.end]: one.entity_id for one in mentions}


def _relation(claim: Claim, spelled: Mapping[str, str]) -> EntityRelation | None:
    keys = {normalise(name): entity for name, entity in spelled.items()}
    subject = keys.get(normalise(claim.subject))
    if subject is None:
        return None
    places = ((claim.object.find(name), -len(name), name) for name in spelled)
    start, _, name = min((place for place in places if place[0] >= 0), default=(-1, 0, ""))
    before = _GAP.fullmatch(claim.object, 0, start) if start >= 0 else None
    if before is None or _OTHER_CLAUSE.search(before.group()) or not _AFTER.match(claim.object, start + len(name)):
        return None
    predicate = " ".join(f"{claim.predicate} {before.group(1)}".split())
    if spelled[name] == subject or len(predicate) > _LONGEST_PREDICATE:
        return None
    return EntityRelation(claim.id, subject, predicate, spelled[name])
