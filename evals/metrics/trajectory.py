"""How a run went, beside how it should have gone: its steps and its tool calls. Pure, all in [0, 1].

Order is judged by the longest common subsequence: what was expected and happened in the expected order, with anything
between. Extra steps lower precision, missing or swapped ones lower the order. Calls are matched as a bag by name and
arguments, so that their order is a question of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.evals.case import ToolCall


def common_subsequence(one: Sequence[str], two: Sequence[str]) -> int:
    """Length of the longest common subsequence (Wagner, Fischer, The String-to-String Correction Problem, 1974)."""
    row = [0] * (len(two) + 1)
    for left in one:
        before = 0
        for place, right in enumerate(two, start=1):
            above = row[place]
            row[place] = before + 1 if left == right else max(above, row[place - 1])
            before = above
    return row[-1]


def step_order(happened: Sequence[str], expected: Sequence[str]) -> float:
    """Share of the expected steps that happened in their order; 1 where none was expected."""
    return common_subsequence(happened, expected) / len(expected) if expected else 1.0


def step_precision(happened: Sequence[str], expected: Sequence[str]) -> float:
    """Share of the steps that were expected, in their order: extra steps lower it; 1 where nothing happened."""
    return common_subsequence(happened, expected) / len(happened) if happened else 1.0


def tool_call_f1(made: Sequence[ToolCall], expected: Sequence[ToolCall]) -> float:
    """Harmonic mean of the shares of made and of expected calls that match: the same tool, the same arguments.

    1 where no call was expected and none was made. An expected call without arguments matches any call of its tool.
    """
    if not made and not expected:
        return 1.0
    return 2 * _matches(made, expected) / (len(made) + len(expected))


def tool_call_order(made: Sequence[ToolCall], expected: Sequence[ToolCall]) -> float:
    """Share of the expected tools that were called in their order, whatever the arguments."""
    return step_order([call.name for call in made], [call.name for call in expected])


def _matches(made: Sequence[ToolCall], expected: Sequence[ToolCall]) -> int:
    """Exact ones first, so that a call with any arguments right takes no other's place."""
    left = list(made)
    found = 0
    for wanted in sorted(expected, key=lambda call: call.args is None):
        for call in left:
            if call.name == wanted.name and (wanted.args is None or call.args == wanted.args):
                left.remove(call)
                found += 1
                break
    return found
