"""Buttons' messages, as hypothesis draws them, and as a test wants one."""

from typing import Any

from hypothesis import strategies as st

from protocol.button.message import KINDS, Message, MessageType, encode_message, tag_of
from protocol.messages import Position
from tests.protocol.button.vectors import DEVICE_ID, KEY

NOW_MS = 1_795_227_247_250
TAG = tag_of(DEVICE_ID)

counters = st.integers(0, 2**64 - 1)
positions = st.builds(
    Position,
    lat=st.integers(-900_000_000, 900_000_000).map(lambda each: each / 1e7),
    lon=st.integers(-1_800_000_000, 1_800_000_000).map(lambda each: each / 1e7),
    accuracy_m=st.none() | st.integers(0, 65_534).map(float),
)
calls = st.builds(
    Message,
    type=st.sampled_from([MessageType.PRESS, MessageType.CANCEL]),
    tag=st.binary(min_size=8, max_size=8),
    counter=counters,
    salt=st.integers(0, 2**32 - 1),
    press=st.integers(1, 2**64 - 1),
    kind=st.sampled_from(list(KINDS.values())),
    battery_percent=st.none() | st.integers(0, 100),
    pressed_at_ms=st.none() | st.integers(1, 253_402_300_799_999),
    position=st.none() | positions,
)
heartbeats = st.builds(
    Message,
    type=st.just(MessageType.HEARTBEAT),
    tag=st.binary(min_size=8, max_size=8),
    counter=counters,
    salt=st.integers(0, 2**32 - 1),
    battery_percent=st.none() | st.integers(0, 100),
)
messages = calls | heartbeats


def said(boot: int, sequence: int, key: bytes = KEY, **fields: Any) -> bytes:
    """A heartbeat of the vectors' device, or what the fields make of it."""
    message = Message(
        fields.pop("type", MessageType.HEARTBEAT),
        fields.pop("tag", TAG),
        boot << 32 | sequence,
        **fields,
    )
    return encode_message(key, message)
