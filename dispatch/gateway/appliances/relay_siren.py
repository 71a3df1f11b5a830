"""A siren behind a relay: obeys the core's last word, and says what has truly become of it.

One question to the relay is under way at a time, and none is cut short: an old "on" that overtook a
newer "off" would sound in the night.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.attempts import Jitter, pause_s
from dispatch.gateway.appliances.bounds import SILENCING_WITHIN_S
from protocol.messages import Sounded
from protocol.vocabulary import SirenState

Tell = Callable[[Sounded], object]


class Switch(Protocol):
    """A relay, for all that a siren needs of it."""

    async def switch_on(self, for_s: float) -> bool:
        """Switch on for so long; say whether it is on now. Raises `Unreachable`, `Faulty`."""

    async def switch_off(self) -> bool:
        """Switch off; say whether it is off now. Raises `Unreachable`, `Faulty`."""


@dataclass(eq=False, slots=True)
class _Order:
    """The core's word: sound until a moment, and be silent after it."""

    alert_id: str
    until_s: float
    by_itself: bool
    """It falls silent because its time is over, and not because somebody said so."""
    said: SirenState | None = None

    @property
    def give_up_at_s(self) -> float:
        """Until when a relay that cannot be reached is tried to be switched off."""
        return self.until_s + SILENCING_WITHIN_S


class RelaySiren:
    """Takes orders; `run` carries the last one out, and tells."""

    def __init__(self, device_id: str, relay: Switch, tell: Tell, jitter: Jitter) -> None:
        self._device_id = device_id
        self._relay = relay
        self._tell = tell
        self._jitter = jitter
        self._order: _Order | None = None
        self._ordered = trio.Event()

    def sound(self, alert_id: str, for_s: float) -> None:
        """Sound for so long from now. Asked again, it answers again."""
        self._take(_Order(alert_id, trio.current_time() + for_s, by_itself=True))

    def silence(self, alert_id: str) -> None:
        """Be silent."""
        self._take(_Order(alert_id, trio.current_time(), by_itself=False))

    async def run(self) -> None:
        """Do what is ordered, for ever."""
        attempt = 0
        while True:
            done = await self._step(trio.current_time())
            attempt = 0 if done else attempt + 1
            await self._rest(attempt)

    def _take(self, order: _Order) -> None:
        self._order = order
        self._ordered.set()

    async def _step(self, now_s: float) -> bool:
        """Bring the relay nearer to what is ordered; say whether it is there."""
        order = self._order
        if order is None:
            return True
        if now_s < order.until_s:
            if order.said is SirenState.SOUNDING:
                return True
            left_s = order.until_s - now_s
            return await self._become(
                order, SirenState.SOUNDING, lambda: self._relay.switch_on(left_s)
            )
        # One that never sounded does not fall silent: that it failed is its last word.
        never_sounded = order.by_itself and order.said is not SirenState.SOUNDING
        if never_sounded or now_s >= order.give_up_at_s:
            self._order = None
            return True
        order.by_itself = False
        return await self._become(order, SirenState.SILENT, self._relay.switch_off)

    async def _become(
        self, order: _Order, wanted: SirenState, ask: Callable[[], Awaitable[bool]]
    ) -> bool:
        state = await _outcome(ask, wanted)
        if self._order is not order:
            return True  # there is a newer one, to be carried out at once
        if order.said is not state:
            order.said = state
            self._tell(Sounded(alert_id=order.alert_id, state=state, device_id=self._device_id))
        if state is SirenState.SILENT:
            self._order = None
        return state is wanted

    async def _rest(self, attempt: int) -> None:
        """Wait until there is a new order, the time of this one is over, or another attempt due."""
        wake_s = math.inf
        if self._order is not None:
            wake_s = self._order.until_s
        if attempt:
            again_s = trio.current_time() + pause_s(attempt - 1, self._jitter)
            wake_s = min(again_s, wake_s) if wake_s > trio.current_time() else again_s
        with trio.move_on_at(wake_s):
            await self._ordered.wait()
        self._ordered = trio.Event()


async def _outcome(ask: Callable[[], Awaitable[bool]], wanted: SirenState) -> SirenState:
    try:
        return wanted if await ask() else SirenState.FAILED
    except Unreachable:
        return SirenState.UNREACHABLE
    except Faulty:
        return SirenState.FAILED
