"""Apple's push notification service as a real HTTP/2 server over TLS, with the faults it can have.

Its headers and errors are as "Sending notification requests to APNs" and "Handling notification
responses from APNs" describe them; the signature of whoever asks is checked.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes, Settings

TOKEN = "0f" * 32
KEY_ID, TEAM_ID, TOPIC = "ABC1234567", "TEAM123456", "co.example.patrulla"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Says:
    """An answer: a status, and a reason where it is an error."""

    status: int
    reason: str = ""


OK = Says(200)
SILENCE = "silence"
RESET = "reset"
"""RST_STREAM: this one is dropped, the connection goes on."""
GO_AWAY = "go away"
"""GOAWAY: the connection ends, and nothing on it is answered."""
HANG_UP = "hang up"
Does = Says | str


@dataclass(frozen=True)
class Got:
    """One notification."""

    connection: int
    path: str
    headers: Mapping[str, str] = field(repr=False)
    payload: Mapping[str, Any]


class ApnsStandIn:
    """What is done about each notification, in order; the last one for ever.

    `streams`: how many at once it says that it takes, `hesitates_s` after it is connected.
    """

    def __init__(self, *does: Does) -> None:
        self.does = list(does or (OK,))
        self.got: list[Got] = []
        self.connections = 0
        self.is_empty_handed = False
        """Whether errors have no body."""
        self.streams: int | None = None
        self.hesitates_s = 0.0
        self.changed = threading.Condition()
        self.port = 0
        self.transports: list[asyncio.Transport] = []
        self.loop: asyncio.AbstractEventLoop | None = None

    def hear(self, got: Got) -> Does:
        with self.changed:
            self.got.append(got)
            self.changed.notify_all()
            return self.does.pop(0) if len(self.does) > 1 else self.does[0]

    def wait_for(self, count: int, within_s: float = 20.0) -> list[Got]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, within_s), self.got
            return list(self.got)

    def hang_up(self) -> None:
        """Cut every connection."""
        assert self.loop is not None
        for transport in self.transports:
            self.loop.call_soon_threadsafe(transport.abort)

    def claims(self, got: Got) -> dict[str, Any]:
        """Check who asks. Returns what is claimed."""
        scheme, _, token = got.headers["authorization"].partition(" ")
        assert scheme == "bearer"
        assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": KEY_ID, "typ": "JWT"}
        claims: dict[str, Any] = jwt.decode(
            token, KEY.public_key(), algorithms=["ES256"], issuer=TEAM_ID
        )
        return claims


class _Conversation(asyncio.Protocol):
    def __init__(self, stand_in: ApnsStandIn) -> None:
        self.stand_in = stand_in
        stand_in.connections += 1
        self.number = stand_in.connections
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.has_begun = False
        self.unread = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.stand_in.transports.append(transport)
        asyncio.get_running_loop().call_later(self.stand_in.hesitates_s, self.begin)

    def begin(self) -> None:
        if self.stand_in.streams is not None:
            at_once = {SettingCodes.MAX_CONCURRENT_STREAMS: self.stand_in.streams}
            self.h2.local_settings = Settings(client=False, initial_values=at_once)
        self.h2.initiate_connection()
        self.has_begun = True
        self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if not self.has_begun:
            return
        unread, self.unread = self.unread, b""
        for event in self.h2.receive_data(unread):
            match event:
                case RequestReceived(headers=headers, stream_id=stream_id):
                    self.headers[stream_id] = dict(headers)
                    self.bodies[stream_id] = b""
                case DataReceived(stream_id=stream_id):
                    self.bodies[stream_id] += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
                case StreamEnded(stream_id=stream_id):
                    self.answer(stream_id)
                case StreamReset():
                    pass
        self.flush()

    def answer(self, stream_id: int) -> None:
        headers = self.headers.pop(stream_id)
        payload = json.loads(self.bodies.pop(stream_id))
        does = self.stand_in.hear(Got(self.number, headers[":path"], headers, payload))
        if isinstance(does, Says):
            self.say(stream_id, headers["apns-id"], does)
        elif does == RESET:
            self.h2.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
        elif does == GO_AWAY:
            self.h2.close_connection(additional_data=b'{"reason":"Shutdown"}')
        elif does == HANG_UP:
            self.transport.abort()

    def say(self, stream_id: int, apns_id: str, says: Says) -> None:
        has_body = bool(says.reason) and not self.stand_in.is_empty_handed
        headers = [(":status", str(says.status)), ("apns-id", apns_id)]
        self.h2.send_headers(stream_id, headers, end_stream=not has_body)
        if has_body:
            body = {"reason": says.reason}
            if says.status == 410:
                body["timestamp"] = 1_700_000_000_000
            self.h2.send_data(stream_id, json.dumps(body).encode(), end_stream=True)

    def flush(self) -> None:
        self.transport.write(self.h2.data_to_send())


@contextmanager
def apple(stand_in: ApnsStandIn, authority: trustme.CA) -> Iterator[int]:
    """Serve until the block ends; yields the port, on the loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    stand_in.loop = loop = asyncio.new_event_loop()
    started = threading.Event()
    server: asyncio.Server

    async def serve() -> None:
        nonlocal server
        server = await loop.create_server(
            lambda: _Conversation(stand_in), "127.0.0.1", 0, ssl=context
        )
        stand_in.port = server.sockets[0].getsockname()[1]
        started.set()

    async def end() -> None:
        server.close()
        for transport in stand_in.transports:
            transport.abort()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())
            loop.run_forever()
            runner.run(end())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield stand_in.port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


def key_file(folder: Path) -> Path:
    path = folder / "AuthKey.p8"
    path.write_text(PEM)
    return path
