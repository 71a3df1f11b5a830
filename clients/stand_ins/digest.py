"""The server's side of HTTP digest authentication, as cameras (MD5) and relays (SHA-256) do it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final, Literal
from urllib.request import parse_http_list, parse_keqv_list

ALGORITHMS: Final = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Digest:
    """Who may ask, by RFC 7616 with `qop=auth`."""

    user: str
    password: str
    realm: str
    algorithm: Literal["MD5", "SHA-256"]
    nonce: str

    def challenge(self) -> str:
        """Return the value of `WWW-Authenticate`."""
        return (
            f'Digest qop="auth", realm="{self.realm}", nonce="{self.nonce}", '
            f"algorithm={self.algorithm}"
        )

    def admits(self, method: str, authorization: str | None) -> bool:
        """Judge an `Authorization` header."""
        scheme, _, rest = (authorization or "").partition(" ")
        if scheme.lower() != "digest":
            return False
        said = parse_keqv_list(parse_http_list(rest))
        try:
            uri, nc, cnonce, qop = said["uri"], said["nc"], said["cnonce"], said["qop"]
            names_us = said["username"] == self.user and said["nonce"] == self.nonce
            response = said["response"]
        except KeyError:
            return False
        secret = self._hash(f"{self.user}:{self.realm}:{self.password}")
        asked = self._hash(f"{method}:{uri}")
        right = self._hash(f"{secret}:{self.nonce}:{nc}:{cnonce}:{qop}:{asked}")
        return names_us and hmac.compare_digest(right.encode(), response.encode())

    def _hash(self, text: str) -> str:
        return hashlib.new(
            ALGORITHMS[self.algorithm], text.encode(), usedforsecurity=False
        ).hexdigest()


def new_digest(
    user: str, password: str, realm: str, algorithm: Literal["MD5", "SHA-256"]
) -> Digest | None:
    """Make one with a nonce of its own; None without a user: everybody may ask."""
    if not user:
        return None
    return Digest(user, password, realm, algorithm, secrets.token_hex(16))
