"""How the bench's devices speak to what is measured. Without I/O: bytes in, bytes out.

A dialect is only framing and greeting; what is said (press, alert, receipt, delivered) is the same
JSON for all. A greeting is a conversation: it yields what to send and is given what was read.
"""

import struct
from collections.abc import Callable, Generator
from typing import Final, NamedTuple, Protocol, TypeAlias

from bench.city import Member, token_of
from protocol import PATH, SUBPROTOCOL, URGENT
from protocol.codec import encode
from protocol.messages import ClientMessage, Hello
from protocol.vocabulary import Role


class Heard(NamedTuple):
    """What some bytes said: whole messages, what is not whole yet, and what to answer at once."""

    messages: list[bytes]
    rest: bytes
    reply: bytes = b""


Greeting: TypeAlias = Generator[bytes, bytes, Heard]


class Dialect(Protocol):
    """One way of speaking."""

    def greeting(self, member: Member) -> Greeting:
        """Connect as this device; what is returned was said to it already."""

    def wrap(self, member: Member, payload: bytes) -> bytes:
        """Put one message of a device into what goes over its socket."""

    def hear(self, data: bytes) -> Heard:
        """Take what was read apart."""


FIN_TEXT: Final = 0x81
FIN_CLOSE: Final = 0x88
FIN_PING: Final = 0x89
FIN_PONG: Final = 0x8A
MASKED: Final = 0x80
NO_MASK: Final = bytes(4)
"""A masking key of zeros is a valid one (RFC 6455, section 5.3): the server unmasks as it always
does, and the generator has nothing to do."""
NONCE: Final = "dGhlIHNhbXBsZSBub25jZQ=="
"""The example of RFC 6455, section 1.3: who is measured is no stranger."""


def client_frame(payload: bytes, first_byte: int = FIN_TEXT) -> bytes:
    """One masked frame of a client (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", first_byte, MASKED | size) + NO_MASK + payload
    return struct.pack("!BBH", first_byte, MASKED | 126, size) + NO_MASK + payload


def hear_frames(data: bytes) -> Heard:
    """Take unmasked frames apart: no fragments, as servers here send none."""
    messages: list[bytes] = []
    reply = b""
    at, end = 0, len(data)
    while end - at >= 2:
        size, start = data[at + 1], at + 2
        if size >= 126:
            start += 2 if size == 126 else 8
            if start > end:
                break
            size = int.from_bytes(data[at + 2 : start], "big")
        stop = start + size
        if stop > end:
            break
        if data[at] == FIN_TEXT:
            messages.append(data[start:stop])
        elif data[at] == FIN_PING:
            reply += client_frame(data[start:stop], FIN_PONG)
        elif data[at] == FIN_CLOSE:
            messages.append(b"closed: " + data[start:stop])
        at = stop
    return Heard(messages, data[at:], reply)


def upgrade(path: str, subprotocol: str = "") -> bytes:
    """Ask for a WebSocket (RFC 6455, section 4.1)."""
    offer = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {NONCE}\r\nSec-WebSocket-Version: 13\r\n{offer}\r\n"
    ).encode()


def after_upgrade(request: bytes) -> Generator[bytes, bytes, bytes]:
    """Open a WebSocket; returns what came after the response's head. Raises `ConnectionError`."""
    read = yield request
    while b"\r\n\r\n" not in read:
        read += yield b""
    head, _, rest = read.partition(b"\r\n\r\n")
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise ConnectionError(head.decode(errors="replace"))
    return rest


def until(
    told: Callable[[bytes], bool], read: bytes, hear: Callable[[bytes], Heard] = hear_frames
) -> Greeting:
    """Read on until a message is the one that is waited for."""
    messages: list[bytes] = []
    while True:
        heard = hear(read)
        messages += heard.messages
        if messages and messages[-1].startswith(b"closed: "):
            raise ConnectionError(messages[-1].decode(errors="replace"))
        if any(told(each) for each in heard.messages):
            return Heard(messages, heard.rest, heard.reply)
        read = heard.rest + (yield heard.reply)


class Cuadrante:
    """`cuadrante.v1`."""

    def greeting(self, member: Member) -> Greeting:
        """Open, say who it is, and wait until the state is there."""
        waits = member.role is Role.APP and member.quadrant < 0
        read = yield from after_upgrade(upgrade(PATH if waits else f"{PATH}?{URGENT}", SUBPROTOCOL))
        answers = member.role in (Role.PATROL, Role.OPERATOR, Role.SUPERVISOR)
        hello = Hello(
            device_id=member.device_id,
            token=token_of(member.device_id),
            on_duty=True if answers else None,
        )
        read += yield client_frame(encode_client(hello))
        return (yield from until(lambda said: b'"synced"' in said, read))

    def wrap(self, _member: Member, payload: bytes) -> bytes:
        """Frame it."""
        return client_frame(payload)

    def hear(self, data: bytes) -> Heard:
        """Take frames apart."""
        return hear_frames(data)


def encode_client(message: ClientMessage) -> bytes:
    """Write a message as clients do, `ref` left out."""
    return encode(message).replace(b',"ref":null', b"")
