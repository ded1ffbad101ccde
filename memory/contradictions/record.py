"""A contradiction as a JSON object and as lines for a terminal. Pure.

Decides what a person sees of it first: what the two say otherwise, both quotes, and which has more for it and why.
"""

from __future__ import annotations

from typing import Any

from stemma.memory.contradictions.model import Weighed
from stemma.memory.ingest.subjects import unnamed
from stemma.memory.lineage.flags import flags
from stemma.memory.model import Claim
from stemma.memory.terminal import printable, shortened


def contradiction_record(weighed: Weighed) -> dict[str, Any]:
    """What `--json` prints and what is sent: the newer claim's side, the older one's, and what was decided."""
    conflict = weighed.conflict
    return {
        "id": conflict.id,
        "scope": {name: value for name in ("user", "agent", "thread") if (value := getattr(conflict.scope, name))},
        "slot": conflict.slot,
        "about": conflict.about,
        "newer": _side(weighed.claim, conflict.ours, conflict.our_quote),
        "older": _side(weighed.other, conflict.theirs, conflict.their_quote),
        "better_supported": weighed.preferred.claim_id,
        "because": weighed.preferred.reason,
        "detector": conflict.detector,
        "found_at": conflict.found_at.isoformat(),
        "resolution": conflict.resolution.value,
        "resolved_by": conflict.resolved_by,
        "resolved_at": conflict.resolved_at.isoformat() if conflict.resolved_at else None,
        "reason": conflict.reason,
        "decision": conflict.decision,
    }


def lines(weighed: Weighed) -> list[str]:
    """One contradiction for a person."""
    conflict = weighed.conflict
    about = f" of {printable(conflict.about)}" if conflict.about else ""
    state = conflict.resolution.value or ("one side is in quarantine" if conflict.decision else "open")
    by = f" by {printable(conflict.resolved_by)}" if conflict.resolved_by else ""
    why = f": {printable(conflict.reason)}" if conflict.reason else ""
    told = [
        f"{conflict.id}  {conflict.slot}{about}  ({state}{by}{why})",
        _line("newer", weighed.claim, conflict.our_quote),
        _line("older", weighed.other, conflict.their_quote),
    ]
    if conflict.resolution:
        return told
    better = {weighed.claim.id: "newer", weighed.other.id: "older", "": "neither side"}[weighed.preferred.claim_id]
    return [*told, f"  better supported: {better} ({printable(weighed.preferred.reason)})"]


def _side(claim: Claim, value: str, quote: str) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "says": value,
        "quote": quote,
        "recorded_at": claim.recorded_at.isoformat(),
        "flags": [flag.value for flag in flags(claim)],
    }


def _line(word: str, claim: Claim, quote: str) -> str:
    found = ", ".join(flags(claim))
    about = unnamed(claim.text, claim.subject)
    told = f'  {word}  {claim.id}  "{shortened(quote, 160)}"' + (f", about {shortened(about, 80)}" if about else "")
    return told + (f"  ({found})" if found else "")
