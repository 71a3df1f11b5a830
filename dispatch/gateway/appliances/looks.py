"""Looking through a camera for an alert: a picture now, and another one a while later."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.attempts import Jitter, pause_s
from dispatch.gateway.appliances.bounds import SECOND_PICTURE_AFTER_S


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture of an alert, as it came out of the camera."""

    picture_id: str
    alert_id: str
    camera_id: str
    taken_at_ms: int
    jpeg: bytes


class Eye(Protocol):
    """A camera, for all that a look needs of it."""

    async def picture(self) -> bytes:
        """Take a picture. Raises `Unreachable`, `Faulty`."""


async def look(eye: Eye, keep: Callable[[bytes, int], object], jitter: Jitter) -> int:
    """Take both pictures and hand each on, with when it was taken (ms since the epoch).

    A camera that fails is tried again until the next picture's time. Returns how many there are.
    """
    started_s = trio.current_time()
    count = 0
    for after_s in (0.0, SECOND_PICTURE_AFTER_S):
        await trio.sleep_until(started_s + after_s)
        taken = await _take(eye, started_s + after_s + SECOND_PICTURE_AFTER_S, jitter)
        if taken is not None:
            keep(*taken)
            count += 1
    return count


async def _take(eye: Eye, give_up_at_s: float, jitter: Jitter) -> tuple[bytes, int] | None:
    attempt = 0
    with trio.move_on_at(give_up_at_s):
        while True:
            try:
                jpeg = await eye.picture()
                return jpeg, time.time_ns() // 1_000_000
            except (Unreachable, Faulty):
                await trio.sleep(pause_s(attempt, jitter))
                attempt += 1
    return None
