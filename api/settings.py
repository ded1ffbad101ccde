"""API_* settings. Nobody else in this package reads the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Where the server listens, who may ask, and what one request may cost."""

    model_config = SettingsConfigDict(env_prefix="API_", env_file=".env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=2024, ge=0, le=65535)
    """0 takes a free port."""
    key: SecretStr | None = None
    """What clients send as `x-api-key` or `Authorization: Bearer`. Without one only loopback is answered."""
    require_key: bool = False
    """Every request needs a key, from this machine too: API_KEY, or one of `stemma keys create`."""
    insecure: bool = False
    """Answer other machines without a key. Only for closed networks."""
    auth_path: str = ""
    """A project's `langgraph_sdk.Auth` object, as "file.py:name" or "package.module:name": who may ask, and what."""
    auth_tenant_field: str = ""
    """The field of the user an auth file returns that names their tenant; one without it is refused. Empty: all its
    users are of the default tenant."""
    auth_studio: bool = True
    """LangGraph Studio (`x-auth-scheme: langsmith`) with an operator's key is a `StudioUser` to the project's handlers;
    off is `disable_studio_auth`."""
    allowed_hosts: Annotated[list[str], NoDecode] = []
    """Host names under which clients reach this server, besides localhost and plain IP addresses; `*` is any."""
    cors_origins: Annotated[list[str], NoDecode] = []
    """Origins whose web pages may call this server, e.g. http://localhost:3000. Separated by commas."""
    cors_pattern: str | None = None
    """A pattern for whole origins whose pages may call too. `stemma dev` sets it to those of this machine."""
    max_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    max_upload_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    """All files of one upload together, with what surrounds them. They are held in memory while they are read."""
    max_upload_files: int = Field(default=100, ge=1)
    max_uploads: int = Field(default=4, ge=1)
    """Uploads taken at once; another one is told to come back."""
    max_statements: int = Field(default=16, ge=1)
    """Statements and feedback kept at once; another one is told to come back."""
    upload_seconds: float = Field(default=120.0, gt=0)
    """How long the body of an upload may take to arrive."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    """Longest silence on a stream: clients measure it and reconnect."""
    slow_reader_seconds: float = Field(default=30.0, gt=0)
    """A client that takes nothing for this long is cut; it can reconnect from its cursor."""
    drain_seconds: int = Field(default=10, ge=1)
    """How long a stopping server waits for open requests."""

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("key", mode="after")
    @classmethod
    def _no_empty_key(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value and value.get_secret_value().strip() else None
