"""Firebase as a real HTTPS server: a token endpoint, which checks who asks, and a send endpoint.

Errors are as "FCM error codes" shows them.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dispatch.push.fcm.account import SCOPE
from tests.push.receiver import Got, PushStandIn, receiving

TOKEN = "token:" + "a" * 140
PROJECT = "frente-seguro"
EMAIL = "cuadrante@frente-seguro.example"
KEY = rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Says:
    """An answer: a status, what FCM calls the error, and what Google's interfaces do."""

    status: int
    error_code: str = ""
    general: str = ""

    def body(self) -> dict[str, Any]:
        if self.status == 200:
            return {"name": f"projects/{PROJECT}/messages/1"}
        fcm_error = {
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
            "errorCode": self.error_code,
        }
        details = [fcm_error] if self.error_code else []
        return {"error": {"code": self.status, "status": self.general, "details": details}}


OK = Says(200)


class FcmStandIn(PushStandIn):
    """What is answered to each message, in order; the last one for ever. None: silence.

    `gives_tokens`: the status of its token endpoint; None: silence.
    """

    def __init__(self, *answers: Says | None) -> None:
        super().__init__()
        self.answers: list[Any] = list(answers or (OK,))
        self.gives_tokens: int | None = 200
        self.tokens: list[str] = []
        self.revoked: set[str] = set()
        self.nonsense: Any = None
        """What its token endpoint says instead of a token."""

    def let_in(self, assertion: str) -> str:
        """Give out a token to whoever signed by the account's key (RFC 7523)."""
        # google-auth signs for Google's own endpoint, whatever the account's file says.
        no_audience = {"verify_aud": False}
        claims = jwt.decode(assertion, KEY.public_key(), algorithms=["RS256"], options=no_audience)
        assert (claims["iss"], claims["scope"]) == (EMAIL, SCOPE)
        assert claims["exp"] - time.time() <= 3_600
        self.tokens.append(f"access-{len(self.tokens) + 1}")
        return self.tokens[-1]


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stand_in: FcmStandIn = self.server.stand_in  # type: ignore[attr-defined]
        if self.path == "/token":
            self.let_in(stand_in, body)
        else:
            self.take(stand_in, body)

    def let_in(self, stand_in: FcmStandIn, body: bytes) -> None:
        if stand_in.gives_tokens is None:
            self.hang(stand_in.over)
        elif stand_in.nonsense is not None:
            self.say(200, stand_in.nonsense)
        elif stand_in.gives_tokens == 200:
            form = parse_qs(body.decode())
            assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
            token = stand_in.let_in(form["assertion"][0])
            self.say(200, {"access_token": token, "expires_in": 3_599, "token_type": "Bearer"})
        else:
            self.say(stand_in.gives_tokens, {"error": "invalid_grant"})

    def take(self, stand_in: FcmStandIn, body: bytes) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        if token not in stand_in.tokens or token in stand_in.revoked:
            says: Any = Says(401, "", "UNAUTHENTICATED")
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            says = stand_in.hear(Got(self.path, headers, body))
        if says is None:
            self.hang(stand_in.over)
        else:
            self.say(says.status, says.body(), stand_in.retry_after)

    def hang(self, over: threading.Event) -> None:
        over.wait(30)
        self.close_connection = True

    def say(self, status: int, content: Any, retry_after: str | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def firebase(stand_in: FcmStandIn, authority: trustme.CA) -> Iterator[str]:
    """Serve until the block ends; yields its address."""
    with receiving(stand_in, authority, _Conversation) as url:
        yield url


def info(url: str) -> dict[str, str]:
    """What is in the file of a service account."""
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": KEY.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        "client_email": EMAIL,
        "token_uri": url + "/token",
    }


def account_file(folder: Path, url: str) -> Path:
    path = folder / "account.json"
    path.write_text(json.dumps(info(url)))
    path.chmod(0o600)
    return path
