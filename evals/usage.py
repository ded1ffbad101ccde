"""What the runs took: time for each step, tokens as the model reported them, and what those cost.

Decides how amounts are summed up. They are no scores: nothing here is in [0, 1], and no gate looks at it. A model that
reports no tokens has none here, not zero; cost is known only where prices are set (EVALS_PRICE_INPUT, _OUTPUT).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemma.evals.case import Row
from stemma.evals.metrics.intervals import percentile
from stemma.evals.recording import Recording, Tokens
from stemma.evals.settings import EvalSettings
from stemma.evals.summary import Json


@dataclass(frozen=True, slots=True)
class Prices:
    """Of a million tokens, in whatever currency."""

    input: float
    output: float

    def of(self, tokens: Sequence[Tokens]) -> float:
        return sum(each.input * self.input + each.output * self.output for each in tokens) / 1e6


def prices_of(settings: EvalSettings) -> Prices | None:
    """None unless both are set."""
    if settings.price_input is None or settings.price_output is None:
        return None
    return Prices(settings.price_input, settings.price_output)


def usage_of(recording: Recording, prices: Prices | None) -> Json:
    """{"steps": [{"step", "ms"}], "tools": [{"name", "args"}], "tokens": [{"step", "input", "output"}], "cost"} of one
    run; tokens is empty where the model reported none, and cost is None then or without prices."""
    known = prices is not None and bool(recording.tokens)
    return {
        "steps": [{"step": step.name, "ms": step.milliseconds} for step in recording.steps],
        "tools": [{"name": call.name, "args": dict(call.args or {})} for call in recording.tool_calls],
        "tokens": [{"step": each.step, "input": each.input, "output": each.output} for each in recording.tokens],
        "cost": round(prices.of(recording.tokens), 9) if prices is not None and known else None,
    }


def usage_figures(rows: Sequence[Row]) -> Json:
    """{"steps": {step: {"calls", "p50_ms", "p95_ms", "input", "output"}}, "tokens": {"input", "output", "cases"},
    "cost": {"sum", "cases"}} over all rows with a usage; tokens and cost are None where no case had any."""
    found = [usage for row in rows if (usage := row.detail.get("usage"))]
    tokens = [each for usage in found for each in usage["tokens"]]
    costs = [usage["cost"] for usage in found if usage["cost"] is not None]
    return {
        "steps": _steps(found, tokens),
        "tokens": _sums(tokens) | {"cases": sum(bool(usage["tokens"]) for usage in found)} if tokens else None,
        "cost": {"sum": round(sum(costs), 9), "cases": len(costs)} if costs else None,
    }


def _steps(found: Sequence[Json], tokens: Sequence[Mapping[str, object]]) -> Json:
    times: dict[str, list[float]] = {}
    for usage in found:
        for step in usage["steps"]:
            times.setdefault(step["step"], []).extend([step["ms"]] if step["ms"] is not None else [])
    return {
        name: {
            "calls": len(each),
            "p50_ms": round(percentile(each, 0.5), 3) if each else None,
            "p95_ms": round(percentile(each, 0.95), 3) if each else None,
            **_sums([token for token in tokens if token["step"] == name]),
        }
        for name, each in times.items()
    }


def _sums(tokens: Sequence[Mapping[str, object]]) -> Json:
    return {side: sum(int(str(each[side])) for each in tokens) for side in ("input", "output")}
