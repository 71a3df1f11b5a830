"""A siren behind a relay: sounds for whoever needs it, and says what has truly become of it.

Several alerts of a front may sound one siren. It sounds while any of them wants it, and each is
told for itself. One question to the relay is under way at a time, and none is cut short: an old
"on" that overtook a newer "off" would sound in the night.
"""

import math
from collections.abc import Awaitable, Callable, Collection
from typing import Final, Protocol

import trio

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.attempts import Jitter, pause_s
from dispatch.gateway.appliances.bounds import SILENCING_WITHIN_S
from protocol.messages import Sounded
from protocol.vocabulary import SirenState

Tell = Callable[[Sounded], object]
_NEVER: Final = -math.inf


class Switch(Protocol):
    """A relay, for all that a siren needs of it."""

    async def switch_on(self, for_s: float) -> bool:
        """Switch on for so long; say whether it is on now. Raises `Unreachable`, `Faulty`."""

    async def switch_off(self) -> bool:
        """Switch off; say whether it is off now. Raises `Unreachable`, `Faulty`."""


class RelaySiren:
    """Follows what is wanted of it; `run` does it and tells."""

    def __init__(self, device_id: str, relay: Switch, tell: Tell, jitter: Jitter) -> None:
        self._device_id = device_id
        self._relay = relay
        self._tell = tell
        self._jitter = jitter
        self._wanted: dict[str, float] = {}
        """Alerts that it sounds for, and until when."""
        self._ending: dict[str, float] = {}
        """Alerts that it is to fall silent for, and until when that is tried."""
        self._said: dict[str, SirenState] = {}
        self._on_until_s = _NEVER
        self._changed = trio.Event()

    def sound(self, alert_id: str, for_s: float) -> None:
        """Sound for an alert. Asked again, it answers again."""
        self._ending.pop(alert_id, None)
        self._said.pop(alert_id, None)
        self._wanted[alert_id] = trio.current_time() + for_s
        self._changed.set()

    def silence(self, alert_id: str) -> None:
        """Sound for an alert no more."""
        self._wanted.pop(alert_id, None)
        self._said.pop(alert_id, None)
        self._ending[alert_id] = trio.current_time() + SILENCING_WITHIN_S
        self._changed.set()

    async def run(self) -> None:
        """Do what is wanted, for ever."""
        attempt = 0
        while True:
            done = await self._step()
            attempt = 0 if done else attempt + 1
            await self._rest(attempt)

    async def _step(self) -> bool:
        """Bring the relay nearer to what is wanted; say whether it is there."""
        self._let_time_pass(trio.current_time())
        if self._wanted:
            self._say(tuple(self._ending), SirenState.SILENT)  # for them; it sounds for others
            self._ending.clear()
            return await self._be_on()
        return not self._ending or await self._be_off()

    async def _be_on(self) -> bool:
        until_s, alerts = max(self._wanted.values()), tuple(self._wanted)
        if self._on_until_s >= until_s and all(alert in self._said for alert in alerts):
            return True
        left_s = until_s - trio.current_time()
        state = await _outcome(lambda: self._relay.switch_on(left_s), SirenState.SOUNDING)
        self._on_until_s = until_s if state is SirenState.SOUNDING else _NEVER
        self._say([alert for alert in alerts if alert in self._wanted], state)
        return state is SirenState.SOUNDING

    async def _be_off(self) -> bool:
        alerts = tuple(self._ending)
        state = await _outcome(self._relay.switch_off, SirenState.SILENT)
        self._on_until_s = _NEVER
        self._say([alert for alert in alerts if alert in self._ending], state)
        if state is not SirenState.SILENT:
            return False
        for alert in alerts:
            self._ending.pop(alert, None)
        return not self._ending

    def _let_time_pass(self, now_s: float) -> None:
        for alert in [alert for alert, until_s in self._wanted.items() if until_s <= now_s]:
            del self._wanted[alert]
            # One that never sounded does not fall silent: that it failed is its last word.
            if self._said.get(alert) is SirenState.SOUNDING:
                self._ending[alert] = now_s + SILENCING_WITHIN_S
            else:
                self._said.pop(alert, None)
        for alert in [alert for alert, until_s in self._ending.items() if until_s <= now_s]:
            del self._ending[alert]
            self._said.pop(alert, None)

    async def _rest(self, attempt: int) -> None:
        """Wait until something else is wanted, time changes what is, or it is time to try again."""
        wake_s = min([*self._wanted.values(), *self._ending.values()], default=math.inf)
        if attempt:
            wake_s = min(wake_s, trio.current_time() + pause_s(attempt - 1, self._jitter))
        with trio.move_on_at(wake_s):
            await self._changed.wait()
        self._changed = trio.Event()

    def _say(self, alerts: Collection[str], state: SirenState) -> None:
        for alert in alerts:
            if self._said.get(alert) is not state:
                self._tell(Sounded(alert_id=alert, state=state, device_id=self._device_id))
            if state is SirenState.SILENT:
                self._said.pop(alert, None)
            else:
                self._said[alert] = state


async def _outcome(ask: Callable[[], Awaitable[bool]], wanted: SirenState) -> SirenState:
    try:
        return wanted if await ask() else SirenState.FAILED
    except Unreachable:
        return SirenState.UNREACHABLE
    except Faulty:
        return SirenState.FAILED
