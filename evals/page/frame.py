"""The frame of a page that needs nothing else: no script, no font, no picture from anywhere.

The page forbids itself to load or run anything (content security policy), besides escaping every text (`markup.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from stemma.evals.page.markup import Html, html, joined

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'">
<meta name="color-scheme" content="light dark"><title>{title}</title><style>{style}</style></head>
<body><main><header><p class="kicker">Stemma evaluation</p><h1>{title}</h1><p class="quiet">{about}</p></header>
{body}<footer>{facts}</footer></main></body></html>
"""


def framed(title: str, about: str, body: Html, facts: Mapping[str, object]) -> str:
    """A whole page; `facts` stand at its foot."""
    rows = joined(html("<div><dt>{name}</dt><dd>{value}</dd></div>", name=name, value=facts[name]) for name in facts)
    return html(
        _PAGE,
        title=title,
        style=Html((files("stemma.evals.page") / "style.css").read_text("utf-8")),
        about=about,
        body=body,
        facts=html('<dl class="facts">{rows}</dl>', rows=rows),
    )
