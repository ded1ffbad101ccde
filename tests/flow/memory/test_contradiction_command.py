"""`stemma memory contradictions` and `resolve` as a person types them, on a real file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stemma.memory.contradictions import shell
from stemma.memory.contradictions.model import SweepProgress
from stemma.memory.errors import AlreadyResolved, UnknownItem
from tests.flow.memory.memory_terminal import parsed, refused, run, typed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MEMORY_URL", raising=False)
    for name, master in (("old", "Ida Vole"), ("new", "Tomas Reyl")):
        (tmp_path / f"{name}.md").write_text(f"The harbour master of Port Merrow is {master}.\n")
    return tmp_path


def test_an_empty_memory_says_what_to_do() -> None:
    assert typed("memory", "contradictions") == "memory is empty: stemma ingest PATH\n"
    typed("ingest", "old.md")
    assert "no contradictions are known" in typed("memory", "contradictions")
    assert "memory contradictions --sweep" in typed("memory", "contradictions")
    assert typed("memory", "contradictions", "--open") == "no open contradictions are known\n"
    swept = typed("memory", "contradictions", "--sweep").splitlines()
    assert swept == ["1 claim compared, 0 new contradictions", "no contradictions are known"]


def test_it_is_found_shown_and_resolved() -> None:
    typed("ingest", "old.md")
    assert "1 contradiction found: stemma memory contradictions --open" in typed("ingest", "new.md")
    shown = typed("memory", "contradictions", "--open")
    for words in (
        "name of harbour master of port merrow",
        "Tomas Reyl",
        "Ida Vole",
        "better supported: newer",
        "resolve ID",
    ):
        assert words in shown
    page = parsed("memory", "contradictions")
    (found,) = page["contradictions"]
    assert page["total"] == 1
    hits = parsed("recall", "harbour master")["hits"]
    assert {claim for hit in hits for claim in hit["contradicted_by"]} == {
        found["newer"]["claim_id"],
        found["older"]["claim_id"],
    }
    assert f"contradicted by {found['older']['claim_id']}" in typed("recall", "harbour master")
    done = typed("memory", "resolve", found["id"], "keep-older", "--by", "ann", "--reason", "asked them")
    assert "keep-older by ann: asked them" in done
    assert "undo: stemma memory restore" in done
    assert typed("memory", "contradictions", "--open") == "no open contradictions are known\n"
    assert isinstance(refused("memory", "resolve", found["id"], "keep-newer"), AlreadyResolved)
    assert isinstance(refused("memory", "resolve", "nothing", "both-hold"), UnknownItem)


def test_a_sweep_finds_what_was_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_CONTRADICTIONS", "off")
    typed("ingest", "old.md", "new.md")
    assert parsed("memory", "contradictions")["total"] == 0
    assert "2 claims compared, 1 new contradiction" in typed("memory", "contradictions", "--sweep")
    assert parsed("memory", "contradictions", "--sweep")["sweep"] == {"claims": 2, "found": 0}
    assert run("memory", "contradictions", "--after", "x").exit_code == 2


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(_scope: object, _after: str, remember: Callable[[SweepProgress], None]) -> SweepProgress:
        remember(SweepProgress(256, 1, "c0ffee"))
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "_sweep", interrupted)
    stopped = run("memory", "contradictions", "--sweep")
    assert stopped.exit_code == 130
    assert "1 contradiction found in 256 claims stay; go on with" in stopped.stderr
    assert "--sweep --after c0ffee" in stopped.stderr
