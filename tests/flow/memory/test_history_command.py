"""Looking back as a person types it, on a real file: recall of a moment, and what changed between two."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.memory.errors import UnknownItem
from tests.flow.memory.memory_terminal import parsed, refused, run, typed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MEMORY_URL", raising=False)
    return tmp_path


def say(folder: Path, master: str) -> str:
    """A version of the one document; the moment after it."""
    (folder / "port.md").write_text(f"The harbour master of Port Merrow is {master}.\n")
    typed("ingest", "port.md")
    return datetime.now(UTC).isoformat()


def test_an_empty_memory_says_what_to_do() -> None:
    assert typed("memory", "diff", "2026-01-01") == "memory is empty: stemma ingest PATH\n"


def test_recall_of_a_moment_and_what_changed_since(folder: Path) -> None:
    first = say(folder, "Tomas Reyl")
    second = say(folder, "Anna Berg")
    assert "Anna Berg" in typed("recall", "harbour master")
    then = typed("recall", "harbour master", "--known-at", first)
    assert "Tomas Reyl" in then
    assert "Anna Berg" not in then
    assert "Tomas Reyl" in typed("recall", "harbour master", "--as-of", first)
    assert typed("recall", "harbour master", "--known-at", "2001-01-01") == "nothing found then\n"
    found = parsed("recall", "harbour master", "--known-at", first)
    assert (found["known_at"], len(found["hits"])) == (first, 1)
    assert typed("memory", "diff", second) == "nothing changed in between\n"
    told = typed("memory", "diff", first)
    assert told.splitlines()[0] == "came: 1 source, 1 passage, 1 claim"
    assert "replaced by a newer version: 1 source, 1 passage" in told


def test_a_page_of_changes_with_the_decisions(folder: Path) -> None:
    first = say(folder, "Tomas Reyl")
    (source,) = parsed("memory", "ls", "sources")["items"]
    typed("memory", "retract", source["id"], "--reason", "it was a joke", "--by", "ann", "--yes")
    told = typed("memory", "diff", first, "--limit", "1")
    assert "taken back: 1 source" in told
    assert "it was a joke" in told
    assert "1 to 1 of 3 changes; go on with --offset 1" in told
    rest = parsed("memory", "diff", first, "--offset", "1")
    assert [(one["label"], one["change"]) for one in rest["changed"]] == [("Passage", "lost"), ("Claim", "lost")]
    assert (rest["total"], rest["counts"]["withdrawn"]) == (3, {"Source": 1})
    (decision,) = rest["decisions"]
    assert (decision["item_id"], decision["actor"], decision["lifted_at"]) == (source["id"], "ann", None)


def test_an_item_and_what_it_rests_on_as_they_were(folder: Path) -> None:
    before = datetime.now(UTC).isoformat()
    first = say(folder, "Tomas Reyl")
    (source,) = parsed("memory", "ls", "sources")["items"]
    (claim,) = parsed("memory", "ls", "claims")["items"]
    typed("memory", "retract", source["id"], "--reason", "it was a joke", "--by", "ann", "--yes")
    assert parsed("memory", "show", source["id"])["withdrawn"]
    assert not parsed("memory", "show", source["id"], "--known-at", first)["withdrawn"]
    assert "withdrawn" in typed("memory", "why", claim["id"])
    then = typed("memory", "why", claim["id"], "--known-at", first)
    assert "port.md" in then
    assert "withdrawn" not in then
    assert parsed("memory", "reach", source["id"], "--known-at", first)["retractions"] == []
    for command in ("show", "why", "reach"):
        assert isinstance(refused("memory", command, claim["id"], "--known-at", before), UnknownItem)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("memory", "diff", "yesterday"), "'yesterday' is no time"),
        (("memory", "diff", "2026-02-01", "2026-01-01"), "the earlier one first"),
        (("recall", "x", "--as-of", "May"), "'May' is no time"),
        (("recall", "x", "--known-at", "20260101"), "'20260101' is no time"),
        (("memory", "why", "x", "--known-at", "then"), "'then' is no time"),
    ],
)
def test_what_is_no_moment_is_refused(command: tuple[str, ...], words: str) -> None:
    ran = run(*command)
    assert ran.exit_code == 2
    assert words in ran.output
