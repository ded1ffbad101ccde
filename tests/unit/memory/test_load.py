"""Reading files, folders and streams: good input becomes documents, bad input is named and the rest goes on."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from stemma.memory.ingest import load
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.load import read_documents, read_stream, upload_reader
from stemma.memory.model import Document


def split_results(results: Iterable[Document | Unreadable]) -> tuple[list[Document], list[Unreadable]]:
    everything = list(results)
    return (
        [item for item in everything if isinstance(item, Document)],
        [item for item in everything if isinstance(item, Unreadable)],
    )


def only(results: Iterable[Document | Unreadable]) -> Document:
    documents, failures = split_results(results)
    assert failures == []
    assert len(documents) == 1
    return documents[0]


def refusal(results: Iterable[Document | Unreadable]) -> str:
    documents, failures = split_results(results)
    assert documents == []
    assert len(failures) == 1
    return failures[0].reason


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def row(**values: object) -> str:
    return json.dumps(values) + "\n"


def test_markdown_title_comes_from_front_matter_then_heading_then_name(tmp_path: Path) -> None:
    front = only(read_documents(written(tmp_path, "a.md", "---\ntitle: 'Front'\nx: y\n---\n# Top\n\nText.")))
    assert (front.title, front.text, front.markdown) == ("Front", "# Top\n\nText.", True)
    assert only(read_documents(written(tmp_path, "b.md", "# Top #\n\nText."))).title == "Top"
    assert only(read_documents(written(tmp_path, "c.markdown", "Text."))).title == "c"


def test_text_is_cleaned_and_nothing_else(tmp_path: Path) -> None:
    document = only(read_documents(written(tmp_path, "a.txt", "\ufeffOne\r\ntwo\ttabs\x00\x07\x1b three\ré\n")))
    assert document.text == "One\ntwo\ttabs three\né\n"
    assert (document.title, document.markdown, document.whole) == ("a", False, False)


def test_utf16_with_a_mark_and_declared_html_encodings_are_read(tmp_path: Path) -> None:
    assert only(read_documents(written(tmp_path, "a.txt", "Zürich".encode("utf-16")))).text == "Zürich"
    page = '<meta charset="iso-8859-1"><p>Zürich</p>'.encode("latin-1")
    assert only(read_documents(written(tmp_path, "a.html", page))).text == "Zürich"


def test_html_gives_what_a_reader_sees(tmp_path: Path) -> None:
    page = """<html><head><title> A &amp;  B </title><style>p{}</style></head><body><script>no()</script>
      <h2>Head</h2><p>One <b>two</b>three</p><!-- no --><ul><li>x</li><li>y</li></ul>
      <table><tr><td>a</td><td>1</td></tr></table><template>no</template></body></html>"""
    document = only(read_documents(written(tmp_path, "a.htm", page)))
    assert document.title == "A & B"
    assert [line for line in document.text.split("\n") if line.strip()] == [
        "## Head",
        "One twothree",
        "- x",
        "- y",
        "a | 1",
    ]


def test_html_without_a_title_is_called_by_its_heading(tmp_path: Path) -> None:
    assert only(read_documents(written(tmp_path, "a.html", "<h1>Top <i>it</i></h1><p>x</p>"))).title == "Top it"


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<b id=x>",
        "<p><i class=y>",
        "<table><tr><td>",
        "<",
        "<!--",
        "<a ",
        "<a b='",
        "&",
        "</",
        "<svg>",
        "<title>",
    ],
)
def test_hostile_markup_is_read_in_one_pass(tmp_path: Path, unit: str) -> None:
    """A parser that is not linear would run into the suite's timeout here."""
    documents, failures = split_results(read_documents(written(tmp_path, "a.html", "Before. " + unit * 50_000)))
    assert failures == []
    assert documents[0].text.startswith("Before.")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('<p title="a > b">x', "x"),
        ("a &lt; b &amp; c &#99999999999999999999; d&nbsp;e", "a < b & c \ufffd; d e"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("<SCRIPT>if (a</b>) {}</script >x", "x"),
        ("<pre>a\n  b</pre>c", "a\nb\n\nc"),
        ("<!doctype html><?xml?><!-- <p>no</p> -->x", "x"),
        ("x<svg><text>no</text><svg></svg>no</svg>y", "xy"),
        ("<li>a<li>b<br>c", "- a\n- b\nc"),
        ("<h2>A</h2>b<p>c</p>d", "## A\n\nb\n\nc\n\nd"),
        ("x<p", "x"),
        ("&#1;x&#0;", "x\ufffd"),
    ],
)
def test_html_details(tmp_path: Path, page: str, text: str) -> None:
    assert only(read_documents(written(tmp_path, "a.html", page))).text == text


def test_corpus_rows_are_whole_documents(tmp_path: Path) -> None:
    path = written(tmp_path, "c.jsonl", row(id="h1", title="T", text="One.") + "\n" + row(id=7, text="Two.\x00"))
    documents, failures = split_results(read_documents(path))
    assert failures == []
    assert [(d.uri, d.title, d.text, d.whole, dict(d.metadata)) for d in documents] == [
        (f"file:{path}#h1", "T", "One.", True, {"id": "h1"}),
        (f"file:{path}#7", "", "Two.", True, {"id": "7"}),
    ]


def test_bad_rows_are_named_by_line_and_the_others_go_on(tmp_path: Path) -> None:
    lines = [
        row(id="a", text="Good."),
        "{not json\n",
        row(id="b"),
        row(text="no id"),
        row(id="c", text="x", title=3),
        "[1]\n",
        row(id="a", text="Other."),
        row(id="a", text="Good."),
        row(id=True, text="x"),
        row(id="d", text="A lone surrogate \ud800."),
    ]
    path = written(
        tmp_path, "c.jsonl", "".join(lines).encode("utf-8", "surrogatepass") + b'{"id": "e", "text": "\xff"}\n'
    )
    documents, failures = split_results(read_documents(path))
    assert [document.text for document in documents] == ["Good."]
    assert [failure.reason.split(":")[0] for failure in failures] == [
        f"line {n}" for n in (2, 3, 4, 5, 6, 7, 9, 10, 11)
    ]
    assert "'a' was used before" in failures[5].reason


def test_a_file_of_other_rows_is_named_once(tmp_path: Path) -> None:
    path = written(tmp_path, "queries.jsonl", "".join(row(id=str(n), question="?") for n in range(300)))
    assert 'line 1: no "text"' in refusal(read_documents(path))


def test_folder_is_read_to_the_bottom_in_order(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.txt", "a/.hidden.txt", ".git/c.md", "d.png", "B.HTML"):
        written(tmp_path, name, "text")
    documents, failures = split_results(read_documents(str(tmp_path)))
    assert [Path(document.uri).name for document in documents] == ["B.HTML", "b.md", "z.txt"]
    assert failures == []


def test_uri_is_the_path_as_given_normalised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "docs/a.md", "text")
    monkeypatch.chdir(tmp_path)
    for path in ("docs", "./docs/", "docs/../docs", "docs/a.md"):
        assert only(read_documents(path)).uri == "file:docs/a.md"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"\xff\xfeabc", "UTF-16"),
        ("a.md", b"caf\xe9", "byte 3 is not UTF-8"),
        ("a.html", b"<meta charset=rot13><p>x", "encoding rot13"),
        ("a.txt", b"", "no text"),
        ("a.txt", b" \n\x00", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
        ("a.jsonl", b"\n", "empty"),
        ("a.png", b"x", "ending in .png"),
    ],
)
def test_unreadable_files_say_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    written(tmp_path, "good.txt", "Good.")
    assert reason in refusal(read_documents(written(tmp_path, name, content)))


def test_a_bad_file_does_not_stop_the_folder(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", b"\xe9")
    written(tmp_path, "b.txt", "Good.")
    documents, failures = split_results(read_documents(str(tmp_path)))
    assert [document.text for document in documents] == ["Good."]
    assert [Path(failure.uri).name for failure in failures] == ["a.txt"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert "no such file" in refusal(read_documents(str(tmp_path / "none")))
    assert "no file in it ends in" in refusal(read_documents(str(tmp_path)))
    assert refusal(read_documents("nul\x00byte"))


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "regular file" in refusal(read_documents(str(tmp_path)))


def test_too_large_files_and_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "SIZE_LIMIT", 100)
    assert "larger than 100 bytes" in refusal(read_documents(written(tmp_path, "a.txt", "x" * 101)))
    assert only(read_documents(written(tmp_path, "b.txt", "x" * 100))).text == "x" * 100
    rows = row(id="a", text="x" * 500) + row(id="b", text="Good.")
    documents, failures = split_results(read_documents(written(tmp_path, "c.jsonl", rows)))
    assert [document.text for document in documents] == ["Good."]
    assert "line 1: longer than 100 bytes" in failures[0].reason


def test_stream_is_a_corpus_or_one_text() -> None:
    corpus = (row(id="a", text="One.") + row(id="b", text="Two.")).encode()
    documents, failures = split_results(read_stream(io.BytesIO(corpus)))
    assert failures == []
    assert [document.uri for document in documents] == ["stdin:#a", "stdin:#b"]
    one, other = (only(read_stream(io.BytesIO(text))) for text in (b"A note.\nMore.", b"Another."))
    assert one.text == "A note.\nMore."
    assert one.uri != other.uri
    assert one.uri == only(read_stream(io.BytesIO(b"A note.\nMore."))).uri
    assert "no text" in refusal(read_stream(io.BytesIO(b"")))


def test_an_upload_is_read_by_its_name() -> None:
    bad = (("a.exe", b"x", ".exe are not read"), ("a.txt", b"\xe9", "UTF-8"), ("/", b"x", "name"))
    with upload_reader() as read:
        document = only(read("a/b\\notes.MD", b"# Top\n\nText."))
        assert (document.uri, document.title, document.markdown) == ("upload:notes.MD", "Top", True)
        rows, _ = split_results(read("c.jsonl", (row(id="a", text="One.") + row(id="b", text="Two.")).encode()))
        assert [document.uri for document in rows] == ["upload:c.jsonl#a", "upload:c.jsonl#b"]
        for name, data, reason in bad:
            assert reason in refusal(read(name, data))
