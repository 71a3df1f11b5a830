"""How the bench's devices speak to the peers: what is said is the same, the framing is theirs."""

import struct
from typing import Final

from bench.city import Member
from bench.dialects import Greeting, Heard, after_upgrade, client_frame, hear_frames, until, upgrade
from protocol.vocabulary import Role


def _topic(member: Member, payload: bytes, sep: str) -> str:
    kind = "delivered" if payload.startswith(b'{"type":"delivered"') else "signal"
    return f"{kind}{sep}{member.device_id}"


def _listens_to(member: Member, sep: str) -> str:
    if member.role is Role.PATROL:
        return f"alert{sep}{member.quadrant}"
    return f"receipt{sep}{member.device_id}"


class SocketIo:
    """Socket.IO 5 over Engine.IO 4, WebSocket only."""

    PATH: Final = "/socket.io/?EIO=4&transport=websocket"
    EVENT: Final = b'42["m",'

    def greeting(self, member: Member) -> Greeting:
        """Open, join the default namespace, say who it is."""
        read = yield from after_upgrade(upgrade(self.PATH))
        heard = yield from until(lambda said: said.startswith(b"0"), read)
        read = heard.rest + (yield client_frame(b"40"))
        heard = yield from until(lambda said: said.startswith(b"40"), read)
        hello = b'42["hello",{"device_id":"%s"}]' % member.device_id.encode()
        read = heard.rest + (yield client_frame(hello))
        return (yield from until(lambda said: b'"synced"' in said, read))

    def wrap(self, _member: Member, payload: bytes) -> bytes:
        """Make an event of it."""
        return client_frame(self.EVENT + payload + b"]")

    def hear(self, data: bytes) -> Heard:
        """Take events apart; answer the heartbeat (2 by 3)."""
        heard = hear_frames(data)
        reply = heard.reply
        messages = []
        for said in heard.messages:
            if said.startswith(self.EVENT):
                messages.append(said[len(self.EVENT) : -1])
            elif said == b"2":
                reply += client_frame(b"3")
        return Heard(messages, heard.rest, reply)


class Mqtt:
    """MQTT 3.1.1 (OASIS), QoS 0."""

    CONNECT: Final = 0x10
    PUBLISH: Final = 0x30
    SUBSCRIBE: Final = 0x82
    CONNACK: Final = 0x20
    SUBACK: Final = 0x90
    CLEAN_SESSION: Final = 0x02

    def greeting(self, member: Member) -> Greeting:
        """Connect without keep-alive, and listen."""
        name = _text(member.device_id)
        head = _text("MQTT") + bytes((4, self.CLEAN_SESSION, 0, 0))
        read = yield self._packet(self.CONNECT, head + name)
        while len(read) < 4:
            read += yield b""
        if read[0] != self.CONNACK or read[3] != 0:
            raise ConnectionError("the broker refuses")
        listen = struct.pack("!H", 1) + _text(_listens_to(member, "/")) + b"\0"
        read = read[4:] + (yield self._packet(self.SUBSCRIBE, listen))
        while len(read) < 5:
            read += yield b""
        if read[0] != self.SUBACK:
            raise ConnectionError("the broker lets nobody listen")
        return self.hear(read[5:])

    def wrap(self, member: Member, payload: bytes) -> bytes:
        """Publish it."""
        return self._packet(self.PUBLISH, _text(_topic(member, payload, "/")) + payload)

    def hear(self, data: bytes) -> Heard:
        """Take PUBLISH packets apart (section 3.3)."""
        messages: list[bytes] = []
        at = 0
        while True:
            size, start = _remaining(data, at + 1)
            if start == 0 or start + size > len(data):
                return Heard(messages, data[at:])
            if data[at] & 0xF0 == self.PUBLISH:
                topic = int.from_bytes(data[start : start + 2], "big")
                messages.append(data[start + 2 + topic : start + size])
            at = start + size

    def _packet(self, kind: int, body: bytes) -> bytes:
        size, length = len(body), bytearray()
        while True:
            size, digit = divmod(size, 128)
            length.append(digit | (0x80 if size else 0))
            if not size:
                return bytes((kind, *length)) + body


class Nats:
    """The NATS client protocol."""

    CONNECT: Final = b'CONNECT {"verbose":false,"pedantic":false}\r\n'

    def greeting(self, member: Member) -> Greeting:
        """Connect, listen, and wait until the server has read that."""
        read = yield b""
        while b"\r\n" not in read:
            read += yield b""
        listen = f"SUB {_listens_to(member, '.')} 1\r\nPING\r\n".encode()
        read = read.partition(b"\r\n")[2] + (yield self.CONNECT + listen)
        while b"PONG\r\n" not in read:
            read += yield b""
        return self.hear(read.partition(b"PONG\r\n")[2])

    def wrap(self, member: Member, payload: bytes) -> bytes:
        """Publish it."""
        topic = _topic(member, payload, ".").encode()
        return b"PUB %s %d\r\n%s\r\n" % (topic, len(payload), payload)

    def hear(self, data: bytes) -> Heard:
        """Take messages apart; answer the heartbeat."""
        messages: list[bytes] = []
        reply = b""
        at = 0
        while (line_end := data.find(b"\r\n", at)) >= 0:
            line, start = data[at:line_end], line_end + 2
            if line.startswith(b"MSG "):
                stop = start + int(line.rpartition(b" ")[2])
                if stop + 2 > len(data):
                    break
                messages.append(data[start:stop])
                start = stop + 2
            elif line == b"PING":
                reply += b"PONG\r\n"
            at = start
        return Heard(messages, data[at:], reply)


def _text(words: str) -> bytes:
    return struct.pack("!H", len(words)) + words.encode()


def _remaining(data: bytes, at: int) -> tuple[int, int]:
    """The remaining length (MQTT, section 2.2.3) and where what it counts begins; 0: not there."""
    size, shift = 0, 0
    while at < len(data):
        size |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return size, at
    return 0, 0
