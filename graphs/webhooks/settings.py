"""GRAPHS_WEBHOOK_* settings: where a run's end may be told, how it is signed, and how often it is tried."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

RESERVED = frozenset({"connection", "content-length", "content-type", "host", "transfer-encoding", "upgrade"})
"""Headers that the request itself needs; `webhook-` ones are the signature's."""


class WebhookSettings(BaseSettings):
    """A project's `webhooks` section says the same (projects.py)."""

    model_config = SettingsConfigDict(env_prefix="GRAPHS_WEBHOOK_", env_file=".env", extra="ignore")

    enabled: bool = True
    """Off: a run with a webhook is refused."""
    secret: SecretStr | None = None
    """What signs every call: any text, or `whsec_` and base64. Two, with a comma between, while it changes.
    Without one, a secret is made and kept beside the run store; `stemma webhooks secret` prints it."""
    headers: dict[str, SecretStr] = {}
    """Sent with every call, e.g. {"authorization": "Bearer …"}."""
    require_https: bool = False
    allow_internal: bool = False
    """Call loopback, private and link-local addresses too. Only for closed networks."""
    allowed_domains: Annotated[list[str], NoDecode] = []
    """Hosts that may be called, by name or as *.example.com (which is not example.com); none: any. Commas between."""
    allowed_ports: Annotated[list[int], NoDecode] = []
    """None: any."""
    max_url_length: int = Field(default=2048, ge=16, le=65_536)
    timeout_seconds: float = Field(default=10.0, gt=0)
    """From the look-up of the name to the status line."""
    attempts: int = Field(default=8, ge=1)
    retry_seconds: float = Field(default=5.0, gt=0)
    """After the first failed attempt; four times as long after each further one, six hours at most."""
    concurrency: int = Field(default=16, ge=1)
    """Calls at once, in one process."""

    @field_validator("allowed_domains", "allowed_ports", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("allowed_domains", mode="after")
    @classmethod
    def _lower(cls, value: list[str]) -> list[str]:
        return [domain.lower().rstrip(".") for domain in value]

    @field_validator("headers", mode="after")
    @classmethod
    def _no_reserved_header(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, text in value.items():
            known = name.lower() in RESERVED or name.lower().startswith("webhook-")
            if known or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"{name!r} cannot be a header of a webhook")
            if not text.get_secret_value().isprintable() or not text.get_secret_value().isascii():
                raise ValueError(f"the value of {name!r} cannot be sent in a header")
        return value
