"""Everything the server's own commands raise. One base; a class's docstring is its default message."""

from __future__ import annotations


class ApiFailure(Exception):
    """The server could not do what was asked."""

    hint: str = ""
    """What to type or change, for the last line that a person sees."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if hint:
            self.hint = hint


class PortInUse(ApiFailure):
    """Another program listens on this port."""


class CannotListen(ApiFailure):
    """This address cannot be listened on."""

    hint = "choose an address of this machine: --host 127.0.0.1"


class KeyRequired(ApiFailure):
    """Other machines could reach a server that asks for no key."""

    hint = "set API_KEY, or API_REQUIRE_KEY=true with `stemma keys create`, or say --insecure on a closed network"


class UnusableAuth(ApiFailure):
    """What says who may ask cannot be used."""
