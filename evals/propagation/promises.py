"""What the benchmark holds Stemma's memory to, and the world to. Pure.

Decides what passes: with lineage and alternative support nothing contaminated, nothing true lost and nothing false left
after containment; and the world must have been worth defending. What cannot be said (no such question) fails nothing.
"""

from __future__ import annotations

from stemma.evals.summary import Json

_MUST = {
    "contamination_after": 0.0,
    "invalidated_memory_exposure": 0.0,
    "time_to_clean": 0.0,
    "blast_radius_precision": 1.0,
    "blast_radius_recall": 1.0,
    "collateral_loss": 0.0,
    "support_preserved": 1.0,
}
"""What lineage with alternative support has to reach, over all seeds."""
LEAST_HARM = 0.2
"""How much has to be contaminated when nothing is done, or being clean means nothing."""
MOST_LOSS = 0.01
"""How far the availability of healthy answers may fall below the clean run's."""


def broken(ours: Json) -> list[str]:
    """The promises that the arm with alternative support did not keep, in words; empty when all are kept."""
    said = [
        f"{metric} is {ours[metric]['mean']:.4g}, and has to be {wanted:g}"
        for metric, wanted in _MUST.items()
        if metric in ours and ours[metric]["mean"] != wanted
    ]
    if "time_to_clean" not in ours:
        said.append("memory was not clean at the end")
    available = ours.get("answer_availability")
    if available and available["mean"] < -MOST_LOSS:
        said.append(f"answer_availability fell by {-available['mean']:.2%}")
    return said


def harmless(undefended: Json) -> list[str]:
    """Why the world was not worth defending, if it was not: what came of doing nothing about all classes of fault."""
    after = undefended.get("contamination_after")
    if after is None or after["mean"] >= LEAST_HARM:
        return []
    return [f"undefended, only {after['mean']:.1%} of the answers were contaminated: it takes {LEAST_HARM:.0%}"]
