"""HTML to text: what a reader sees, with headings and list items kept as Markdown marks.

Decides what is visible text and where lines break. It runs no script, loads nothing, and refuses a page that would take
the parser too long: the work of an HTML tree grows with size times depth, so a small hostile page can cost minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from stemma.memory.errors import UnreadableDocument

WORK_LIMIT = 20_000_000
"""Sum over all start tags of the number of elements then open; an ordinary page of 1 MB has about 500,000."""

_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9]*)")
_SELF_CLOSING = frozenset(
    b"area base br col embed hr img input link meta source track wbr p li dd dt td th tr option".split()
)
_DROPPED = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "head", "object", "select"})
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_PARAGRAPHS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "blockquote", "pre", "ul", "ol"}
    | {"table", "dl", "figure", "form", "body", *_HEADINGS}
)
_LINES = frozenset({"br", "li", "tr", "dt", "dd", "caption", "figcaption", "hr", "option", "summary", "details"})
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_EDGE = re.compile(r" *\n *")
_BLANK = re.compile(r"\n{3,}")


def html_text(source: str) -> tuple[str, str]:
    """Title (of <title>, else of the first <h1>, else "") and visible text of a page.

    Raises: `UnreadableDocument` for a page nested too deeply for its size.
    """
    _check_work(source.encode())
    tree = LexborHTMLParser(source)
    title = tree.css_first("head > title") or tree.css_first("h1")
    heading = _SPACE.sub(" ", title.text(deep=True)).strip() if title else ""
    root = tree.body or tree.root
    text = "".join(_pieces(root)) if root else ""
    return heading, _BLANK.sub("\n\n", _EDGE.sub("\n", text)).strip()


def _check_work(source: bytes) -> None:
    open_elements = work = 0
    for tag in _TAG.finditer(source):
        if tag.group(2).lower() not in _SELF_CLOSING:
            open_elements = max(0, open_elements + (-1 if tag.group(1) else 1))
        work += open_elements
        if work > WORK_LIMIT:
            raise UnreadableDocument("its HTML elements are nested too deeply")


def _pieces(root: LexborNode) -> Iterator[str]:
    """The text in reading order, walked without recursion: a hostile page is deeper than Python's stack."""
    node: LexborNode | None = root
    while node is not None:
        yield _before(node)
        child = None if node.tag in _DROPPED else node.child
        if child is not None:
            node = child
            continue
        while node is not None:
            yield _after(node)
            if node == root:
                return
            if node.next is not None:
                node = node.next
                break
            node = node.parent


def _before(node: LexborNode) -> str:
    tag = node.tag or ""
    if tag == "-text":
        return _SPACE.sub(" ", node.text_content or "")
    if tag in _PARAGRAPHS:
        return "\n\n" + _HEADINGS.get(tag, "")
    if tag in _LINES:
        return "\n- " if tag == "li" else "\n"
    return ""


def _after(node: LexborNode) -> str:
    tag = node.tag or ""
    if tag in _PARAGRAPHS:
        return "\n\n"
    if tag in {"td", "th"}:
        return " | " if node.next is not None else ""
    return "\n" if tag in _LINES else ""
