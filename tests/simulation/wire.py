"""The network: each connection delivers in order, late, until it is cut; then not at all."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from protocol.close_codes import CloseCode

if TYPE_CHECKING:
    from tests.simulation.clients import Client
    from tests.simulation.core import Core
    from tests.simulation.world import World

DELAYS_S = (0.005, 0.02, 0.02, 0.05, 0.3)
NOTICED_BY_CLIENT_S = (0.0, 0.0, 0.5, 5.0, 12.0)
NOTICED_BY_CORE_S = (0.0, 0.0, 0.5, 5.0, 40.0)
"""A connection that is cut is half open until each end has noticed."""


class Connection:
    """One connection between a client and one life of the core."""

    def __init__(self, world: "World", client: "Client", core: "Core", number: int) -> None:
        self.number = number
        self.client = client
        self.is_cut = False
        self.core_is_there = True
        self.client_is_there = True
        self._world = world
        self._core = core
        self._core_hears_s = 0.0
        self._client_hears_s = 0.0

    def to_core(self, frame: bytes) -> None:
        """The client sends."""
        self._world.digest(b">", frame)
        self._core_hears_s = self._arrival_s(self._core_hears_s)
        self._world.agenda.at(self._core_hears_s, lambda: self._deliver_to_core(frame))

    def to_client(self, frame: bytes) -> None:
        """The core sends."""
        self._world.digest(b"<", frame)
        self._reach_client(lambda: self.client.hear(self, frame))

    def close(self, code: CloseCode) -> None:
        """The core ends it, after what was sent."""
        self.core_is_there = False
        self._reach_client(lambda: self._end_client(code))

    def cut(self) -> None:
        """Nothing passes any more; each end notices in its own time."""
        if self.is_cut:
            return
        self.is_cut = True
        dice, agenda = self.client.dice, self._world.agenda
        agenda.after(dice.choice(NOTICED_BY_CLIENT_S), lambda: self._end_client(None))
        agenda.after(dice.choice(NOTICED_BY_CORE_S), self._core_notices)

    def hang_up(self) -> None:
        """The client ends it."""
        self.client_is_there = False
        self._core_hears_s = self._arrival_s(self._core_hears_s)
        self._world.agenda.at(self._core_hears_s, self._core_notices)

    def core_died(self) -> None:
        """The core's end is gone; the client hears of it, now or later."""
        self.is_cut, self.core_is_there = True, False
        delay_s = self.client.dice.choice(NOTICED_BY_CLIENT_S)
        self._world.agenda.after(delay_s, lambda: self._end_client(None))

    def _arrival_s(self, last_s: float) -> float:
        now_s = self._world.clock.now_s
        return max(last_s, now_s + self.client.dice.choice(DELAYS_S) * self.client.dice.random())

    def _reach_client(self, do: Callable[[], None]) -> None:
        def arrive() -> None:
            if not self.is_cut and self.client_is_there:
                do()

        self._client_hears_s = self._arrival_s(self._client_hears_s)
        self._world.agenda.at(self._client_hears_s, arrive)

    def _deliver_to_core(self, frame: bytes) -> None:
        if not self.is_cut and self.core_is_there:
            self._core.post(lambda: self._core.hear(self, frame))

    def _core_notices(self) -> None:
        if self.core_is_there:
            self.core_is_there = False
            self._core.post(lambda: self._core.lost(self))

    def _end_client(self, code: CloseCode | None) -> None:
        if self.client_is_there:
            self.client_is_there = False
            self.client.lost(self, code)
