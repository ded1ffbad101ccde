"""What a run's values say, and whether two runs say the same. Pure.

Decides that two answers are the same when their short answers are, where both have one, and every sentence of the old
text is borne out by the new one, as the groundedness check has it: a number or a name that is no longer said makes
another answer. Other citations do not; they are shown beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stemma.graphs.healing.model import Outcome, Said
from stemma.graphs.runs.rows import to_json
from stemma.memory.grounding.check import check
from stemma.memory.identifiers import statement_key
from stemma.memory.text import sentences

_CITATION = re.compile(r"\s*\[\d{1,3}\]")


def said(values: Any, *, text: str = "") -> Said:
    """What the values of a graph say: `answer`, `short_answer`, `abstained`, `citations` and `answer_id` as far as they
    are there; without an `answer` the last message, or all values. `text` stands in where there is none of it.
    """
    found = values if isinstance(values, Mapping) else {}
    citations = found.get("citations")
    sources = [str(one["source_id"]) for one in _mappings(citations) if one.get("source_id")]
    return Said(
        text=_text(found) or text or (to_json(values).decode() if values else ""),
        short=_string(found.get("short_answer")),
        abstained=found.get("abstained") is True,
        sources=tuple(dict.fromkeys(sources)),
        answer_id=_string(found.get("answer_id")),
    )


def outcome(old: Said, new: Said, question: str = "") -> Outcome:
    """How the new answer to a question differs from the old one."""
    if new.abstained or old.abstained:
        if new.abstained and old.abstained:
            return Outcome.SAME
        return Outcome.ABSTAINS if new.abstained else Outcome.CHANGED
    if old.short and new.short and statement_key(old.short) != statement_key(new.short):
        return Outcome.CHANGED
    return Outcome.SAME if _stands(old.text, new.text, question) else Outcome.CHANGED


def _stands(old: str, new: str, question: str) -> bool:
    """Whether a text bears out everything that another one says."""
    if statement_key(old) == statement_key(new):
        return True
    said, evidence = _CITATION.sub("", old), [_CITATION.sub("", new)]
    return all(check(one.text, evidence, question=question).supported for one in sentences(said))


def asked_of(given: Any) -> str:
    """What a run's input asks, as far as that is plain to see; empty otherwise."""
    if isinstance(given, str):
        return given
    found = given if isinstance(given, Mapping) else {}
    return _string(found.get("question")) or _last_message(found.get("messages"))


def _text(values: Mapping[str, Any]) -> str:
    return _string(values.get("answer")) or _last_message(values.get("messages"))


def _last_message(messages: Any) -> str:
    for message in reversed(_mappings(messages)):
        if text := _string(message.get("content")):
            return text
    return ""


def _mappings(values: Any) -> Sequence[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list | tuple) else ()


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
