"""What an answer may rest on, and what it may add to: one rule for every store. Pure.

Decides that whatever a bundle names must be seen by the answer's scope, and that a claim is supported only by what its
own audience sees: a claim of everyone never gains a reason that one user's memory gave it, which others could neither
see nor take back.
"""

from __future__ import annotations

from collections.abc import Mapping

from stemma.memory.bundles import AnswerBundle
from stemma.memory.errors import UnknownItem, WiderItem
from stemma.memory.model import Scope


def named(bundle: AnswerBundle) -> set[str]:
    """The ids of everything that the bundle writes about or rests on."""
    claims = {claim.id for claim in bundle.claims} | set(bundle.answer.asserts)
    rests = {item for row in bundle.derivations for item in (row.claim_id, row.antecedent_id)}
    return claims | rests | {use.item_id for use in bundle.answer.used}


def admit(bundle: AnswerBundle, stored: Mapping[str, str]) -> None:
    """Raise `UnknownItem` or `WiderItem` for a bundle that must not be stored.

    `stored` has the audience of everything `named` that is there already, whoever may see it.
    """
    scope = bundle.answer.scope
    seen = scope.audiences()
    new = {claim.id: claim.scope.audience for claim in bundle.claims} | {bundle.answer.id: scope.audience}
    known = {**new, **stored}
    for item_id in sorted(named(bundle)):
        if known.get(item_id) not in seen:
            raise UnknownItem(f"the answer rests on {item_id!r}, which its scope does not hold")
    for row in bundle.derivations:
        claims = Scope(scope.tenant, *known[row.claim_id].split("\x1f"))
        if known[row.antecedent_id] not in claims.audiences():
            raise WiderItem(
                f"{row.claim_id!r} belongs to a wider scope than {row.antecedent_id!r}, which is to support it",
                hint="learn it as a claim of the narrower scope",
            )
