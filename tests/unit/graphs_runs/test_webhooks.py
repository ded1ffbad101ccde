"""Where webhooks may go, and how they are signed."""

from __future__ import annotations

import contextlib
import hmac
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from stemma.graphs.errors import InvalidRequest, InvalidSetting
from stemma.graphs.webhooks.destination import internal, refuse
from stemma.graphs.webhooks.secret import beside, kept_secret
from stemma.graphs.webhooks.settings import WebhookSettings
from stemma.graphs.webhooks.signature import keys_of, signed


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
     "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::"],
)  # fmt: skip
def test_internal_addresses_are_known(address: str) -> None:
    assert internal(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert not internal(address)


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_judged_alike_in_every_form_that_carries_it(number: int) -> None:
    plain = internal(str(IPv4Address(number)))
    assert internal(str(IPv6Address(0xFFFF << 32 | number))) == plain
    assert internal(str(IPv6Address(0x64FF9B << 96 | number))) == plain


@pytest.mark.parametrize(
    ("url", "settings", "allowed"),
    [
        ("https://example.com/hook", {"enabled": False}, False),
        ("https://example.com/hook?token=t", {}, True),
        ("http://example.com:8080/", {}, True),
        ("http://127.0.0.1/", {"allow_internal": True}, True),
        ("http://example.com/", {"require_https": True}, False),
        ("https://example.com/", {"require_https": True}, True),
        ("https://a.example.com/", {"allowed_domains": "*.example.com, hooks.test"}, True),
        ("https://HOOKS.test./", {"allowed_domains": "*.example.com, hooks.test"}, True),
        ("https://example.com/", {"allowed_domains": "*.example.com"}, False),
        ("https://evil-example.com/", {"allowed_domains": "*.example.com"}, False),
        ("https://example.com/", {"allowed_ports": "443"}, True),
        ("https://example.com:444/", {"allowed_ports": "443"}, False),
        ("https://example.com/" + "a" * 40, {"max_url_length": 40}, False),
        ("https://exämple.com/", {}, False),
        ("https://a@example.com/", {}, False),
        ("https://localhost.:8000/", {}, False),
        ("https://[fe80::1%25eth0]/", {}, False),
        ("gopher://example.com/", {}, False),
        ("//example.com/", {}, False),
        ("https:///nothing", {}, False),
    ],
)
def test_what_may_be_called(url: str, settings: dict[str, Any], allowed: bool) -> None:
    if allowed:
        refuse(url, WebhookSettings(**settings))
    else:
        with pytest.raises(InvalidRequest) as refused:
            refuse(url, WebhookSettings(**settings))
        assert refused.value.field == "webhook"


@given(st.text(max_size=40))
def test_no_text_breaks_the_judge(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}:1/"):
        with contextlib.suppress(InvalidRequest):
            refuse(url, WebhookSettings())


def test_a_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's reference libraries.
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed(keys_of(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_sign_side_by_side_and_none_signs_nothing() -> None:
    keys = keys_of("old one, whsec_" + b64encode(b"new one").decode())
    assert keys == [b"old one", b"new one"]
    marks = signed(keys, "id", 5, b"{}")["webhook-signature"].split(" ")
    digests = [b64decode(mark.removeprefix("v1,")) for mark in marks]
    assert digests == [hmac.digest(key, b"id.5.{}", "sha256") for key in keys]
    assert signed([], "id", 5, b"{}") == {"webhook-id": "id", "webhook-timestamp": "5"}
    with pytest.raises(InvalidSetting):
        keys_of("whsec_not base64")


def test_a_secret_that_nobody_set_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    path = beside(f"sqlite:///{tmp_path}/new/runs.db")
    assert path == tmp_path / "new" / "webhook-secret"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(kept_secret, [path] * 8))
    [secret] = found
    assert [len(key) for key in keys_of(secret)] == [32]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["webhook-secret"]
    with pytest.raises(InvalidSetting):
        kept_secret(path / "below a file")


@pytest.mark.parametrize(
    "headers",
    [{"Host": "a"}, {"webhook-id": "a"}, {"x y": "a"}, {"x": "a\r\nb: c"}, {"": "a"}, {"content-length": "1"}],
)
def test_headers_that_would_change_the_call_are_refused(headers: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings(headers=headers)
    assert "s3cret" not in repr(
        WebhookSettings(headers={"authorization": SecretStr("s3cret")}, secret=SecretStr("s3cret"))
    )
