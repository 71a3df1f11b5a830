"""What patrols and control rooms share: the open alerts, and acting on them."""

import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from itertools import count

import trio

from clients.action import Action, Deed
from clients.board import Board
from clients.done import Done
from link.connection import Link, LinkState, kept_up
from link.enrolment import Credentials
from link.feed import Feed, Reader
from link.living import Living
from protocol.messages import (
    Alert,
    AnyServerMessage,
    Close,
    Command,
    Duty,
    Error,
    Notice,
    Silence,
    Welcome,
)
from protocol.vocabulary import NoticeCode, Outcome


class Watch(Living):
    """The common part of `Patrol` and `Operator`; use one of those."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        on_duty: bool | None = True,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Raises `BadAddress`. `on_duty` None: as the server last knew."""
        self.welcome: Welcome | None = None
        """Who the server says that this device is; None before the first connection."""
        self.link = Link(url, credentials, self, ssl_context=ssl_context, on_duty=on_duty)
        self._device_id = credentials.device_id
        self._board = Board()
        self._synced = trio.Event()
        self._actions: dict[str, Action] = {}
        self._done = Done()
        self._refs = count(1)
        self._alerts: Feed[Alert] = Feed()
        self._gone: Feed[Alert] = Feed()
        self._commands: Feed[Command] = Feed()

    def _live(self) -> AbstractAsyncContextManager[None]:
        """Connect in the background, and say goodbye at the end.

        Raises `Refused` if the server would not have this device back.
        """
        return kept_up(self.link)

    @property
    def open(self) -> Mapping[str, Alert]:
        """Every open alert that concerns this device, by id: the newest state of each."""
        return self._board.open

    def alerts(self) -> Reader[Alert]:
        """Follow the alerts: those open now, then each newer state, the closing one included.

        A slow reader gets the newest state of each alert and no older ones.
        """
        return self._alerts.reader(self.open.items())

    def gone(self) -> Reader[Alert]:
        """Follow the alerts that ended, or ceased to concern this device, unseen: while the link
        was down or the device off duty."""
        return self._gone.reader()

    def commands(self) -> Reader[Command]:
        """Follow what the server asks of this device, such as to ring for an alert again."""
        return self._commands.reader()

    def states(self) -> Reader[LinkState]:
        """Follow how the link goes up and down, for a person to see."""
        return self.link.states()

    async def synced(self) -> None:
        """Wait until `open` is what the server knows."""
        await self._synced.wait()

    async def duty(self, on_duty: bool) -> None:
        """Go on or off duty, now and whenever the link comes back. Off duty nobody is called."""
        self.link.on_duty = on_duty
        self.link.send(Duty(on_duty=on_duty))
        if not on_duty:
            self._done.clear()
            self._drop(self._board.clear())
        await trio.lowlevel.checkpoint()

    async def close(self, alert_id: str, outcome: Outcome, note: str = "") -> None:
        """End an alert and say what it was. Waits for the server; survives disconnects.

        Raises `ActionRefused`. A caller that is cancelled gives up: it is not sent again.
        """
        ref = self._ref("close")
        await self._act(Close(alert_id=alert_id, outcome=outcome, note=note, ref=ref))

    async def silence(self, alert_id: str) -> None:
        """Have an alert's sirens fall silent. Waits until each says so, or its time is over.

        Raises `ActionRefused`, as `close` does.
        """
        await self._act(Silence(alert_id=alert_id, ref=self._ref("silence")))

    # --- the link's owner ------------------------------------------------------------------------

    def greeted(self, welcome: Welcome) -> None:
        """Every open alert follows."""
        self.welcome = welcome
        self._board.begin()

    def heard(self, message: AnyServerMessage) -> None:
        """Take alerts, and answers to actions."""
        match message:
            case Alert() if self.link.on_duty is not False:  # else it was on its way
                self._see(message)
            case Error(ref=str(ref)) if ref in self._actions:
                self._actions[ref].refuse(message)
            case Command():
                self._commands.put(message.alert_id, message)
            case Welcome():
                self.greeted(message)
            case Notice(code=NoticeCode.SYNCED):
                self._drop(self._board.end())
                self._synced.set()
                self._send_again()

    def lost(self) -> None:
        """What is known stays on show, though it may be out of date."""
        self._synced = trio.Event()

    # --- actions ---------------------------------------------------------------------------------

    def _ref(self, verb: str) -> str:
        return f"{verb}-{next(self._refs)}"

    async def _act(self, message: Deed) -> Alert | None:
        action = Action(message)
        ref = message.ref or ""
        self._actions[ref] = action
        try:
            if self._synced.is_set():
                self._send(action)
            self.link.hurry()
            shown = await action.answer.wait()
        finally:
            del self._actions[ref]
        if shown is not None:
            self._done.note(message, shown)
        return shown

    def _send(self, action: Action) -> None:
        if self.link.send(action.message):
            action.sent += 1

    def _send_again(self) -> None:
        # Only now: what the server applied before the link broke is on the board and is not done
        # twice. What it had shown and is there no more, a server that was killed has forgotten.
        for alert in self.open.values():
            for message in self._done.forgotten(alert, self._device_id):
                self.link.send(message)
        for action in self._actions.values():
            if not action.answer.came:
                self._send(action)

    def _see(self, alert: Alert) -> None:
        if not self._board.take(alert):
            alert = self.open.get(alert.alert_id, alert)
        else:
            self._alerts.put(alert.alert_id, alert)
        for action in self._actions.values():
            action.see(alert, self._device_id)

    def _drop(self, gone: list[Alert]) -> None:
        for alert in gone:
            self._gone.put(alert.alert_id, alert)
