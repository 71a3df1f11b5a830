"""A siren on the network: the SDK's `Siren`, and `python -m clients.siren` for a terminal.

It obeys its last command, says what it truly does, and stops by itself: whatever becomes of the
server or the network, no street is left with a siren that nobody can end.
"""

import math
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from link.connection import Dial, Link, LinkState, kept_up
from link.enrolment import Credentials
from link.feed import Feed, Reader
from link.living import Living
from protocol.messages import AnyServerMessage, Command, Sounded, Welcome
from protocol.vocabulary import Action, SirenState

FOR_S: Final = 60
"""For a command that does not say for how long."""
FOR_S_MAX: Final = 600
"""Whatever a command says."""
SAID_AGAIN_WITHIN_S: Final = 30.0
"""What was said so lately may have been lost with the connection, and is said again on the next."""


class Siren(Living):
    """Sounds when it is told to. `switch` does: it is called with True, and with False at the end.

        async with Siren("wss://server/v1", credentials, relay.set) as siren:
            async for said in siren.said():
                print(said.state)

    A `switch` that raises `OSError` could not be moved: the server is told `failed`. A server that
    will not have this device back ends the block with `Refused`; the siren is off then, too.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        switch: Callable[[bool], None],
        *,
        ssl_context: ssl.SSLContext | None = None,
        dial: Dial | None = None,
    ) -> None:
        """Raises `BadAddress`."""
        self.link = Link(url, credentials, self, ssl_context=ssl_context, dial=dial)
        self._switch = switch
        self._alert_id: str | None = None
        """The alert it sounds for; None while it is silent."""
        self._until_s = math.inf
        self._changed = trio.Event()
        self._last: Sounded | None = None
        self._last_at_s = -math.inf
        self._said: Feed[Sounded] = Feed()

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        """Connect in the background; at the end fall silent and say goodbye.

        Raises `Refused` if the server would not have it back.
        """
        async with kept_up(self.link, self._stop_in_time):
            try:
                yield
            finally:
                self._stop()

    @property
    def is_sounding(self) -> bool:
        """Whether it sounds."""
        return self._alert_id is not None

    def said(self) -> Reader[Sounded]:
        """Follow what it says of itself."""
        return self._said.reader()

    def states(self) -> Reader[LinkState]:
        """Follow how the link goes up and down, for a person to see."""
        return self.link.states()

    # --- the link's owner ------------------------------------------------------------------------

    def greeted(self, _welcome: Welcome) -> None:
        """Say again what may have been lost; commands that still hold follow."""
        if self._last is not None:
            is_recent = trio.current_time() - self._last_at_s <= SAID_AGAIN_WITHIN_S
            if is_recent or self.is_sounding:
                self.link.send(self._last)

    def heard(self, message: AnyServerMessage) -> None:
        """Obey."""
        match message:
            case Command(action=Action.SOUND):
                self._sound(message.alert_id, message.for_s or FOR_S)
            case Command(action=Action.SILENCE):
                self._alert_id = message.alert_id
                self._stop()

    def lost(self) -> None:
        """Nothing: it sounds on until its time is over."""

    # --- sounding --------------------------------------------------------------------------------

    def _sound(self, alert_id: str, for_s: int) -> None:
        self._alert_id = alert_id
        self._until_s = trio.current_time() + min(for_s, FOR_S_MAX)
        self._changed.set()
        if self._switched(True):
            self._say(alert_id, SirenState.SOUNDING)

    def _stop(self) -> None:
        alert_id, self._alert_id, self._until_s = self._alert_id, None, math.inf
        self._changed.set()
        if alert_id is not None and self._switched(False, alert_id):
            self._say(alert_id, SirenState.SILENT)

    def _switched(self, on: bool, alert_id: str | None = None) -> bool:
        try:
            self._switch(on)
        except OSError:
            if (failed := alert_id or self._alert_id) is not None:
                self._say(failed, SirenState.FAILED)
            return False
        return True

    def _say(self, alert_id: str, state: SirenState) -> None:
        self._last = Sounded(alert_id=alert_id, state=state)
        self._last_at_s = trio.current_time()
        self.link.send(self._last)
        self._said.put(alert_id, self._last)

    async def _stop_in_time(self) -> None:
        while True:
            self._changed = trio.Event()
            with trio.move_on_at(self._until_s):
                await self._changed.wait()
                continue
            self._stop()


if __name__ == "__main__":
    from clients.commands.siren import main

    main()
