"""A push service with one browser behind it: it answers as it is told, and reads what it is sent.

The message is decrypted by the browser's own key, from the text of RFC 8291 and RFC 8188 and by no
code of the sender's; the signature is checked as RFC 8292 says.
"""

import json
import ssl
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.messages import PushAddress, PushTarget
from protocol.vocabulary import PushKind


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(secret)


class Browser:
    """One subscription: its key pair and its secret never leave it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._public = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self._auth = bytes(range(16))

    def target(self, endpoint: str) -> PushTarget:
        return PushTarget(PushKind.WEBPUSH, endpoint, b64(self._public), b64(self._auth))

    def address(self, endpoint: str) -> PushAddress:
        target = self.target(endpoint)
        return PushAddress(target.kind, endpoint, target.p256dh, target.auth)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt one message. Raises `InvalidTag` for what is for another browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size  # RFC 8291, section 4: a single record
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._private.exchange(ec.ECDH(), point)
        info = b"WebPush: info\0" + self._public + sender
        secret = _hkdf(shared, self._auth, info, 32)
        key = _hkdf(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(secret, salt, b"Content-Encoding: nonce\0", 12)
        content, delimiter, padding = AESGCM(key).decrypt(nonce, record, None).rpartition(b"\2")
        assert delimiter
        assert not padding.strip(b"\0")
        message: dict[str, Any] = json.loads(content)
        return message


def check_signature(authorization: str, application_key: str) -> dict[str, Any]:
    """Check that the sender is who the browser subscribed with. Returns what it claims."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert parts["k"] == application_key
    signed, _, signature = parts["t"].rpartition(".")
    raw = un64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), un64(parts["k"]))
    key.verify(der, signed.encode(), ec.ECDSA(SHA256()))
    header, _, claims = signed.partition(".")
    assert json.loads(un64(header))["alg"] == "ES256"
    claimed: dict[str, Any] = json.loads(un64(claims))
    return claimed


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class PushStandIn:
    """What is answered to each request, in order; the last one for ever. None: silence."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers or (201,))
        self.retry_after: str | None = None
        self.got: list[Got] = []
        self.over = threading.Event()
        self.changed = threading.Condition()
        self.url = ""

    def hear(self, got: Got) -> int | None:
        with self.changed:
            self.got.append(got)
            self.changed.notify_all()
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def wait_for(self, count: int, within_s: float = 20.0) -> list[Got]:
        """Wait until so many requests came."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, within_s), self.got
            return list(self.got)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stand_in: PushStandIn

    def handle_error(self, *_: object) -> None:
        """A sender that hung up is what tests are about."""


class _Conversation(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        stand_in = self.server.stand_in
        status = stand_in.hear(Got(self.path, headers, body))
        if status is None:
            stand_in.over.wait(30)
            self.close_connection = True
            return
        self.send_response(status)
        if stand_in.retry_after is not None:
            self.send_header("Retry-After", stand_in.retry_after)
        if 300 <= status < 400:
            self.send_header("Location", stand_in.url + "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiving(
    stand_in: PushStandIn,
    authority: trustme.CA,
    conversation: type[BaseHTTPRequestHandler] = _Conversation,
) -> Iterator[str]:
    """Serve until the block ends; yields its address, such as `https://localhost:8081`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), conversation)
    server.stand_in = stand_in
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    stand_in.url = f"https://localhost:{server.server_address[1]}"
    try:
        yield stand_in.url
    finally:
        stand_in.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def trust_file(authority: trustme.CA, folder: Path) -> Path:
    """For a process whose trusted certificates are named by `SSL_CERT_FILE`."""
    path = folder / "push-ca.pem"
    authority.cert_pem.write_to_path(path)
    return path
