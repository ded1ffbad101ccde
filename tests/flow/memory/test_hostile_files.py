"""Files that are broken, locked, of another kind or made to do harm: each is named with its reason; the rest goes on.

No bomb here is larger than it must be to pass a limit that the test sets; the limits' own values are in `limits.py`.
"""

from __future__ import annotations

import asyncio
import io
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest import load
from stemma.memory.ingest.conversion import Converter
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.load import read_documents, upload_reader
from stemma.memory.ingest.readers.limits import Limits
from stemma.memory.model import Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.unit.memory.compound_file import compound_file
from tests.unit.memory.sample_files import docx, paragraph, pdf, pdf_of_streams, pptx, xlsx, zeros, zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


def endless_xlsx() -> bytes:
    """A sheet of ten million empty rows: little memory, no text, and minutes to walk through."""
    with zipfile.ZipFile(io.BytesIO(xlsx({"a": [[1]]}))) as book:
        entries = {name: book.read(name) for name in book.namelist()}
    sheet = entries["xl/worksheets/sheet1.xml"]
    entries["xl/worksheets/sheet1.xml"] = sheet.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 10_000_000)
    return zipped(entries)


def stating_larger(package: bytes, size: int, stated: int) -> bytes:
    """A package that says that an entry of this size has another one."""
    return package.replace(struct.pack("<I", size), struct.pack("<I", stated))


def refusal(suffix: str, data: bytes, limits: Limits) -> str:
    with Converter(limits) as converter, pytest.raises(UnreadableDocument) as caught:
        converter.convert(suffix, io.BytesIO(data))
    return str(caught.value)


def readers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "stemma.memory.ingest.readers" in child.cmdline()]


BAD = {
    "locked.pdf": (pdf(["x"], is_encrypted=True), "encrypted"),
    "cut.pdf": (pdf(["Some text."] * 5)[:700], "damaged"),
    "loop.pdf": (pdf(["x"]).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]"), "damaged"),
    "scan.pdf": (pdf(["", ""]), "are its pages pictures?"),
    "text.pdf": (b"Just text.", "not PDF"),
    "locked.docx": (compound_file({"EncryptedPackage": b"x"}), "encrypted"),
    "old.xlsx": (OLE + bytes(600), "encrypted, or of the old Excel format"),
    "sheet.docx": (xlsx({"a": [[1]]}), "no Word file"),
    "cut.pptx": (pptx([("A", "b")])[:5000], "damaged, or no PowerPoint file"),
    "hollow.xlsx": (zipped({"xl/workbook.xml": "x"}), "damaged"),
    "laughs.docx": (docx(paragraph("&j;"), before=f"{LAUGHS}]>"), "damaged"),
    "broken.docx": (docx("<w:p>"), "damaged"),
    "empty.docx": (docx(""), "no text"),
    "swollen.pptx": (
        stating_larger(zipped({"ppt/presentation.xml": "x", "a": bytes(12_345)}), 12_345, 301_000_000),
        "unpacked it would have",
    ),
    "many.xlsx": (zipped({f"{n}": b"" for n in range(20_001)}), "20001 entries"),
    "note.eml": (b"Dear all,\n\nthis is no mail.", "no e-mail"),
    "odd.eml": (b"From: a\nTo: b\nContent-Type: text/plain; charset=ascii\n\n\xff", "neither ascii nor UTF-8"),
    "text.msg": (b"Just text.", "no Outlook message"),
    "other.msg": (compound_file({"WordDocument": b"x"}), "no Outlook message"),
}


def test_every_bad_file_is_named_with_its_reason_and_the_good_ones_are_read(tmp_path: Path) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"{name}.good.pdf").write_bytes(pdf([f"After {name}."]))
    results = list(read_documents(str(tmp_path)))
    reasons = {Path(item.uri).name: item.reason for item in results if isinstance(item, Unreadable)}
    assert reasons.keys() == BAD.keys()
    for name, (_, reason) in BAD.items():
        assert reason in reasons[name]
    texts = {item.text for item in results if isinstance(item, Document)}
    assert texts == {f"After {name}." for name in BAD}
    assert readers() == []


@pytest.mark.parametrize(
    ("suffix", "make", "limits", "reason"),
    [
        (".pdf", lambda: pdf(["x"] * 4), Limits(pages=3), "4 pages, more than 3"),
        (".pptx", lambda: pptx([("A", "b")] * 2), Limits(pages=1), "2 slides, more than 1"),
        (".xlsx", lambda: xlsx({"a": [[1]], "b": [[2]]}), Limits(pages=1), "2 sheets, more than 1"),
        (".pdf", lambda: pdf(["some text"]), Limits(characters=5), "more than 5 characters"),
        (".pdf", lambda: pdf(["some text"]), Limits(size=100), "larger than 100 bytes"),
        (".pdf", lambda: pdf(["some text"]), Limits(seconds=0.01), "longer than 0.01 seconds"),
        (".xlsx", endless_xlsx, Limits(part_seconds=1), "longer than 1 seconds"),
        (
            ".pdf",
            lambda: pdf_of_streams([zeros(200 << 20)], filters="/Filter/FlateDecode"),
            Limits(memory=160 << 20),
            "needs more than 160 MB",
        ),
        (
            ".eml",
            lambda: b"From: a\nTo: b\n\n" + b"x" * (60 << 20),
            Limits(memory=160 << 20),
            "more than 160 MB of memory",
        ),
    ],
)
def test_what_costs_more_than_it_may_is_stopped(
    suffix: str, make: Callable[[], bytes], limits: Limits, reason: str
) -> None:
    assert reason in refusal(suffix, make(), limits)


def test_text_files_keep_their_own_limit_beside_larger_ones_that_are_converted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "SIZE_LIMIT", 200)
    with upload_reader() as read:
        results = [*read("a.csv", b"a,b\n" + b"1,2\n" * 60), *read("a.pdf", pdf(["Good."]))]
    assert [type(item) for item in results] == [Unreadable, Document]


def test_mails_within_mails_end_somewhere() -> None:
    mail = b"From: a@example.org\nSubject: The last\n\nText."
    for n in range(9):
        head = (
            f"From: a@example.org\nSubject: Mail {n}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b{n}"
        )
        part = f'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="m{n}.eml"'
        mail = f"{head}\n\n--b{n}\n{part}\n\n".encode() + mail + f"\n--b{n}--\n".encode()
    with upload_reader() as read:
        results = list(read("a.eml", mail))
    assert [type(item) for item in results] == [*[Document] * 6, Unreadable]
    assert isinstance(results[-1], Unreadable)
    assert "the last of 6 mails within each other" in results[-1].reason


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open({path!r}, 'w')",
        "open('/etc/passwd')",
    ],
)
def test_a_reader_may_not_reach_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    """A module in the place of pdfium's does what a library must never do on behalf of a document."""
    target = tmp_path / "written"
    module = ["class PdfiumError(Exception): pass", "def PdfDocument(data):", f"    {deed.format(path=str(target))}"]
    (tmp_path / "pypdfium2").mkdir()
    (tmp_path / "pypdfium2" / "__init__.py").write_text("\n".join(module))
    (tmp_path / "pypdfium2" / "raw.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert "a reader of files may not do this" in refusal(".pdf", b"%PDF-1.4", Limits())
    assert not target.exists()


async def test_one_reader_serves_a_request_until_a_bad_file() -> None:
    """Over several ingestions: each file of an upload has its own. The bad file's reader reads nothing after it."""
    async with await open_memory(MemorySettings(embedder="hashing"), url="memory:") as memory:
        with upload_reader() as read:
            served: list[int] = []
            for name, data in (("a", pdf(["A."])), ("b", pdf(["B."])), ("c", BAD["cut.pdf"][0]), ("d", pdf(["D."]))):
                report = await memory.ingest(Scope("acme"), read(f"{name}.pdf", data))
                assert bool(report.failures) is (name == "c")
                served += [reader.pid for reader in readers()]
            assert [served[0], served[0], served[-1]] == served
            assert served[0] != served[-1]
        assert readers() == []


async def test_cancelling_an_ingestion_ends_its_reader_at_once() -> None:
    """The workbook would keep its reader busy for the 20 seconds that a page may take."""
    workbook = endless_xlsx()
    started, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def documents() -> Iterator[Document | Unreadable]:
        with Converter() as converter:
            converter.convert(".pdf", io.BytesIO(pdf(["Good."])))
            loop.call_soon_threadsafe(started.set)
            try:
                converter.convert(".xlsx", io.BytesIO(workbook))
            except UnreadableDocument as error:
                yield Unreadable("endless.xlsx", str(error))
            finally:
                ended.set()

    async with await open_memory(MemorySettings(embedder="hashing"), url="memory:") as memory:
        ingestion = asyncio.create_task(memory.ingest(Scope("acme"), documents()))
        await started.wait()
        ingestion.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ingestion
        assert await asyncio.to_thread(ended.wait, 10)
        assert readers() == []
