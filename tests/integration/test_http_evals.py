"""/evals over a real results folder: lists, cases, pages, trends; nothing outside it, and nothing for strangers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from stemma.api.schemas.evals import CasePageBody, EvalBody, EvalPageBody, TrendBody
from stemma.evals.archive import Archive
from stemma.graphs.policy import LOCAL, Actor, Permission
from tests.integration.kept_evaluations import NIGHT, evaluations, keep
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST, WORSE = "20261118T010000-retrieval", "20261119T010000-retrieval"


@pytest.fixture
def kept(live: Live, tmp_path: Path) -> Path:
    folder = evaluations(tmp_path / "stemma-eval")
    live.app.state.services.evals = Archive(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url) as client:
        yield client


async def got(http: httpx.AsyncClient, path: str, model: Any = None) -> Any:
    answer = await http.get(f"/evals{path}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    if model is not None:
        adapter = TypeAdapter(model)
        assert adapter.dump_python(adapter.validate_python(body)) == body
    return body


@pytest.mark.usefixtures("kept")
async def test_evaluations_and_nights_are_listed_newest_first(http: httpx.AsyncClient) -> None:
    page = await got(http, "/runs", EvalPageBody)
    assert [(each["id"], each["kind"], each["outcome"]) for each in page["items"]] == [
        (NIGHT, "nightly", None),
        (WORSE, "retrieval", "regression"),
        (FIRST, "retrieval", None),
        ("20261117T010000-run", "run", None),
    ]
    assert (page["items"][0]["exit_code"], page["items"][1]["failures"], page["items"][2]["cases"]) == (3, 1, 2)
    assert page["items"][2]["metrics"]["recall@5"]["mean"] == 0.9
    part = await http.get("/evals/runs?kind=retrieval&limit=1")
    assert [each["id"] for each in part.json()["items"]] == [WORSE]
    assert (part.headers["x-pagination-total"], part.headers["x-pagination-next"]) == ("2", "1")
    assert await got(http, "/runs?kind=none", EvalPageBody) == {"items": [], "total": 0}


@pytest.mark.usefixtures("kept")
async def test_one_evaluation_with_its_cases(http: httpx.AsyncClient) -> None:
    found = await got(http, f"/runs/{WORSE}", EvalBody)
    assert (found["summary"]["recipe"], found["gate"]["exit_code"], found["suites"]) == ("graph", 1, [])
    cases = await got(http, f"/runs/{WORSE}/cases", CasePageBody)
    assert [case["id"] for case in cases["items"]] == ["set/0", "set/1", "set/2"]
    assert (cases["items"][1]["run_id"], cases["items"][1]["scores"]) == ("run-1", {"recall@5": 0.5})
    failures = await got(http, f"/runs/{WORSE}/cases?failed=true", CasePageBody)
    assert [(case["id"], case["failure"]["error"]) for case in failures["items"]] == [("set/0", "MemoryBusy")]
    rest = await got(http, f"/runs/{WORSE}/cases?failed=false&limit=1&offset=1")
    assert ([case["id"] for case in rest["items"]], rest["total"]) == (["set/2"], 2)
    assert (await got(http, f"/runs/{WORSE}/cases?variant=dense"))["total"] == 0


@pytest.mark.usefixtures("kept")
async def test_a_night_has_its_suites(http: httpx.AsyncClient) -> None:
    night = await got(http, f"/runs/{NIGHT}", EvalBody)
    assert (night["summary"]["status"], night["cases"]) == ("done", 1)
    (suite,) = night["suites"]
    assert suite["id"] == f"{NIGHT}~retrieval"
    assert (await got(http, f"/runs/{suite['id']}", EvalBody))["metrics"] == suite["metrics"]
    assert (await got(http, f"/runs/{suite['id']}/cases"))["total"] == 1
    page = await http.get(f"/evals/runs/{NIGHT}/page")
    link = httpx.URL(f"/evals/runs/{NIGHT}/page").join(page.text.split('"')[1])
    assert "<title>retrieval</title>" in (await http.get(str(link))).text


@pytest.mark.usefixtures("kept")
async def test_pages_can_do_nothing(http: httpx.AsyncClient) -> None:
    page = await http.get(f"/evals/runs/{FIRST}/page")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    rule = page.headers["content-security-policy"]
    assert "default-src 'none'" in rule
    assert "sandbox" in rule
    assert "script" not in rule
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_a_trend_runs_over_single_evaluations_and_nights(http: httpx.AsyncClient, kept: Path) -> None:
    trend = await got(http, "/trends?metric=recall@5", TrendBody)
    assert [point["id"] for point in trend["points"]] == [FIRST, WORSE, f"{NIGHT}~retrieval"]
    assert [point["mean"] for point in trend["points"]] == [0.9, 0.5, 0.6]
    assert (await got(http, "/trends?metric=recall@5&limit=1"))["points"] == trend["points"][-1:]
    assert (await got(http, "/trends?metric=mrr&kind=retrieval", TrendBody))["points"] == []
    keep(kept / FIRST, [0.2], "2026-11-18T01:00:00+00:00")  # written again: the new figures are shown
    assert (await got(http, "/trends?metric=recall@5"))["points"][0]["mean"] == 0.2


async def test_nothing_outside_the_folder_is_read(http: httpx.AsyncClient, kept: Path, tmp_path: Path) -> None:
    outside = keep(tmp_path / "outside", [1.0], "2026-11-21T01:00:00+00:00")
    (kept / "linked").symlink_to(outside)
    (kept / FIRST / "report.html").unlink()
    (kept / FIRST / "report.html").symlink_to(outside / "report.html")
    inside = keep(kept / "inside", [1.0], "2026-11-21T01:00:00+00:00")
    (inside / "results.jsonl").unlink()
    (inside / "results.jsonl").symlink_to(outside / "results.jsonl")
    assert "linked" not in [each["id"] for each in (await got(http, "/runs"))["items"]]
    assert (await http.get("/evals/runs/linked")).status_code == 404
    assert (await http.get(f"/evals/runs/{FIRST}/page")).status_code == 404
    assert (await got(http, "/runs/inside/cases"))["total"] == 0
    for path in ("..", "%2e%2e", "..%2foutside", "%2e%2e%2foutside", "x~..", f"{FIRST}~..", "~", "a%00b", "a%0a"):
        for tail in ("", "/cases", "/page"):
            answer = await http.get(f"/evals/runs/{path}{tail}")
            assert answer.status_code in (404, 422), path


async def test_what_cannot_be_read_is_not_there(http: httpx.AsyncClient, kept: Path) -> None:
    before = await got(http, "/runs")
    for name, text in (
        ("broken", "{"),
        ("list", "[]"),
        ("newer", '{"schema": 99, "kind": "run"}'),
        ("deep", "[" * 100_000),
    ):
        (kept / name).mkdir()
        (kept / name / "summary.json").write_text(text)
        for tail in ("", "/cases", "/page"):
            assert (await http.get(f"/evals/runs/{name}{tail}")).status_code == 404, name
    odd = {"schema": 1, "kind": 7, "data": "x", "metrics": {"a": 3, "b": {"mean": None}}, "cases": "many"}
    (kept / "odd").mkdir()
    (kept / "odd" / "summary.json").write_text(json.dumps(odd))
    after = await got(http, "/runs", EvalPageBody)
    assert [each["id"] for each in after["items"]] == [*(each["id"] for each in before["items"]), "odd"]
    assert (await http.get("/evals/runs/none/page")).json()["type"] == "UnknownResults"


@pytest.mark.usefixtures("kept")
async def test_strangers_find_nothing_and_readers_of_runs_may_not_look(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemma.api.auth.key.LOCAL", Actor(tenant="stranger"))
    assert await got(http, "/runs") == {"items": [], "total": 0}
    assert (await got(http, "/trends?metric=recall@5"))["points"] == []
    paths = [f"/runs/{FIRST}{tail}" for tail in ("", "/cases", "/page")] + [f"/runs/{NIGHT}/retrieval/report.html"]
    for path in paths:
        assert (await http.get(f"/evals{path}")).status_code == 404
    blind = replace(LOCAL, permissions=frozenset(Permission) - {Permission.EVALS_READ})
    monkeypatch.setattr("stemma.api.auth.key.LOCAL", blind)
    for path in (*paths, "/runs", "/trends?metric=x"):
        assert (await http.get(f"/evals{path}")).status_code == 403


async def test_without_a_results_folder_there_is_nothing(http: httpx.AsyncClient, live: Live, tmp_path: Path) -> None:
    live.app.state.services.evals = Archive(tmp_path / "none")
    assert await got(http, "/runs", EvalPageBody) == {"items": [], "total": 0}
    assert (await http.get("/evals/runs/x")).status_code == 404


async def test_the_server_reads_results_without_what_measures() -> None:
    heavy = "ragas", "stemma.evals.page", "stemma.evals.nightly", "stemma.evals.answers", "stemma.evals.gate"
    code = "import sys, stemma.api.routes.evals; print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    loaded = (await process.communicate())[0].decode().split()
    assert "stemma.evals.archive" in loaded
    assert not [name for name in loaded if name.startswith(heavy)]
