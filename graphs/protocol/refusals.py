"""Which of the protocol's error codes a failure has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from stemma.graphs.errors import (
    Forbidden,
    GraphFailure,
    InvalidRequest,
    NotSupported,
    NotWaiting,
    UnknownAssistant,
    UnknownCheckpoint,
    UnknownNamespace,
    UnknownRun,
)

ErrorCode = Literal[
    "invalid_argument",
    "unknown_command",
    "unknown_error",
    "no_such_run",
    "no_such_subscription",
    "no_such_namespace",
    "no_such_interrupt",
    "no_such_checkpoint",
    "permission_denied",
    "not_supported",
]

CODES: Mapping[type[GraphFailure], ErrorCode] = {
    NotSupported: "not_supported",
    InvalidRequest: "invalid_argument",
    UnknownAssistant: "invalid_argument",
    UnknownRun: "no_such_run",
    UnknownNamespace: "no_such_namespace",
    UnknownCheckpoint: "no_such_checkpoint",
    NotWaiting: "no_such_interrupt",
    Forbidden: "permission_denied",
}
"""Looked up along the failure's classes, nearest first. What is not here has no code of its own."""


def code_of(failure: GraphFailure) -> ErrorCode:
    return next((CODES[kind] for kind in type(failure).__mro__ if kind in CODES), "unknown_error")
