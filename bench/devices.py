"""The scenarios' devices, for gevent: each a WebSocket, a greenlet that reads, and what it times.

`websocket-client` is plain blocking sockets, so gevent's patched ones make it cooperative; trio,
which the project's own clients use, does not run under gevent.
"""

import random
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import gevent
import msgspec
import websocket
from gevent.event import Event

from bench.city import Member, token_of
from bench.dialects import encode_client
from bench.lines import BACK_OFF_FIRST_S, BACK_OFF_MAX_S
from clients.uuid7 import new_signal_id
from protocol import SUBPROTOCOL
from protocol.messages import (
    Accept,
    Arrive,
    ClientMessage,
    Close,
    Delivered,
    Hello,
    Ping,
    Position,
    Signal,
)
from protocol.vocabulary import Kind, Outcome, Role

PING_EVERY_S: Final = 20.0
STORED_WITHIN_S: Final = 10.0
CLOSED_WITHIN_S: Final = 90.0
NOTICED_WITHIN_S: Final = 0.05
TIMEOUT_S: Final = 10.0
CLOSING: Final = (OSError, websocket.WebSocketException)


class Clock(Protocol):
    """Where timings go."""

    def __call__(self, act: str, name: str, took_s: float, failure: str = "") -> None:
        """Note one; with a failure, that it did not go well."""


class Ledger:
    """What was pressed and what was shown, by every device of this process."""

    def __init__(self) -> None:
        self.pressed_at_s: dict[str, float] = {}
        self.not_shown: dict[str, float] = {}
        self.calling = 0
        """Neighbours whose press is not over yet."""


class Device:
    """One enrolled device; it comes back whenever its connection ends."""

    def __init__(self, url: str, member: Member, note: Clock, ledger: Ledger) -> None:
        self.member = member
        self.ledger = ledger
        self._url = url
        self._note = note
        self._socket: Any = None
        self._is_over = False
        self._synced = Event()
        self._greenlets = [gevent.spawn(self._live), gevent.spawn(self._ping)]

    def say(self, message: ClientMessage) -> bool:
        """Send one. False: there is no connection now."""
        try:
            self._socket.send(encode_client(message).decode())
        except (*CLOSING, AttributeError):
            return False
        return True

    @property
    def is_here(self) -> bool:
        """Whether it is connected and knows the state."""
        return bool(self._synced.is_set())

    def wait_synced(self) -> bool:
        """Wait until it is connected."""
        return bool(self._synced.wait(CLOSED_WITHIN_S))

    def cut(self) -> None:
        """Lose the connection, as when the power fails."""
        if self._socket is not None:
            self._socket.shutdown()

    def leave(self) -> None:
        """Be gone for good."""
        self._is_over = True
        self.cut()
        gevent.killall(self._greenlets)

    def hear(self, message: dict[str, Any]) -> None:
        """Take one message; each kind of device does its own."""

    def _live(self) -> None:
        attempt, lost_s = 0, time.monotonic()
        while not self._is_over:
            try:
                self._greet()
                self._note("connect", "lost → back", time.monotonic() - lost_s)
                attempt = 0
                while True:
                    self.hear(msgspec.json.decode(self._socket.recv()))
            except (*CLOSING, msgspec.DecodeError) as error:
                if self._synced.is_set():
                    lost_s = time.monotonic()
                elif isinstance(error, websocket.WebSocketBadStatusException):
                    self._note("connect", "lost → back", 0.0, f"status {error.status_code}")
                self._synced.clear()
            bound_s = min(BACK_OFF_MAX_S, BACK_OFF_FIRST_S * 2**attempt)
            gevent.sleep(random.uniform(0.0, bound_s))
            attempt += 1

    def _greet(self) -> None:
        self._socket = websocket.create_connection(
            self._url, timeout=TIMEOUT_S, subprotocols=[SUBPROTOCOL], suppress_origin=True
        )
        self._socket.settimeout(None)
        answers = self.member.role in (Role.PATROL, Role.OPERATOR)
        name = self.member.device_id
        self.say(Hello(device_id=name, token=token_of(name), on_duty=True if answers else None))
        while not self._synced.is_set():
            message = msgspec.json.decode(self._socket.recv())
            self.hear(message)
            if message["type"] == "notice" and message["code"] == "synced":
                self._synced.set()

    def _ping(self) -> None:
        while not self._is_over:
            gevent.sleep(PING_EVERY_S * random.uniform(0.5, 1.0))
            self.say(Ping())


class Neighbour(Device):
    """An app or a button: presses, and follows what becomes of it."""

    def __init__(self, *args: Any) -> None:
        self._signal: Signal | None = None
        self._at_s: dict[str, float] = {}
        self._heard: dict[str, Event] = {}
        super().__init__(*args)

    def press(self) -> None:
        """Press once, and wait until it is over."""
        self.ledger.calling += 1
        try:
            self._press()
        finally:
            self.ledger.calling -= 1

    def _press(self) -> None:
        if not self.wait_synced():
            self._note("signal", "press → receipt", CLOSED_WITHIN_S, "not connected")
            return
        place = Position(lat=self.member.lat, lon=self.member.lon, accuracy_m=5)
        self._signal = Signal(
            signal_id=new_signal_id(),
            kind=Kind.PANIC,
            pressed_at_ms=int(time.time() * 1_000),
            position=None if self.member.role is Role.BUTTON else place,
        )
        self._heard = {stage: Event() for stage in ("receipt", "stored", "closed")}
        began_s = time.monotonic()
        self.ledger.pressed_at_s[self._signal.signal_id] = began_s
        self.ledger.not_shown[self._signal.signal_id] = began_s
        self.say(self._signal)
        for stage, within_s in (("receipt", STORED_WITHIN_S), ("stored", STORED_WITHIN_S)):
            while not self._heard[stage].wait(within_s):
                if time.monotonic() - began_s > CLOSED_WITHIN_S:
                    self._note("signal", f"press → {stage}", within_s, f"no {stage}")
                    return
                self.say(self._signal)  # the same, as a client does until it is stored
            self._note("signal", f"press → {stage}", self._at_s[stage] - began_s)
        if not self._heard["closed"].wait(CLOSED_WITHIN_S):
            self._note("signal", "press → closed", CLOSED_WITHIN_S, "nobody closed it")

    def hear(self, message: dict[str, Any]) -> None:
        """Note which stage the press has reached."""
        if message["type"] == "error":
            self._note("signal", "refused", 0.0, str(message["code"]))
        if message["type"] != "receipt" or self._signal is None:
            return
        if message["signal_id"] != self._signal.signal_id:
            return
        reached = {
            "receipt": True,
            "stored": message["stored"],
            "closed": message["stage"] == "closed",
        }
        for stage, is_so in reached.items():
            if is_so and not self._heard[stage].is_set():
                self._at_s[stage] = time.monotonic()
                self._heard[stage].set()


class Watcher(Device):
    """Whoever is shown alerts: notes each once, and how soon it came."""

    shown_as = "press → control room"

    def __init__(self, *args: Any) -> None:
        self.seen: set[str] = set()
        super().__init__(*args)

    def hear(self, message: dict[str, Any]) -> None:
        """Take an alert."""
        if message["type"] != "alert":
            return
        alert_id = message["alert_id"]
        if alert_id not in self.seen:
            self.seen.add(alert_id)
            pressed_s = self.ledger.pressed_at_s.get(alert_id)
            if pressed_s is not None:
                self._note("alert", self.shown_as, time.monotonic() - pressed_s)


class Handheld(Watcher):
    """A patrol's: confirms each alert; one of a quadrant's two accepts, arrives and closes."""

    shown_as = "press → handheld"

    def __init__(self, *args: Any) -> None:
        self.think: Callable[[], float] = lambda: random.uniform(0.2, 1.5)
        self._answers: dict[str, gevent.Greenlet] = {}
        self._confirmed: dict[tuple[str, str], Event] = {}
        super().__init__(*args)

    def hear(self, message: dict[str, Any]) -> None:
        """Confirm it, and see whether it is ours to answer."""
        if message["type"] != "alert":
            return
        alert_id, state = message["alert_id"], message["state"]
        self.ledger.not_shown.pop(alert_id, None)
        if alert_id not in self.seen and state != "closed":
            self.say(Delivered(alert_id=alert_id, version=message["version"]))
        super().hear(message)
        confirmed = self._confirmed.get((alert_id, state))
        if confirmed is not None:
            confirmed.set()
        if self.member.number % 2 == 0 and alert_id not in self._answers and state != "closed":
            self._answers[alert_id] = gevent.spawn(self._answer, alert_id)
        if state == "closed":
            self._answers.pop(alert_id, None)

    def _answer(self, alert_id: str) -> None:
        acts: tuple[tuple[str, ClientMessage], ...] = (
            ("accepted", Accept(alert_id=alert_id, eta_s=120)),
            ("on_scene", Arrive(alert_id=alert_id)),
            ("closed", Close(alert_id=alert_id, outcome=Outcome.REAL)),
        )
        for state, message in acts:
            gevent.sleep(self.think())
            confirmed = self._confirmed[alert_id, state] = Event()
            began_s = time.monotonic()
            while not (self.say(message) and confirmed.wait(TIMEOUT_S)):
                if time.monotonic() - began_s > CLOSED_WITHIN_S:
                    self._note("answer", f"{state} → confirmed", TIMEOUT_S, "not confirmed")
                    return
                gevent.sleep(NOTICED_WITHIN_S)  # the greenlet that reads has to find out first
                self.wait_synced()
            del self._confirmed[alert_id, state]
            self._note("answer", f"{state} → confirmed", time.monotonic() - began_s)
