import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode

from bench.city import Member
from bench.dialects import client_frame
from bench.peer_dialects import Mqtt, Nats, SocketIo
from protocol.vocabulary import Role
from tests.bench.test_dialects import from_server

APP = Member("app-1", Role.APP, 1, 0)
PATROL = Member("patrol-7-0", Role.PATROL, 14, 7)
PAYLOADS = st.lists(st.binary(max_size=20_000), max_size=4)


def published(payload: bytes) -> bytes:
    return Mqtt().wrap(PATROL, payload)


def sent_by_nats(payload: bytes) -> bytes:
    return b"MSG alert.7 1 %d\r\n%s\r\n" % (len(payload), payload)


def event(payload: bytes) -> bytes:
    return from_server(Opcode.TEXT, b'42["m",' + payload + b"]")


@pytest.mark.parametrize(
    ("dialect", "said"), [(Mqtt(), published), (Nats(), sent_by_nats), (SocketIo(), event)]
)
@given(payloads=PAYLOADS, cut=st.integers(0, 60_000))
def test_messages_are_heard_however_they_are_cut(dialect, said, payloads, cut) -> None:
    data = b"".join(map(said, payloads))
    cut = min(cut, len(data))
    first = dialect.hear(data[:cut])
    second = dialect.hear(first.rest + data[cut:])
    assert first.messages + second.messages == payloads
    assert second.rest == b""


def test_mqtt_connects_and_listens() -> None:
    greeting = Mqtt().greeting(PATROL)
    connect = next(greeting)
    assert connect[2:9] == b"\0\4MQTT\4"
    subscribe = greeting.send(b"\x20\2\0\0")
    assert subscribe[2:4] == struct.pack("!H", 1)
    assert subscribe.endswith(b"\0\7alert/7\0")
    with pytest.raises(StopIteration) as done:
        greeting.send(b"\x90\3\0\1\0" + published(b"early"))
    assert done.value.value.messages == [b"early"]
    refused = Mqtt().greeting(APP)
    next(refused)
    with pytest.raises(ConnectionError):
        refused.send(b"\x20\2\0\5")


def test_nats_connects_and_listens() -> None:
    greeting = Nats().greeting(APP)
    assert next(greeting) == b""
    assert greeting.send(b'INFO {"x":1}\r\n').endswith(b"SUB receipt.app-1 1\r\nPING\r\n")
    with pytest.raises(StopIteration) as done:
        greeting.send(b"PONG\r\n" + sent_by_nats(b"early"))
    assert done.value.value.messages == [b"early"]
    assert Nats().hear(b"PING\r\n").reply == b"PONG\r\n"
    assert Nats().wrap(PATROL, b'{"type":"delivered"}').startswith(b"PUB delivered.patrol-7-0 20\r")


def test_socketio_joins_says_who_it_is_and_answers_the_heartbeat() -> None:
    greeting = SocketIo().greeting(APP)
    assert next(greeting).startswith(b"GET /socket.io/?EIO=4&transport=websocket ")
    joined = greeting.send(b"HTTP/1.1 101 x\r\n\r\n" + from_server(Opcode.TEXT, b'0{"sid":"a"}'))
    assert joined == client_frame(b"40")
    assert b'42["hello",{"device_id":"app-1"}]' in greeting.send(
        from_server(Opcode.TEXT, b'40{"sid":"b"}')
    )
    with pytest.raises(StopIteration):
        greeting.send(event(b'{"code":"synced"}'))
    assert SocketIo().hear(from_server(Opcode.TEXT, b"2")).reply == client_frame(b"3")
