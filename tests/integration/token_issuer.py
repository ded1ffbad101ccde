"""An issuer of tokens for tests: its keys, their public halves as a JWK set, and tokens signed with them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER, AUDIENCE = "https://issuer.example/", "stemma"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass
class Issuer:
    """Keys by their ids, with the algorithm each signs with."""

    keys: dict[str, tuple[str, Private]] = field(default_factory=dict)

    def add(self, kid: str, algorithm: str = "ES256") -> None:
        """Make a key."""
        made: Private
        if algorithm.startswith("ES"):
            made = ec.generate_private_key(ec.SECP256R1())
        elif algorithm == "EdDSA":
            made = ed25519.Ed25519PrivateKey.generate()
        else:
            made = rsa.generate_private_key(65537, 2048)
        self.keys[kid] = (algorithm, made)

    def public(self, **more: Any) -> bytes:
        """The JWK set; `more` is added to each key."""
        shown = []
        for kid, (algorithm, private) in self.keys.items():
            half = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
            shown.append({**half, "kid": kid, **more})
        return json.dumps({"keys": shown}).encode()

    def token(self, kid: str, *, algorithm: str = "", header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good unless a claim says otherwise; a claim of None is left out."""
        chosen, private = self.keys[kid]
        now = time.time()
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": now + 600, "iat": now, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, private, algorithm or chosen, headers={"kid": kid, **(header or {})})
