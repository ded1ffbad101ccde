"""API_JWT_* settings: whose tokens are taken, and what their claims mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stemma.api.loopback import is_loopback
from stemma.graphs.keys.model import Role
from stemma.graphs.policy import Permission

FAMILIES: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
"""The signatures that a public key checks, and the kind of key. A shared secret is none: whoever checks could sign."""


class JwtSettings(BaseSettings):
    """Bearer tokens are taken once API_JWT_JWKS is set; issuer and audience are needed then."""

    model_config = SettingsConfigDict(env_prefix="API_JWT_", env_file=".env", extra="ignore")

    jwks: str = ""
    """The issuer's public keys: an https address, or a file."""
    issuer: str = ""
    audience: Annotated[list[str], NoDecode] = []
    """One of these must be the token's. Separated by commas."""
    algorithms: Annotated[list[str], NoDecode] = ["RS256", "ES256", "EdDSA"]
    leeway_seconds: float = Field(default=30.0, ge=0, le=300)
    """How far the issuer's clock may be off."""
    user_claim: str = Field(default="sub", min_length=1)
    tenant_claim: str = ""
    """Empty: every token is of the default tenant. A token without this claim is refused."""
    role_claim: str = ""
    """A role, a permission, or several, as a list or separated by spaces. Empty: every token has the role below."""
    role: Role = Role.RUNNER
    roles: Annotated[dict[str, str], NoDecode] = {}
    """The issuer's names for our roles and permissions: staff=admin,agent=runner."""
    keys_seconds: float = Field(default=3600.0, gt=0)
    """After so long the keys are asked for again."""
    refetch_seconds: float = Field(default=30.0, gt=0)
    """The least time between two tries, however many tokens name a key that is not there."""

    @property
    def configured(self) -> bool:
        """Whether tokens are taken at all."""
        return bool(self.jwks)

    @field_validator("audience", "algorithms", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("roles", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {name.strip(): role.strip() for name, _, role in pairs}

    @field_validator("algorithms")
    @classmethod
    def _public(cls, value: list[str]) -> list[str]:
        if not value or not set(value) <= set(FAMILIES):
            raise ValueError(f"one or more of {', '.join(FAMILIES)}")
        return value

    @field_validator("roles")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        known = {*Role, *Permission}
        if wrong := [role for role in value.values() if role not in known]:
            raise ValueError(f"there is no role or permission {wrong[0]!r}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.jwks and not (self.issuer and self.audience):
            raise ValueError("API_JWT_JWKS needs API_JWT_ISSUER and API_JWT_AUDIENCE")
        if self.jwks.startswith("http://") and not is_loopback(urlsplit(self.jwks).hostname or ""):
            raise ValueError("API_JWT_JWKS: keys come over https, or from a file")
        return self
