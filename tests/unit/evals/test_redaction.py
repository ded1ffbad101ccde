"""What reaches a person or opens a door is taken out; dates, quantities and part numbers stay."""

from __future__ import annotations

import pytest

from stemma.evals.redaction import redact, without

FOUND = [
    ("write to ann.lee@example.org today", "write to [email] today", "email"),
    ("call +44 20 7946 0958 now", "call [phone] now", "phone"),
    ("call (020) 7946 0958", "call [phone]", "phone"),
    ("call 555-123-4567.", "call [phone].", "phone"),
    ("pay with 4111 1111 1111 1111", "pay with [card]", "card"),
    ("to DE89 3704 0044 0532 0130 00 please", "to [iban] please", "iban"),
    ("host 192.168.17.4 is down", "host [network] is down", "network"),
    ("my key is sk-proj-abcdef0123456789ABCDEF", "my key is [secret]", "secret"),
    ("AKIAIOSFODNN7EXAMPLE leaked", "[secret] leaked", "secret"),
    ("Authorization: Bearer abc.def-123456", "Authorization: Bearer [secret]", "secret"),
    ("password: hunter22!", "password: [secret]", "secret"),
    ("the api_key=9f8a7b6c", "the api_key=[secret]", "secret"),
    ("my password is tr0ub4dor", "my password is [secret]", "secret"),
    ("postgres://me:pa55@db/x", "postgres://[secret]@db/x", "secret"),
    ("use 4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a", "use [secret]", "secret"),
    ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "[secret]", "secret"),
]


@pytest.mark.parametrize(("text", "clean", "kind"), FOUND)
def test_what_is_private_is_taken_out(text: str, clean: str, kind: str) -> None:
    done = redact(text)
    assert (done.text, done.found) == (clean, {kind: 1})


@pytest.mark.parametrize(
    "text",
    [
        "What happened on 2026-02-12, and on 12.02.2026?",
        "Order 1,200,000 of the KM-7 by 15 March 2026",
        "Is 4111 1111 1111 1112 a serial number?",
        "Is XX00 1234 5678 9012 345 an account?",
        "the secret is out",
        "See section 1.2.1.6 of the contract",
        "What became of run 1f1e6c57-b439-62b1-bbd4-26888a20b748?",
        "Read example.com/print-edition/real-estate/where-did-the-millions-go-1",
        "Does version 1.2.3 replace 1.2.2?",
        "35 days, 1968 to 2009, 3.14159265, 10 000 000 units",
        "Where is the token economy described?",
        "Who wrote the pneumonoultramicroscopicsilicovolcanoconiosis article?",
    ],
)
def test_what_is_not_private_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("text", [text for text, _, _ in FOUND])
@pytest.mark.parametrize("names", [False, True])
def test_redacting_again_changes_nothing(text: str, names: bool) -> None:
    once = redact(text, names=names).text
    assert redact(once, names=names).text == once


def test_names_only_where_asked_for() -> None:
    text = "Does Mira Holt work in Port Merrow?"
    assert redact(text).text == text
    done = redact(text, names=True)
    assert (done.text, done.found) == ("Does [name] work in [name]?", {"name": 2})


def test_what_was_taken_out_is_not_repeated_word_by_word() -> None:
    done = redact("Who is ann.lee@example.org of Port Merrow?", names=True)
    said = without("nothing on Port Merrow; missing: ann, lee, example, org, is", done.pieces)
    assert said == "nothing on [redacted] [redacted]; missing: [redacted], [redacted], [redacted], [redacted], is"
