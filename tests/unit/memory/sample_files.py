"""Small files of the kinds that are converted, written here so that a test says what is in them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def pdf(pages: Sequence[str], *, title: str = "", is_encrypted: bool = False) -> bytes:
    """A PDF whose pages hold these lines of ASCII text."""
    contents = []
    for page in pages:
        lines = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in page.split("\n")]
        shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
        contents.append(f"BT /F1 11 Tf 60 760 Td {shown} ET".encode("ascii"))
    return pdf_of_streams(contents, title=title, is_encrypted=is_encrypted)


def pdf_of_streams(
    contents: Sequence[bytes],
    *,
    title: str = "",
    is_encrypted: bool = False,
    filters: str = "",
    forms: Sequence[bytes] = (),
) -> bytes:
    """A PDF of these content streams, one a page, encoded by these filters; form n can be drawn as /Xn."""
    font, info, first = 3, 4, 5
    pages = [first + 2 * n for n in range(len(contents))]
    after = first + 2 * len(contents)
    drawn = "".join(f"/X{n} {after + n} 0 R " for n in range(len(forms)))
    resources = f"<</Font<</F1 {font} 0 R>>/XObject<<{drawn}>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{' '.join(f'{page} 0 R' for page in pages)}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Title({title})>>".encode(),
    ]
    for page, content in zip(pages, contents, strict=True):
        box = "/MediaBox[0 0 595 842]"
        objects.append(f"<</Type/Page/Parent 2 0 R{box}/Resources{resources}/Contents {page + 1} 0 R>>".encode())
        objects.append(_stream(f"<</Length {len(content)}{filters}>>", content))
    for form in forms:
        shape = f"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources{resources}/Length {len(form)}>>"
        objects.append(_stream(shape, form))
    key = "00" * 32
    encrypted = f"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/O<{key}>/U<{key}>/P -4>>" if is_encrypted else ""
    return _pdf_file(objects, f"/Root 1 0 R/Info {info} 0 R{encrypted}")


def _stream(dictionary: str, content: bytes) -> bytes:
    return dictionary.encode() + b"stream\n" + content + b"\nendstream"


def _pdf_file(objects: Sequence[bytes], trailer: str) -> bytes:
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += f"trailer<</Size {len(objects) + 1}{trailer}>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(file)


def zeros(size: int) -> bytes:
    """So many zero bytes, compressed without holding them."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size >> 20))
    return packed + packer.flush()


def docx(body: str, *, relations: str = "", before: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """A Word file with this XML as its body; `before` stands above the document's root element."""
    document = f'{before}<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}"><w:body>{body}</w:body></w:document>'
    declared = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}">{declared}'
            f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">'
            f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}</Relationships>',
            "word/document.xml": document,
            **(parts or {}),
        }
    )


def paragraph(text: str, style: str = "") -> str:
    """The XML of a paragraph of a Word file."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t>{text}</w:t></w:r></w:p>"


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these entries."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return target.getvalue()


def pptx(slides: Sequence[tuple[str, str]], *, table: Sequence[Sequence[str]] = (), notes: str = "") -> bytes:
    """A PowerPoint file of (title, text) slides; the last one has the table and the notes."""
    deck = Presentation()
    for title, text in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    if table:
        width = len(table[0])
        frame = slide.shapes.add_table(len(table), width, Inches(1), Inches(6), Inches(6), Inches(1))
        for y, row in enumerate(table):
            for x, cell in enumerate(row):
                frame.table.cell(y, x).text = cell
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], *, formats: Mapping[str, str] | None = None) -> bytes:
    """An Excel file of these sheets; `formats` are number formats by "sheet!cell"."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for place, number_format in (formats or {}).items():
        name, cell = place.split("!")
        book[name][cell].number_format = number_format
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
