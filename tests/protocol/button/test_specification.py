"""The specification that implementers read says what the code does."""

from pathlib import Path

import pytest

import protocol
from clients.button import device
from protocol.button.link import WINDOW
from protocol.button.message import ANSWER_BYTES, KINDS, MESSAGE_BYTES, MessageType, Progress

TEXT = Path(protocol.__file__).with_name("button.md").read_text()
FLAT = " ".join(TEXT.split())


def in_ms(*waits_ms: int) -> str:
    return ", ".join(f"{wait_ms:,}" for wait_ms in waits_ms)


RETRY, HEARTBEAT = device.RETRY_MS, device.HEARTBEAT_RETRY_MS
SAID = [
    f"**{MESSAGE_BYTES} bytes up, {ANSWER_BYTES} bytes down**",
    ", ".join(f"{each.value} {each.name.lower()}" for each in MessageType),
    ", ".join(f"{code} {kind}" for code, kind in KINDS.items()),
    f"one bit for each of the {WINDOW} before it",
    f"it is {WINDOW} or more behind",
    f"after {in_ms(*RETRY[:-1])} and each further {RETRY[-1]:,} ms",
    f"every {device.FOLLOW_MS:,} ms in the first {device.FOLLOW_SOON_MS:,} ms",
    f"then every {device.FOLLOW_LATER_MS:,} ms",
    f"for {device.FOLLOW_FOR_MS:,} ms at most",
    f"then {device.HEARTBEAT_MS:,} ms after anything was last answered",
    f"after {in_ms(*HEARTBEAT[:-1])} and each further {HEARTBEAT[-1]:,} ms",
    f"the last two for {device.ENDED_SHOWN_MS:,} ms",
    f"{device.OFFLINE_AFTER} messages in a row without an answer",
    "the MACs of its newest eight messages",
]


@pytest.mark.parametrize("said", SAID)
def test_it_says_what_the_code_does(said: str) -> None:
    assert said in FLAT, f"put this into protocol/button.md: {said}"


def test_the_number_in_words_is_the_one_in_code() -> None:
    assert device.QUESTIONS_MAX == 8
    assert device.CHALLENGES_EVERY_MS == 1_000


@pytest.mark.parametrize("progress", Progress)
def test_every_progress_has_its_row(progress: Progress) -> None:
    assert f"| {progress.value} | {progress.name.lower()} |" in TEXT


@pytest.mark.parametrize(
    "lamp",
    [device.IDLE, device.OFFLINE, *device.LAMPS],
)
def test_every_lamp_is_explained(lamp: str) -> None:
    assert f"`{lamp}`" in TEXT[TEXT.index("## The lamp") :]
