"""HTTP only: who asks, what may they ask, how it looks on the wire."""

from stemma.api.app import create_app

__all__ = ["create_app"]
