"""Files of every kind become documents that know their pages and sheets, and passages that are recalled with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.load import read_documents, upload_reader
from stemma.memory.ingest.split import split
from stemma.memory.model import Document, Scope, SourceKind
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.unit.memory.compound_file import msg
from tests.unit.memory.sample_files import docx, paragraph, pdf, pptx, xlsx

SCOPE = Scope("acme")
LINKED = """<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">
<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>
<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="p1"/>
</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""
LINK = (
    '<Relationship Id="p1" TargetMode="External" Target="http://192.0.2.1/p.png" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
)
CELLS = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Port", "Fee"))
NUMBERS = "".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Merrow", "20"))
WORD = docx(
    paragraph("Harbour rules", "Heading1")
    + paragraph("Boats that file snake_case forms wait *outside* the mole.")
    + LINKED
    + f"<w:tbl><w:tr>{CELLS}</w:tr><w:tr>{NUMBERS}</w:tr></w:tbl>",
    relations=LINK,
)
PAGES = [
    "The harbour master of Port Merrow\nis Tomas Reyl.",
    "",
    "Cranes 3 and 4 are replaced\nfrom March to April (2024).",
]


def mail(subject: str, text: str, *attached: tuple[str, bytes | EmailMessage]) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ann Ösk <ann@example.org>", "crew@example.org", subject
    made["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    made.set_content(text)
    for name, content in attached:
        if isinstance(content, EmailMessage):
            made.add_attachment(content)
        else:
            made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """One folder of all kinds, read once; the documents by the end of their uri."""
    folder = tmp_path_factory.mktemp("shelf")
    slides = [("Crane plan", "Crane 3\nCrane 4"), ("Berths", "As <!-- Slide number: 3 --> says")]
    sheets: dict[str, list[list[object]]] = {
        "Rates 2024": [["Port", "Fee", "Share", "From", "Open"], ["Merrow", 2400.0, 0.05, date(2024, 1, 2), True]],
        "Empty": [],
        "Times": [["Tide", "At", "Takes"], ["High", datetime(2024, 1, 2, 12, 30), timedelta(hours=2)]],
    }
    inner = mail("Inner", "The mole is closed.")
    outer = mail(
        "Crane\tplän",
        "See the plan.\n",
        ("plan.pdf", pdf(["Crane 5 is new."])),
        ("plan.pdf", pdf(["Crane 6 is old."])),
        ("photo.png", b"\x89PNG"),
        ("../../bad.pdf", b"no"),
        ("", inner),
    )
    page = EmailMessage()
    page["From"], page["Subject"] = "a@example.org", "Only HTML"
    page.set_content("<p>The <b>quay</b> is f\u00fcll.<script>x</script></p>", subtype="html", charset="latin-1")
    note = {"0037": "Tide note", "0C1A": "Ann", "5D01": "ann@example.org", "0E04": "Bob", "1000": "High at nöon."}
    files = {
        "a.pdf": pdf(PAGES, title="Port book"),
        "b.docx": WORD,
        "c.pptx": pptx(slides, table=[["Port", "Fee"], ["Merrow", "20"]], notes="Say it slowly."),
        "d.xlsx": xlsx(sheets, formats={"Rates 2024!C2": "0.0%"}),
        "e.eml": bytes(outer),
        "f.eml": bytes(page),
        "g.msg": msg(note, sent=133485408000000000, attachments=[("tide.txt", b"The tide is high. " * 300)]),
        "h.MSG": msg(note, code_page=1252),
        "i.csv": "Port;Berth fee\nMerrow;2,400\nHöllin;300\n".encode("utf-16"),
        "~$d.xlsx": b"lock",
        ".a.pdf": b"hidden",
        "j.png": b"x",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    results = list(read_documents(str(folder)))
    failed = [(Path(item.uri).name, item.reason) for item in results if isinstance(item, Unreadable)]
    assert failed == [("e.eml#bad.pdf", "its content is not PDF")]
    return {Path(item.uri).name: item for item in results if isinstance(item, Document)}


def places(document: Document) -> list[tuple[str, int | None, str]]:
    return [(document.text[part.start : part.end], part.page, part.sheet) for part in document.parts]


def test_a_pdf_keeps_its_pages(shelf: dict[str, Document]) -> None:
    document = shelf["a.pdf"]
    assert (document.title, document.kind, document.markdown) == ("Port book", SourceKind.DOCUMENT, False)
    assert document.metadata == {"format": "pdf", "pages": "3"}
    assert places(document) == [(PAGES[0], 1, ""), (PAGES[2], 3, "")]


def test_a_word_file_keeps_its_headings_and_its_exact_words(shelf: dict[str, Document]) -> None:
    document = shelf["b.docx"]
    assert (document.title, document.markdown, list(document.parts)) == ("Harbour rules", True, [])
    assert document.text.split("\n\n") == [
        "# Harbour rules",
        "Boats that file snake_case forms wait *outside* the mole.",
        "Port | Fee",
        "Merrow | 20",
    ]


def test_a_deck_keeps_its_slides_whatever_they_say(shelf: dict[str, Document]) -> None:
    document = shelf["c.pptx"]
    assert (document.title, document.metadata) == ("Crane plan", {"format": "pptx", "slides": "2"})
    last = "# Berths\n\nAs <!-- Slide number: 3 --> says\n\nPort: Merrow; Fee: 20\n\nNotes: Say it slowly."
    assert places(document) == [("# Crane plan\n\nCrane 3\nCrane 4", 1, ""), (last, 2, "")]
    assert [(piece.title, piece.page) for piece in split(document)] == [("Crane plan", 1), ("Crane plan > Berths", 2)]


def test_a_workbook_keeps_its_sheets_and_what_its_cells_mean(shelf: dict[str, Document]) -> None:
    document = shelf["d.xlsx"]
    assert (document.title, document.metadata) == ("d", {"format": "xlsx", "sheets": "3"})
    assert places(document) == [
        ("Port: Merrow; Fee: 2400; Share: 5%; From: 2024-01-02; Open: yes", None, "Rates 2024"),
        ("Tide: High; At: 2024-01-02 12:30; Takes: 2:00:00", None, "Times"),
    ]


def test_a_mail_is_a_message_and_what_is_attached_are_documents(shelf: dict[str, Document]) -> None:
    document = shelf["e.eml"]
    assert (document.title, document.kind) == ("Crane plän", SourceKind.MESSAGE)
    assert document.text == (
        "From: Ann Ösk <ann@example.org>\nTo: crew@example.org\nDate: Mon, 01 Jan 2024 10:00:00 +0000\n"
        "Attachments: plan.pdf, plan.pdf, photo.png, ../../bad.pdf, Inner.eml\n\nSee the plan."
    )
    assert document.metadata["from"] == "Ann Ösk <ann@example.org>"
    assert document.metadata["format"] == "eml"
    assert places(shelf["e.eml#plan.pdf"]) == [("Crane 5 is new.", 1, "")]
    assert places(shelf["e.eml#2-plan.pdf"]) == [("Crane 6 is old.", 1, "")]
    assert shelf["e.eml#Inner.eml"].text.endswith("\n\nThe mole is closed.")
    assert shelf["f.eml"].text == "From: a@example.org\n\nThe quay is füll."


def test_an_outlook_message_is_a_mail_too(shelf: dict[str, Document]) -> None:
    document = shelf["g.msg"]
    assert (document.title, document.kind) == ("Tide note", SourceKind.MESSAGE)
    assert document.text == (
        "From: Ann <ann@example.org>\nTo: Bob\nDate: 2024-01-01 00:00+00:00\nAttachments: tide.txt\n\nHigh at nöon."
    )
    assert shelf["g.msg#tide.txt"].text.startswith("The tide is high.")
    assert shelf["h.MSG"].text == "From: Ann <ann@example.org>\nTo: Bob\n\nHigh at nöon."


def test_a_csv_says_in_every_row_what_its_cells_are(shelf: dict[str, Document]) -> None:
    assert shelf["i.csv"].text == "Port: Merrow; Berth fee: 2,400\nPort: Höllin; Berth fee: 300"


async def test_a_passage_is_recalled_with_its_page_or_sheet(shelf: dict[str, Document], tmp_path: Path) -> None:
    for url in ("memory:", f"sqlite:///{tmp_path}/memory.db"):
        async with await open_memory(MemorySettings(embedder="hashing"), url=url) as memory:
            await memory.ingest(SCOPE, shelf.values())
            for query, page, sheet in (("cranes replaced April", 3, ""), ("fee share Merrow open", None, "Rates 2024")):
                hit = (await memory.recall(SCOPE, query, k=1, recipe="lexical"))[0]
                assert hit.position is not None
                assert (hit.position.page, hit.position.sheet) == (page, sheet), url


def test_without_the_extra_the_reason_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the same name that cannot be found stands for one that is not installed."""
    (tmp_path / "pypdfium2.py").write_text("raise ModuleNotFoundError('not there', name='pypdfium2')")
    monkeypatch.syspath_prepend(tmp_path)
    with upload_reader() as read:
        (failure,) = read("a.pdf", pdf(["x"]))
    assert failure == Unreadable("upload:a.pdf", 'reading it needs pypdfium2: pip install "stemma-agents[ingest]"')
