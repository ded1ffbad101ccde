"""HTML to text: what a reader sees, with headings and list items kept as Markdown marks.

Decides what is visible text and where lines break. It runs no script, loads nothing, and builds no tree.

Intentional divergence, do not fix without reading: a tree-building parser repairs broken markup by copying elements, so
that its time and memory grow with size times depth or attributes. Measured with the fastest one: 36 kB of unclosed <b>
take 50 s and 2.7 GB, 0.9 MB of attributes 160 s. Text needs no tree; one pass over the tags is always linear.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from stemma.memory.ingest.decoding import clean

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
_QUOTE_OR_END = re.compile(r">|=\s*[\"']")
_HUGE_REFERENCE = re.compile(r"&#\d{8,}")
_RAW = frozenset({"script", "style", "iframe", "noscript", "noembed", "noframes", "xmp", "title", "textarea"})
"""Elements whose content holds no tags: it goes on to their own end tag."""
_DROPPED = frozenset({"template", "svg", "math"})
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "blockquote", "pre", "ul", "ol"}
    | {"table", "dl", "figure", "form", "body", "fieldset", *_HEADINGS}
)
_LINES = frozenset({"br", "li", "tr", "dt", "dd", "caption", "figcaption", "hr", "option", "summary", "details"})
_CELLS = frozenset({"td", "th"})
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_BLANK = re.compile(r"\n{3,}")


def html_text(source: str) -> tuple[str, str]:
    """Title (of <title>, else of the first <h1>, else "") and visible text of a page, however broken it is."""
    page = _Page()
    for token in _tokens(source):
        page.take(token)
    text = _BLANK.sub("\n\n", "\n".join(line.strip() for line in clean("".join(page.pieces)).split("\n"))).strip()
    title = "".join(page.title) or "".join(page.heading)
    return _SPACE.sub(" ", clean(title)).strip(), text


class _Token(NamedTuple):
    tag: str
    """The name of the element, in lower case; "" for text."""
    opens: bool
    text: str = ""


def _tokens(source: str) -> Iterator[_Token]:
    position = 0
    while markup := _MARKUP.search(source, position):
        start = markup.start()
        yield _Token("", False, source[position:start])
        tag = _TAG_NAME.match(source, start)
        if tag is None:
            position = _past_declaration(source, start)
            continue
        name, opens = tag.group(2).lower(), not tag.group(1)
        yield _Token(name, opens)
        position = _past_tag(source, tag.end())
        if opens and name in _RAW:
            ending = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, position)
            start, position = position, ending.start() if ending else len(source)
            yield _Token("", False, source[start:position])
            yield _Token(name, False)
    yield _Token("", False, source[position:])


def _past_declaration(source: str, start: int) -> int:
    """Past a comment, a declaration, or an end tag without a name."""
    mark = "-->" if source.startswith("<!--", start) else ">"
    end = source.find(mark, start + 2)
    return end + len(mark) if end >= 0 else len(source)


def _past_tag(source: str, position: int) -> int:
    """Past the attributes; a ">" in a quoted value does not end the tag."""
    while mark := _QUOTE_OR_END.search(source, position):
        if mark.group() == ">":
            return mark.end()
        position = source.find(mark.group()[-1], mark.end()) + 1
        if position == 0:
            break
    return len(source)


class _Page:
    """What was read so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.title: list[str] = []
        self.heading: list[str] = []
        self._hidden_by, self._hidden = "", 0
        """The outermost element that is not shown, and how many of its kind are open."""
        self._inside = ""
        """The raw or heading element whose text is being read."""
        self._preformatted = False
        self._cells = 0

    def take(self, token: _Token) -> None:
        if token.tag in _DROPPED:
            if self._hidden_by in ("", token.tag):
                self._hidden += 1 if token.opens else -min(1, self._hidden)
                self._hidden_by = token.tag if self._hidden else ""
        elif self._hidden:
            return
        elif not token.tag:
            self._text(token.text)
        elif token.tag in _RAW:
            self._inside = token.tag if token.opens else ""
        else:
            self._tag(token.tag, token.opens)

    def _text(self, text: str) -> None:
        if not text or (self._inside in _RAW and self._inside not in ("title", "textarea")):
            return
        text = html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))
        if self._inside == "title":
            self.title.append(text if not self.title else "")
            return
        if self._inside == "h1":
            self.heading.append(text)
        self.pieces.append(text if self._preformatted else _SPACE.sub(" ", text))

    def _tag(self, tag: str, opens: bool) -> None:
        if tag == "h1":
            self._inside = "h1" if opens and not self.heading else ""
        if tag == "pre":
            self._preformatted = opens
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n" + (_HEADINGS.get(tag, "") if opens else ""))
        elif tag in _LINES:
            self._cells = 0
            self.pieces.append("\n- " if tag == "li" and opens else "\n")
        elif tag in _CELLS and opens:
            self.pieces.append(" | " if self._cells else "")
            self._cells += 1
