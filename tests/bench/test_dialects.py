import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from bench.city import Member, token_of
from bench.crowd import DIALECTS
from bench.dialects import (
    Cuadrante,
    after_upgrade,
    client_frame,
    hear_frames,
    until,
    upgrade,
)
from protocol import PATH, SUBPROTOCOL, URGENT
from protocol.codec import decode_client
from protocol.messages import Hello
from protocol.vocabulary import Role

URGENT_PATH = f"{PATH}?{URGENT}"
PAYLOADS = st.lists(st.binary(max_size=70_000), max_size=4)


def from_server(opcode: Opcode, payload: bytes) -> bytes:
    return Frame(opcode, payload).serialize(mask=False)


@given(PAYLOADS, st.integers(0, 200_000))
def test_frames_are_heard_however_they_are_cut(payloads: list[bytes], cut: int) -> None:
    data = b"".join(from_server(Opcode.TEXT, each) for each in payloads)
    cut = min(cut, len(data))
    first = hear_frames(data[:cut])
    second = hear_frames(first.rest + data[cut:])
    assert first.messages + second.messages == payloads
    assert second.rest == b""


def test_a_ping_is_answered_and_a_close_is_told() -> None:
    heard = hear_frames(from_server(Opcode.PING, b"?") + from_server(Opcode.CLOSE, b"\x0f\xa0bye"))
    assert heard.reply == client_frame(b"?", 0x8A)
    assert heard.messages == [b"closed: \x0f\xa0bye"]


@given(st.binary(max_size=2_000))
def test_what_is_framed_is_what_a_real_server_reads(payload: bytes) -> None:
    server = ServerProtocol(state=OPEN)
    server.receive_data(client_frame(payload))
    (frame,) = server.events_received()
    assert isinstance(frame, Frame)
    assert (frame.opcode, bytes(frame.data)) == (Opcode.TEXT, payload)


@pytest.mark.parametrize(
    ("member", "path"),
    [
        (Member("patrol-1", Role.PATROL, 1, 0), URGENT_PATH),
        (Member("app-1", Role.APP, 1, 0), URGENT_PATH),
        (Member("idle-1", Role.APP, 1), PATH),
    ],
)
def test_who_presses_or_is_called_asks_to_be_let_in_first(member: Member, path: str) -> None:
    assert next(Cuadrante().greeting(member)).startswith(f"GET {path} ".encode())


def test_a_device_greets_a_real_handshake() -> None:
    server = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)])
    greeting = Cuadrante().greeting(Member("patrol-1", Role.PATROL, 1, 0))
    server.receive_data(next(greeting))
    (request,) = server.events_received()
    assert request.path == URGENT_PATH  # type: ignore[union-attr]
    server.send_response(server.accept(request))  # type: ignore[arg-type]
    answer = b"".join(server.data_to_send())
    assert greeting.send(answer[:20]) == b""
    server.receive_data(greeting.send(answer[20:]))
    (frame,) = server.events_received()
    hello = decode_client(bytes(frame.data)).message  # type: ignore[union-attr]
    assert hello == Hello(device_id="patrol-1", token=token_of("patrol-1"), on_duty=True)
    alert = from_server(Opcode.TEXT, b'{"type":"alert"}')
    synced = from_server(Opcode.TEXT, b'{"type":"notice","code":"synced"}')
    with pytest.raises(StopIteration) as done:
        greeting.send(alert + synced + b"\x81")
    assert done.value.value.messages[0] == b'{"type":"alert"}'
    assert done.value.value.rest == b"\x81"


def test_a_refusal_is_said() -> None:
    opening = after_upgrade(upgrade("/nowhere"))
    next(opening)
    with pytest.raises(ConnectionError, match="503"):
        opening.send(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    closing = until(lambda _: False, from_server(Opcode.CLOSE, b"\x11\x94bad_credentials"))
    with pytest.raises(ConnectionError, match="bad_credentials"):
        next(closing)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_hears_what_is_not_whole_yet(name: str) -> None:
    assert DIALECTS[name].hear(b"") == ([], b"", b"")
