"""Hands pictures to the console, and tells the core of each that is safely kept there.

Until then they wait in memory, within a bound: the oldest go first when there are too many. What is
on a gateway that dies is lost; the alert itself never depends on a picture.
"""

import ssl
from collections import deque
from collections.abc import Callable
from typing import Final

import httpx
import structlog
import trio

from dispatch.gateway.appliances.attempts import Jitter, pause_s
from dispatch.gateway.appliances.bounds import (
    KEPT_REMEMBERED,
    SPOOL_MAX_BYTES,
    UPLOAD_DEADLINE_S,
    UPLOAD_WITHIN_S,
    UPLOADS_AT_ONCE,
)
from dispatch.gateway.appliances.looks import Taken
from protocol.messages import Picture

KEPT: Final = frozenset({200, 201})
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Besides all that are the console's own trouble (5xx), of which 507 is a full disk."""

log = structlog.get_logger()


class Uploads:
    """The way of pictures from the gateway to the console.

    `tell` sends a message to the core, and says whether there was a connection to put it on.
    `trust` brings `ssl_context` up to date, and is called before each attempt.
    """

    def __init__(
        self,
        console_url: str,
        bearer: str,
        tell: Callable[[Picture], bool],
        jitter: Jitter,
        ssl_context: ssl.SSLContext | None = None,
        trust: Callable[[], object] | None = None,
    ) -> None:
        self.dropped = 0
        self._pictures_url = f"{console_url.rstrip('/')}/v1/pictures"
        self._bearer = bearer
        self._tell = tell
        self._jitter = jitter
        self._tls: ssl.SSLContext | bool = ssl_context or True
        self._trust = trust
        self._waiting: deque[tuple[Taken, float]] = deque()
        self._waiting_bytes = 0
        self._more = trio.Event()
        self._kept: deque[Picture] = deque(maxlen=KEPT_REMEMBERED)
        self._untold: deque[Picture] = deque(maxlen=KEPT_REMEMBERED)

    @property
    def untold(self) -> int:
        """Pictures that are kept, and that the core could not be told of yet."""
        return len(self._untold)

    def put(self, taken: Taken) -> None:
        """Take a picture in charge."""
        self._waiting.append((taken, trio.current_time() + UPLOAD_WITHIN_S))
        self._waiting_bytes += len(taken.jpeg)
        while self._waiting_bytes > SPOOL_MAX_BYTES:
            self._drop(self._pop()[0], "too many pictures wait for the console")
        self._more.set()

    def greeted(self) -> None:
        """The core is there anew: tell it what was kept meanwhile."""
        while self._untold and self._tell(self._untold[0]):
            self._untold.popleft()

    def tell_again(self, alert_id: str, camera_id: str) -> None:
        """The core misses pictures of an alert: those that are kept may not have been heard of."""
        for picture in self._kept:
            if (picture.alert_id, picture.device_id) == (alert_id, camera_id):
                self._tell(picture)

    async def run(self) -> None:
        """Hand pictures on, several at a time, for ever."""
        async with (
            httpx.AsyncClient(
                verify=self._tls, trust_env=False, timeout=UPLOAD_DEADLINE_S
            ) as client,
            trio.open_nursery() as nursery,
        ):
            for _ in range(UPLOADS_AT_ONCE):
                nursery.start_soon(self._work, client)

    async def _work(self, client: httpx.AsyncClient) -> None:
        while True:
            while not self._waiting:
                self._more = trio.Event()
                await self._more.wait()
            taken, give_up_at_s = self._pop()
            with trio.move_on_at(give_up_at_s) as patience:
                await self._hand_over(client, taken)
            if patience.cancelled_caught:
                self._drop(taken, "the console did not take it in time")

    async def _hand_over(self, client: httpx.AsyncClient, taken: Taken) -> None:
        """Try until the console has kept or refused it."""
        attempt = 0
        while True:
            status = await self._put(client, taken)
            if status in KEPT:
                self._announce(taken)
                return
            if status is not None and status < 500 and status not in TRY_AGAIN:
                self._drop(taken, f"the console refuses it with HTTP {status}")
                return
            await trio.sleep(pause_s(attempt, self._jitter))
            attempt += 1

    async def _put(self, client: httpx.AsyncClient, taken: Taken) -> int | None:
        """One attempt: the status of the answer, or None without one."""
        try:
            with trio.fail_after(UPLOAD_DEADLINE_S):
                if self._trust is not None:
                    self._trust()
                async with client.stream(
                    "PUT",
                    f"{self._pictures_url}/{taken.picture_id}",
                    params={
                        "alert": taken.alert_id,
                        "camera": taken.camera_id,
                        "taken_at_ms": taken.taken_at_ms,
                    },
                    content=taken.jpeg,
                    headers={
                        "Authorization": f"Bearer {self._bearer}",
                        "Content-Type": "image/jpeg",
                    },
                ) as response:
                    return response.status_code
        except (httpx.HTTPError, OSError, trio.TooSlowError):
            return None

    def _announce(self, taken: Taken) -> None:
        picture = Picture(
            alert_id=taken.alert_id,
            device_id=taken.camera_id,
            picture_id=taken.picture_id,
            taken_at_ms=taken.taken_at_ms,
            size_bytes=len(taken.jpeg),
        )
        self._kept.append(picture)
        if not self._tell(picture):
            self._untold.append(picture)

    def _pop(self) -> tuple[Taken, float]:
        taken, give_up_at_s = self._waiting.popleft()
        self._waiting_bytes -= len(taken.jpeg)
        return taken, give_up_at_s

    def _drop(self, taken: Taken, why: str) -> None:
        self.dropped += 1
        log.warning("picture_dropped", camera=taken.camera_id, why=why, dropped=self.dropped)
