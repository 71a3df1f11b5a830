"""The gateway's one link to the core: an ordinary client of it, for all the devices behind it."""

import ssl
from collections.abc import Callable
from typing import Final

import trio

from dispatch.gateway.bounds import (
    BEAT_S,
    CORE_AWAY_S,
    NEWS_BURST,
    NEWS_PER_S,
    UNSETTLED_MAX,
    WAITING_FRAMES_MAX,
)
from dispatch.gateway.calls import Calls
from dispatch.gateway.conditions import Conditions
from dispatch.gateway.contacts import Contacts
from dispatch.gateway.roster import Roster
from link.connection import Dial, Link, kept_up
from link.enrolment import Credentials
from link.outbound import Room
from protocol.messages import (
    AnyServerMessage,
    Cancel,
    ClientMessage,
    Command,
    Error,
    Kit,
    Pong,
    Receipt,
    Signal,
    Welcome,
)

CLIENT_NAME: Final = "cuadrante-gateway/0.1"
ROOM: Final = Room(2 * UNSETTLED_MAX, WAITING_FRAMES_MAX, NEWS_BURST, NEWS_PER_S)


class CoreLink:
    """What is to be told to the core, and what it says. Presses pass everything else."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        roster: Roster,
        *,
        ssl_context: ssl.SSLContext | None = None,
        dial: Dial | None = None,
    ) -> None:
        """Raises `BadAddress`."""
        self.roster = roster
        self.calls = Calls(self._send_press)
        self.contacts = Contacts()
        self.conditions = Conditions(self.say)
        self.on_command: list[Callable[[Command], None]] = []
        self.on_greeted: list[Callable[[], None]] = []
        self._link = Link(
            url,
            credentials,
            self,
            ssl_context=ssl_context,
            dial=dial,
            client=CLIENT_NAME,
            room=ROOM,
        )
        self._away_since_s: float | None = trio.current_time()
        roster.watchers.append(self._roster_changed)

    @property
    def up(self) -> bool:
        """Whether the core has welcomed the present connection."""
        return self._link.up

    @property
    def is_near(self) -> bool:
        """Whether the core takes what is reported, or did a moment ago."""
        since_s = self._away_since_s
        return since_s is None or trio.current_time() - since_s <= CORE_AWAY_S

    def say(self, message: ClientMessage) -> bool:
        """Tell the core anything but a press. False: there is no link now."""
        return self._link.send(message, routine=True)

    def when_taken(self, then: Callable[[], None]) -> bool:
        """Call back once the core has taken whatever was noted and said so far."""
        self._tell_contacts()
        return self.up and self.conditions.when_taken(then)

    async def run(self) -> None:
        """Keep the link up. Raises `Refused` when the core does not want this gateway."""
        async with kept_up(self._link):
            while True:
                await trio.sleep(BEAT_S)
                self.calls.beat(trio.current_time())
                self._tell_contacts()

    # --- the link's owner -------------------------------------------------------------------------

    def greeted(self, welcome: Welcome) -> None:  # noqa: ARG002 - the owner's interface
        """Send what is not stored, first of all."""
        self._away_since_s = None
        self.calls.greeted(trio.current_time())
        self.conditions.greeted()
        self.roster.greeted()
        for hear in self.on_greeted:
            hear()

    def heard(self, message: AnyServerMessage) -> None:
        """Take what the core says."""
        match message:
            case Receipt():
                self.calls.receive(message)
            case Error():
                self.calls.blame(message, trio.current_time())
            case Kit():
                self.roster.take(message)
            case Pong():
                self.conditions.answered(message)
            case Command():
                for hear in self.on_command:
                    hear(message)

    def lost(self) -> None:
        """The link is down, or could not be made; what is not stored is sent when it is up."""
        if self._away_since_s is None:
            self._away_since_s = trio.current_time()
        self.conditions.lost()

    # --- within -----------------------------------------------------------------------------------

    def _send_press(self, message: Signal | Cancel) -> bool:
        sent = self._link.send(message)
        self._link.hurry()  # somebody waits: find out now whether the core is there
        return sent

    def _tell_contacts(self) -> None:
        if self.up:
            for frame in self.contacts.frames():
                self.say(frame)

    def _roster_changed(self, device_id: str, behind: object) -> None:
        if behind is None:
            self.conditions.forget(device_id)
