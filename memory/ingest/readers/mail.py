"""E-mail in the Internet's form (.eml), with the standard library.

Decides that a mail's text is who, to whom and when, its plain text or else its HTML, and the names of what is attached.
What is attached is handed on as it is; a reader of its own kind opens it, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.html_text import html_text
from stemma.memory.ingest.readers.parts import Attachment, Details, Item, Part

ATTACHMENTS = 200
_SIGNS = ("from", "to", "subject", "date", "received", "message-id")
_SHOWN = ("from", "to", "cc", "date")


def read_mail(data: bytes, *, pages: int) -> Iterator[Item]:
    """Subject, text and attachments. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    del pages
    mail = BytesParser(policy=policy.default).parsebytes(data)
    if sum(name in mail for name in _SIGNS) < 2:
        raise UnreadableDocument("it is no e-mail: it has no header such as From, To, Subject or Date")
    attachments = [_attachment(part) for part in _attached(mail)]
    if len(attachments) > ATTACHMENTS:
        raise UnreadableDocument(f"it has {len(attachments)} attachments, more than {ATTACHMENTS}")
    shown = {name: " ".join(str(mail[name]).split()) for name in _SHOWN if name in mail}
    yield from mail_items(str(mail.get("subject", "")), shown, _body(mail), attachments, {"format": "eml"})


def mail_items(
    subject: str, shown: Mapping[str, str], body: str, attachments: list[Attachment], metadata: Mapping[str, str]
) -> Iterator[Item]:
    """A mail's items in order. `shown` are the headers a reader sees; they are text, so that they can be searched."""
    headers = {name: value for name, value in shown.items() if value}
    yield Details(subject, {**metadata, **headers})
    lines = [f"{name.capitalize()}: {value}" for name, value in headers.items()]
    if attachments:
        lines.append(f"Attachments: {', '.join(attachment.name for attachment in attachments)}")
    yield Part("\n".join(lines) + f"\n\n{body}")
    yield from attachments


def _attached(mail: EmailMessage) -> list[MIMEPart]:
    return list(mail.iter_attachments()) if mail.is_multipart() else []


def _attachment(part: MIMEPart) -> Attachment:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_content()
        name = part.get_filename() or f"{inner.get('subject', '') or 'message'}.eml"
        return Attachment(name, inner.as_bytes())
    payload = part.get_payload(decode=True)
    return Attachment(part.get_filename() or part.get_content_type(), payload if isinstance(payload, bytes) else b"")


def _body(mail: EmailMessage) -> str:
    plain = mail.get_body(("plain",))
    text = _text(plain) if plain is not None else ""
    if text.strip():
        return text
    page = mail.get_body(("html",))
    return html_text(_text(page))[1] if page is not None else text


def _text(part: MIMEPart) -> str:
    """The decoded text: as declared, or else UTF-8, which can hardly be mistaken."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    declared = part.get_content_charset("utf-8")
    for encoding in (declared, "utf-8"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise UnreadableDocument(f"its text is neither {declared} nor UTF-8")
