"""Takes out of a text what names or reaches a person, or opens a door, before it is written into a file of cases.

Decides by pattern and check sum: e-mail and web addresses with credentials, telephone and card numbers, IBANs, network
addresses, secrets. It is no promise that nothing private is left: names are taken out only when asked for, what has no
form of its own cannot be found, and a person looks at every candidate before it becomes a case. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stemma.memory.names import names as names_in
from stemma.memory.text import fold

_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # a JSON web token
    r"|\b(?:sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|hf|npm|pypi|AKIA|ASIA|AIza|ya29)[-_]?[\w.-]{12,}"
    r"|(?<=[Bb]earer )[\w.~+/-]{8,}=*"
    r"|(?<=[Bb]asic )[A-Za-z0-9+/]{12,}=*",
    re.DOTALL,
)
_ASSIGNED = re.compile(
    r"(?P<name>\b(?:[\w-]*(?:password|passwd|passphrase|secret|token|(?:api|access)[ _-]?key|credential)s?|pin|pwd)"
    r"['\"]?(?:\s*[:=]\s*|\s+is\s+)['\"]?)(?P<value>[^\s'\",;]{4,})",
    re.IGNORECASE,
)
_LONG_TOKEN = re.compile(r"(?<![\w/+-])(?=[\w/+-]*\d)(?=[\w/+-]*[A-Za-z])[\w/+-]{32,}={0,2}(?![\w/+-])")
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)")
_EMAIL = re.compile(r"\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)+\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"  # +44 20 7946 0958, 0049(30)123456
    r"|\(0?\d{2,4}\)[ ./-]?\d{3,4}[ ./-]?\d{3,5}"  # (020) 7946 0958
    r"|\d{3}[ .-]\d{3}[ .-]\d{4}"  # 555-123-4567
    r"|0\d{2,4}[ /-]\d{3,8}(?:[ -]\d{2,4})?"  # 020 7946 0958, 030/123456
    r")(?![\w-])"
)
_NETWORK = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]\d)")
_LETTERS = re.compile(r"[^\W_]+")
_SHORTEST = 3
"""Letters of a word that may tell something."""
_LONG_PIECE = 20
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
"""Of a telephone number: ITU-T E.164, and the shortest that is no other number."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what was found in it."""

    text: str
    """Each finding stands as its kind in square brackets: "[email]"."""
    found: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Kind -> how often: secret, email, iban, card, phone, network, name."""
    pieces: tuple[str, ...] = ()
    """What was taken out, for `without`; never to be written anywhere."""


def redact(text: str, *, names: bool = False) -> Redacted:
    """The text with every finding replaced; with `names`, capitalised names too. Redacting again changes nothing."""
    found: list[tuple[str, str]] = []
    text = _ASSIGNED.sub(lambda match: _assigned(match, found), text)
    for kind, pattern, is_one in _PATTERNS:
        text = _replaced(text, kind, pattern, is_one, found)
    if names:
        for name in reversed(names_in(text)):
            if not _within_mark(text, name.start, name.end):
                text = f"{text[: name.start]}[name]{text[name.end :]}"
                found.append(("name", name.text))
    return Redacted(text, dict(Counter(kind for kind, _ in found)), tuple(piece for _, piece in found))


def without(text: str, pieces: Iterable[str]) -> str:
    """The text without the words of what was taken out of another one, which an answer may repeat one by one."""
    private = {word for piece in pieces for word in _LETTERS.findall(fold(piece)) if len(word) >= _SHORTEST}
    return _LETTERS.sub(lambda match: "[redacted]" if fold(match[0]) in private else match[0], text)


def _assigned(match: re.Match[str], found: list[tuple[str, str]]) -> str:
    """ "password: hunter22"; a sentence such as "the secret is out" gives nothing away and is left."""
    value = match["value"]
    told = any(mark in match["name"] for mark in ":=") or any(c.isdigit() for c in value)
    if not told or value.startswith("[secret]"):
        return match[0]
    found.append(("secret", value))
    return f"{match['name']}[secret]"


def _replaced(
    text: str, kind: str, pattern: re.Pattern[str], is_one: Callable[[str], bool], found: list[tuple[str, str]]
) -> str:
    def replace(match: re.Match[str]) -> str:
        if not is_one(match[0]):
            return match[0]
        found.append((kind, match[0]))
        return f"[{kind}]"

    return pattern.sub(replace, text)


def _within_mark(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start] == "[" and text[end : end + 1] == "]"


def _always(_found: str) -> bool:
    return True


def _is_card(found: str) -> bool:
    """Luhn's check sum (ISO/IEC 7812-1, annex B) holds, and the digits are not all the same."""
    digits = [int(c) for c in found if c.isdigit()]
    doubled = [digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4) for place, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _is_iban(found: str) -> bool:
    """The remainder by 97 is 1 (ISO 13616)."""
    plain = found.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _is_phone(found: str) -> bool:
    return _FEWEST_DIGITS <= sum(c.isdigit() for c in found) <= _MOST_DIGITS


def _is_network(found: str) -> bool:
    """No number of a section, such as 1.2.1.6."""
    return any(int(part) > 9 for part in found.split("."))


def _is_token(found: str) -> bool:
    """No path and no run's id: one piece of it is long."""
    return max(len(piece) for piece in re.split(r"[/_-]", found)) >= _LONG_PIECE


_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("secret", _SECRETS, _always),
    ("secret", _IN_ADDRESS, _always),
    ("email", _EMAIL, _always),
    ("iban", _IBAN, _is_iban),
    ("card", _CARD, _is_card),
    ("phone", _PHONE, _is_phone),
    ("network", _NETWORK, _is_network),
    ("secret", _LONG_TOKEN, _is_token),
)
